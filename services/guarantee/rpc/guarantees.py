"""Guarantee over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from rongqiao.guarantee.v1 import guarantee_pb2_grpc
from services.guarantee.domain.guarantee import GuaranteeStatus, Rejection, Reservation
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.quote import Proposal
from services.guarantee.operations import guarantees, guarantors, previews, quotes, rules

Context = grpc.ServicerContext


@dataclass
class GuaranteesServicer(guarantee_pb2_grpc.GuaranteesServicer):
    door: RpcDoor

    def PutGuarantor(self, request: pb.Guarantor, context: Context) -> pb.Guarantor:
        call = self.door.call(context, writes=True)
        put = call.write(guarantors.put_guarantor, request.id, from_message(Guarantor, request))
        return to_message(pb.Guarantor, put)

    def ListGuarantors(self, request: pb.ListGuarantorsRequest, context: Context) -> pb.GuarantorList:
        county = to_plain(request).get("county")
        return to_message(pb.GuarantorList, self.door.call(context).read(guarantors.list_guarantors, county))

    def GetHeadroom(self, request: pb.GuarantorId, context: Context) -> pb.Headroom:
        call = self.door.call(context)
        return to_message(pb.Headroom, call.read(guarantors.get_headroom, request.guarantor_id))

    def ListProgrammes(self, request: pb.ListProgrammesRequest, context: Context) -> pb.ProgrammeList:
        return to_message(pb.ProgrammeList, self.door.call(context).read(rules.list_programmes))

    def Quote(self, request: pb.Proposal, context: Context) -> pb.Quote:
        call = self.door.call(context)
        return to_message(pb.Quote, call.read(quotes.quote, from_message(Proposal, request)))

    def Reserve(self, request: pb.ReserveRequest, context: Context) -> pb.Guarantee:
        call = self.door.call(context, writes=True)
        return to_message(pb.Guarantee, call.write(guarantees.reserve, from_message(Reservation, request)))

    def Confirm(self, request: pb.GuaranteeId, context: Context) -> pb.Guarantee:
        call = self.door.call(context, writes=True)
        return to_message(pb.Guarantee, call.write(guarantees.confirm, request.guarantee_id))

    def Reject(self, request: pb.RejectRequest, context: Context) -> pb.Guarantee:
        call = self.door.call(context, writes=True)
        rejection = from_message(Rejection, request, without=("guarantee_id",))
        return to_message(pb.Guarantee, call.write(guarantees.reject, request.guarantee_id, rejection))

    def Release(self, request: pb.GuaranteeId, context: Context) -> pb.Guarantee:
        call = self.door.call(context, writes=True)
        return to_message(pb.Guarantee, call.write(guarantees.release, request.guarantee_id))

    def GetGuarantee(self, request: pb.GuaranteeId, context: Context) -> pb.Guarantee:
        call = self.door.call(context)
        return to_message(pb.Guarantee, call.read(guarantees.get_guarantee, request.guarantee_id))

    def PreviewEffects(self, request: pb.GuaranteeId, context: Context) -> pb.EffectPreview:
        call = self.door.call(context)
        return to_message(pb.EffectPreview, call.read(previews.preview, request.guarantee_id))

    def ListGuarantees(self, request: pb.ListGuaranteesRequest, context: Context) -> pb.GuaranteePage:
        asked = to_plain(request)
        status = GuaranteeStatus(asked["status"]) if asked.get("status") else None
        call = self.door.call(context)
        found = call.read(guarantees.list_guarantees, status, asked.get("cursor"), request.limit)
        return to_message(pb.GuaranteePage, found)
