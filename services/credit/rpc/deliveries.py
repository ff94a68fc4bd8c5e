"""Deliveries of many rows: the service `Deliveries`."""

from dataclasses import dataclass

import grpc

from libs.chassis import codec
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import to_message, to_plain
from rongqiao.credit.v1 import deliveries_pb2 as pb
from rongqiao.credit.v1 import deliveries_pb2_grpc
from services.credit.domain.bulk import RowState
from services.credit.intake.messages import delivered
from services.credit.operations import deliveries

Context = grpc.ServicerContext


@dataclass
class DeliveriesServicer(deliveries_pb2_grpc.DeliveriesServicer):
    door: RpcDoor

    def Deliver(self, request: pb.DataDelivery, context: Context) -> pb.Delivery:
        call = self.door.call(context, writes=True)
        call.principal.require(*deliveries.CARRIERS)
        return to_message(pb.Delivery, call.write(deliveries.deliver_message, delivered(request)))

    def ListDeliveries(self, request: pb.ListDeliveriesRequest, context: Context) -> pb.DeliveryPage:
        asked = to_plain(request)
        page = self.door.call(context).read(
            deliveries.list_deliveries, asked.get("reference"), asked.get("cursor"), request.limit
        )
        return to_message(pb.DeliveryPage, page)

    def GetDelivery(self, request: pb.DeliveryId, context: Context) -> pb.Delivery:
        found = self.door.call(context).read(deliveries.get_delivery, request.delivery_id)
        return to_message(pb.Delivery, found)

    def ListOutcomes(self, request: pb.ListOutcomesRequest, context: Context) -> pb.OutcomePage:
        asked = to_plain(request)
        state = codec.load(RowState, asked["state"]) if asked.get("state") else None
        page = self.door.call(context).read(
            deliveries.list_outcomes, request.delivery_id, state, asked.get("cursor"), request.limit
        )
        return to_message(pb.OutcomePage, page)
