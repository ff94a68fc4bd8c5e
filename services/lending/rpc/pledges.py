"""Pledges over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import pledges_pb2 as pb
from rongqiao.lending.v1 import pledges_pb2_grpc
from services.lending.domain.pledge import (
    NewPledge,
    PledgeContract,
    PledgeEnding,
    PledgeRegistration,
    PledgeStatus,
    Upkeep,
)
from services.lending.operations import pledges

Context = grpc.ServicerContext
_ID = ("pledge_id",)


@dataclass
class PledgesServicer(pledges_pb2_grpc.PledgesServicer):
    door: RpcDoor

    def ProposePledge(self, request: pb.ProposePledgeRequest, context: Context) -> pb.Pledge:
        call = self.door.call(context, writes=True)
        return to_message(pb.Pledge, call.write(pledges.propose_pledge, from_message(NewPledge, request)))

    def GetPledge(self, request: pb.PledgeId, context: Context) -> pb.Pledge:
        return to_message(pb.Pledge, self.door.call(context).read(pledges.get_pledge, request.pledge_id))

    def ListPledges(self, request: pb.ListPledgesRequest, context: Context) -> pb.PledgePage:
        asked = to_plain(request)
        status = PledgeStatus(asked["status"]) if asked.get("status") else None
        found = self.door.call(context).read(
            pledges.list_pledges, asked.get("application_id"), status, asked.get("cursor"), request.limit
        )
        return to_message(pb.PledgePage, found)

    def SignPledge(self, request: pb.SignPledgeRequest, context: Context) -> pb.Pledge:
        call = self.door.call(context, writes=True)
        contract = from_message(PledgeContract, request, _ID)
        return to_message(pb.Pledge, call.write(pledges.sign_pledge, request.pledge_id, contract))

    def RegisterPledge(self, request: pb.RegisterPledgeRequest, context: Context) -> pb.Pledge:
        call = self.door.call(context, writes=True)
        registration = from_message(PledgeRegistration, request, _ID)
        return to_message(pb.Pledge, call.write(pledges.register_pledge, request.pledge_id, registration))

    def RefusePledge(self, request: pb.EndPledgeRequest, context: Context) -> pb.Pledge:
        call = self.door.call(context, writes=True)
        ending = from_message(PledgeEnding, request, _ID)
        return to_message(pb.Pledge, call.write(pledges.refuse_pledge, request.pledge_id, ending))

    def ReleasePledge(self, request: pb.EndPledgeRequest, context: Context) -> pb.Pledge:
        call = self.door.call(context, writes=True)
        ending = from_message(PledgeEnding, request, _ID)
        return to_message(pb.Pledge, call.write(pledges.release_pledge, request.pledge_id, ending))

    def KeepUpPledge(self, request: pb.KeepUpPledgeRequest, context: Context) -> pb.Pledge:
        call = self.door.call(context, writes=True)
        upkeep = from_message(Upkeep, request, _ID)
        return to_message(pb.Pledge, call.write(pledges.keep_up_pledge, request.pledge_id, upkeep))
