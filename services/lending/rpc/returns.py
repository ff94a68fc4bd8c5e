"""Returns over gRPC: the same operations, but for the loading of books."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import returns_pb2 as pb
from rongqiao.lending.v1 import returns_pb2_grpc
from services.lending.domain.returns.differences import Explanation
from services.lending.domain.returns.returned import ReturnRejection, ReturnStatus
from services.lending.operations import returns

Context = grpc.ServicerContext


@dataclass
class ReturnsServicer(returns_pb2_grpc.ReturnsServicer):
    door: RpcDoor

    def GetReturn(self, request: pb.ReturnId, context: Context) -> pb.Return:
        return to_message(pb.Return, self.door.call(context).read(returns.get_return, request.return_id))

    def ListReturns(self, request: pb.ListReturnsRequest, context: Context) -> pb.ReturnPage:
        asked = to_plain(request)
        status = ReturnStatus(asked["status"]) if asked.get("status") else None
        call = self.door.call(context)
        found = call.read(
            returns.list_returns, asked.get("period"), status, asked.get("cursor"), request.limit
        )
        return to_message(pb.ReturnPage, found)

    def ListDifferences(self, request: pb.ListDifferencesRequest, context: Context) -> pb.DifferencePage:
        call = self.door.call(context)
        found = call.read(returns.list_differences, request.return_id, request.after, request.limit)
        return to_message(pb.DifferencePage, found)

    def ExplainDifference(self, request: pb.ExplainDifferenceRequest, context: Context) -> pb.Difference:
        call = self.door.call(context, writes=True)
        told = Explanation(explanation=request.explanation)
        explained = call.write(returns.explain_difference, request.return_id, request.number, told)
        return to_message(pb.Difference, explained)

    def AcceptReturn(self, request: pb.ReturnId, context: Context) -> pb.Return:
        call = self.door.call(context, writes=True)
        return to_message(pb.Return, call.write(returns.accept_return, request.return_id))

    def RejectReturn(self, request: pb.RejectReturnRequest, context: Context) -> pb.Return:
        call = self.door.call(context, writes=True)
        rejection = from_message(ReturnRejection, request, ("return_id",))
        return to_message(pb.Return, call.write(returns.reject_return, request.return_id, rejection))

    def AssessReturn(self, request: pb.ReturnId, context: Context) -> pb.Assessment:
        call = self.door.call(context)
        return to_message(pb.Assessment, call.read(returns.assess_return, request.return_id))
