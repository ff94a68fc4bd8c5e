"""Claims, recoveries, dues and caps over gRPC."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.guarantee.v1 import claims_pb2 as pb
from rongqiao.guarantee.v1 import claims_pb2_grpc
from services.guarantee.domain.claim import ClaimStatus, Notice, Refusal
from services.guarantee.domain.due import DueStatus, Payment, Reason
from services.guarantee.domain.recovery import NewRecovery
from services.guarantee.operations import caps, claims, dues, payments, recoveries, settlements

Context = grpc.ServicerContext


@dataclass
class ClaimsServicer(claims_pb2_grpc.ClaimsServicer):
    door: RpcDoor

    def Notify(self, request: pb.Notice, context: Context) -> pb.Claim:
        call = self.door.call(context, writes=True)
        return to_message(pb.Claim, call.write(claims.notify, from_message(Notice, request)))

    def GetClaim(self, request: pb.ClaimId, context: Context) -> pb.Claim:
        return to_message(pb.Claim, self.door.call(context).read(claims.get_claim, request.claim_id))

    def ListClaims(self, request: pb.ListClaimsRequest, context: Context) -> pb.ClaimPage:
        asked = to_plain(request)
        status = ClaimStatus(asked["status"]) if asked.get("status") else None
        call = self.door.call(context)
        return to_message(
            pb.ClaimPage,
            call.read(claims.list_claims, status, request.overdue, asked.get("cursor"), request.limit),
        )

    def AcceptClaim(self, request: pb.ClaimId, context: Context) -> pb.Claim:
        call = self.door.call(context, writes=True)
        return to_message(pb.Claim, call.write(claims.accept, request.claim_id))

    def RefuseClaim(self, request: pb.RefuseRequest, context: Context) -> pb.Claim:
        call = self.door.call(context, writes=True)
        refusal = from_message(Refusal, request, without=("claim_id",))
        return to_message(pb.Claim, call.write(claims.refuse, request.claim_id, refusal))

    def RecordRecovery(self, request: pb.RecordRecoveryRequest, context: Context) -> pb.Recovery:
        call = self.door.call(context, writes=True)
        new = from_message(NewRecovery, request, without=("claim_id",))
        return to_message(pb.Recovery, call.write(recoveries.record, request.claim_id, new))

    def ListRecoveries(self, request: pb.ClaimId, context: Context) -> pb.RecoveryList:
        call = self.door.call(context)
        return to_message(pb.RecoveryList, call.read(recoveries.list_recoveries, request.claim_id))

    def TakeBackRecovery(self, request: pb.TakeBackRecoveryRequest, context: Context) -> pb.Recovery:
        call = self.door.call(context, writes=True)
        reason = Reason(reason=request.reason)
        return to_message(pb.Recovery, call.write(recoveries.take_back, request.recovery_id, reason))

    def GetDue(self, request: pb.DueId, context: Context) -> pb.Due:
        return to_message(pb.Due, self.door.call(context).read(dues.get_due, request.due_id))

    def ListDues(self, request: pb.ListDuesRequest, context: Context) -> pb.DuePage:
        asked = to_plain(request)
        status = DueStatus(asked["status"]) if asked.get("status") else None
        call = self.door.call(context)
        return to_message(
            pb.DuePage, call.read(dues.list_dues, status, request.overdue, asked.get("cursor"), request.limit)
        )

    def PayDue(self, request: pb.PayRequest, context: Context) -> pb.Due:
        call = self.door.call(context, writes=True)
        payment = from_message(Payment, request, without=("due_id",))
        return to_message(pb.Due, call.write(payments.pay, request.due_id, payment))

    def TakeBackPayment(self, request: pb.DueReasonRequest, context: Context) -> pb.Due:
        call = self.door.call(context, writes=True)
        reason = Reason(reason=request.reason)
        return to_message(pb.Due, call.write(payments.take_back, request.due_id, reason))

    def DisputeDue(self, request: pb.DueReasonRequest, context: Context) -> pb.Due:
        call = self.door.call(context, writes=True)
        reason = Reason(reason=request.reason)
        return to_message(pb.Due, call.write(payments.dispute, request.due_id, reason))

    def WithdrawDispute(self, request: pb.DueId, context: Context) -> pb.Due:
        call = self.door.call(context, writes=True)
        return to_message(pb.Due, call.write(payments.withdraw_dispute, request.due_id))

    def CancelDue(self, request: pb.DueReasonRequest, context: Context) -> pb.Due:
        call = self.door.call(context, writes=True)
        reason = Reason(reason=request.reason)
        return to_message(pb.Due, call.write(payments.cancel, request.due_id, reason))

    def ListCaps(self, request: pb.ListCapsRequest, context: Context) -> pb.CapStandings:
        return to_message(pb.CapStandings, self.door.call(context).read(caps.list_caps))

    def SettleCap(self, request: pb.CapKey, context: Context) -> pb.CapStanding:
        call = self.door.call(context, writes=True)
        return to_message(pb.CapStanding, call.write(settlements.settle, request.key))
