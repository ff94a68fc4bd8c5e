"""Applications over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.codec import load
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.application import ApplicationStatus, Approval, Declination, NewApplication
from services.lending.operations import applications

Context = grpc.ServicerContext


@dataclass
class ApplicationMethods:
    door: RpcDoor

    def OpenApplication(self, request: pb.OpenApplicationRequest, context: Context) -> pb.Application:
        call = self.door.call(context, writes=True)
        return to_message(
            pb.Application, call.write(applications.open_application, from_message(NewApplication, request))
        )

    def GetApplication(self, request: pb.ApplicationId, context: Context) -> pb.Application:
        call = self.door.call(context)
        return to_message(pb.Application, call.read(applications.get_application, request.application_id))

    def ListApplications(self, request: pb.ListApplicationsRequest, context: Context) -> pb.ApplicationPage:
        asked = to_plain(request)
        status = load(ApplicationStatus, asked["status"]) if asked.get("status") else None
        page = self.door.call(context).read(
            applications.list_applications, status, asked.get("cursor"), request.limit
        )
        return to_message(pb.ApplicationPage, page)

    def Approve(self, request: pb.ApproveRequest, context: Context) -> pb.Application:
        call = self.door.call(context, writes=True)
        approval = from_message(Approval, request, without=("application_id",))
        return to_message(
            pb.Application, call.write(applications.approve_application, request.application_id, approval)
        )

    def Decline(self, request: pb.DeclineRequest, context: Context) -> pb.Application:
        call = self.door.call(context, writes=True)
        declination = from_message(Declination, request, without=("application_id",))
        return to_message(
            pb.Application, call.write(applications.decline_application, request.application_id, declination)
        )

    def Withdraw(self, request: pb.ApplicationId, context: Context) -> pb.Application:
        call = self.door.call(context, writes=True)
        return to_message(
            pb.Application, call.write(applications.withdraw_application, request.application_id)
        )
