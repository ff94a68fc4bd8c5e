"""The gRPC service `Costs`."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message
from rongqiao.lending.v1 import costs_pb2 as pb
from rongqiao.lending.v1 import costs_pb2_grpc
from services.lending.domain.cost import CostQuestion, LprQuestion
from services.lending.operations import costs

Context = grpc.ServicerContext


@dataclass
class CostsServicer(costs_pb2_grpc.CostsServicer):
    door: RpcDoor

    def QuoteCost(self, request: pb.CostQuestion, context: Context) -> pb.LoanCost:
        asked = from_message(CostQuestion, request)
        return to_message(pb.LoanCost, self.door.call(context).read(costs.quote_cost, asked))

    def GetLpr(self, request: pb.LprQuestion, context: Context) -> pb.Lpr:
        asked = from_message(LprQuestion, request)
        return to_message(pb.Lpr, self.door.call(context).read(costs.get_lpr, asked))
