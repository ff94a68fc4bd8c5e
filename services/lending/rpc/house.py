"""The bank's own house over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message
from rongqiao.lending.v1 import house_pb2 as pb
from rongqiao.lending.v1 import house_pb2_grpc
from rongqiao.lending.v1 import lending_pb2 as lending
from services.lending import messages
from services.lending.domain.house import Assign, BranchTerms, StaffTerms
from services.lending.domain.sandbox import FirmMove, MadeUpApplication
from services.lending.operations import feed, house, sandbox

Context = grpc.ServicerContext


@dataclass
class HouseServicer(house_pb2_grpc.HouseServicer):
    door: RpcDoor

    def ListNotices(self, request: pb.ListNoticesRequest, context: Context) -> pb.Feed:
        found = self.door.call(context).read(feed.read_feed, request.after, request.limit)
        items = [messages.notice(notice) for notice in found.items]
        return pb.Feed(items=items, next=found.next, caught_up=found.caught_up)

    def ListBranches(self, request: pb.ListBranchesRequest, context: Context) -> pb.BranchList:
        return to_message(pb.BranchList, self.door.call(context).read(house.list_branches))

    def PutBranch(self, request: pb.PutBranchRequest, context: Context) -> pb.Branch:
        terms = from_message(BranchTerms, request, without=("code",))
        return to_message(pb.Branch, self.door.call(context).write(house.put_branch, request.code, terms))

    def ListStaff(self, request: pb.ListStaffRequest, context: Context) -> pb.StaffList:
        return to_message(pb.StaffList, self.door.call(context).read(house.list_staff))

    def PutStaff(self, request: pb.PutStaffRequest, context: Context) -> pb.Staff:
        terms = from_message(StaffTerms, request, without=("account",))
        return to_message(pb.Staff, self.door.call(context).write(house.put_staff, request.account, terms))

    def RemoveStaff(self, request: pb.StaffId, context: Context) -> pb.StaffList:
        return to_message(pb.StaffList, self.door.call(context).write(house.remove_staff, request.account))

    def AssignApplication(self, request: pb.AssignRequest, context: Context) -> lending.Application:
        call = self.door.call(context, writes=True)
        to = from_message(Assign, request, without=("application_id",))
        given = call.write(house.assign_application, request.application_id, to)
        return to_message(lending.Application, given)

    def ListAssignments(self, request: lending.ApplicationId, context: Context) -> pb.AssignmentList:
        found = self.door.call(context).read(house.list_assignments, request.application_id)
        return to_message(pb.AssignmentList, found)

    def OpenTestApplication(
        self, request: pb.MadeUpApplicationRequest, context: Context
    ) -> lending.Application:
        call = self.door.call(context, writes=True)
        asked = from_message(MadeUpApplication, request)
        return to_message(lending.Application, call.write(sandbox.open_test_application, asked))

    def PlayFirm(self, request: pb.PlayFirmRequest, context: Context) -> lending.Application:
        call = self.door.call(context, writes=True)
        move = from_message(FirmMove, request, without=("application_id",))
        return to_message(lending.Application, call.write(sandbox.play_firm, request.application_id, move))
