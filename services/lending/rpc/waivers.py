"""Waivers over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import waivers_pb2 as pb
from rongqiao.lending.v1 import waivers_pb2_grpc
from services.lending.domain.waiver import NewWaiver, WaiverStatus
from services.lending.operations import waivers

Context = grpc.ServicerContext


@dataclass
class WaiversServicer(waivers_pb2_grpc.WaiversServicer):
    door: RpcDoor

    def ProposeWaiver(self, request: pb.ProposeWaiverRequest, context: Context) -> pb.Waiver:
        call = self.door.call(context, writes=True)
        return to_message(pb.Waiver, call.write(waivers.propose_waiver, from_message(NewWaiver, request)))

    def GrantWaiver(self, request: pb.WaiverId, context: Context) -> pb.Waiver:
        call = self.door.call(context, writes=True)
        return to_message(pb.Waiver, call.write(waivers.grant_waiver, request.waiver_id))

    def WithdrawWaiver(self, request: pb.WaiverId, context: Context) -> pb.Waiver:
        call = self.door.call(context, writes=True)
        return to_message(pb.Waiver, call.write(waivers.withdraw_waiver, request.waiver_id))

    def GetWaiver(self, request: pb.WaiverId, context: Context) -> pb.Waiver:
        return to_message(pb.Waiver, self.door.call(context).read(waivers.get_waiver, request.waiver_id))

    def ListWaivers(self, request: pb.ListWaiversRequest, context: Context) -> pb.WaiverPage:
        asked = to_plain(request)
        status = WaiverStatus(asked["status"]) if asked.get("status") else None
        found = self.door.call(context).read(
            waivers.list_waivers, asked.get("product_id"), status, asked.get("cursor"), request.limit
        )
        return to_message(pb.WaiverPage, found)
