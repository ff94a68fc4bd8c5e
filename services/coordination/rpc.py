"""Coordination over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.coordination.v1 import coordination_pb2 as pb
from rongqiao.coordination.v1 import coordination_pb2_grpc
from services.coordination import operations
from services.coordination.domain.case import CaseStatus, Resolution
from services.coordination.domain.request import Ask, Choice, RequestStatus

Context = grpc.ServicerContext


@dataclass
class CoordinationServicer(coordination_pb2_grpc.CoordinationServicer):
    door: RpcDoor
    desk: operations.Desk

    def Ask(self, request: pb.AskRequest, context: Context) -> pb.FinancingRequest:
        call = self.door.call(context, writes=True)
        asked = call.write(operations.ask, from_message(Ask, request), self.desk.similar_days(call))
        return to_message(pb.FinancingRequest, self.desk.answer(call, asked))

    def GetRequest(self, request: pb.RequestId, context: Context) -> pb.FinancingRequest:
        found = self.door.call(context).read(operations.get_request, request.request_id)
        return to_message(pb.FinancingRequest, found)

    def ListRequests(self, request: pb.ListRequestsRequest, context: Context) -> pb.RequestPage:
        asked = to_plain(request)
        status = RequestStatus(asked["status"]) if "status" in asked else None
        page = self.door.call(context).read(
            operations.list_requests, status, asked.get("cursor"), request.limit
        )
        return to_message(pb.RequestPage, page)

    def Refer(self, request: pb.ReferRequest, context: Context) -> pb.FinancingRequest:
        call = self.door.call(context, writes=True)
        choice = from_message(Choice, request, without=("request_id",))
        referred = call.write(operations.refer, request.request_id, choice)
        return to_message(pb.FinancingRequest, self.desk.answer(call, referred))

    def PreviewReferral(self, request: pb.ReferRequest, context: Context) -> pb.Preview:
        call = self.door.call(context)
        return to_message(
            pb.Preview, call.read(operations.preview_referral, request.request_id, request.plan)
        )

    def WithdrawRequest(self, request: pb.RequestId, context: Context) -> pb.FinancingRequest:
        call = self.door.call(context, writes=True)
        withdrawn = call.write(operations.withdraw_request, request.request_id)
        return to_message(pb.FinancingRequest, self.desk.answer(call, withdrawn))

    def ListCases(self, request: pb.ListCasesRequest, context: Context) -> pb.CasePage:
        asked = to_plain(request)
        status = CaseStatus(asked["status"]) if "status" in asked else None
        page = self.door.call(context).read(operations.list_cases, status, asked.get("cursor"), request.limit)
        return to_message(pb.CasePage, page)

    def CloseCase(self, request: pb.CloseCaseRequest, context: Context) -> pb.Case:
        call = self.door.call(context, writes=True)
        resolution = Resolution(resolution=request.resolution)
        return to_message(pb.Case, call.write(operations.close_case, request.case_id, resolution))
