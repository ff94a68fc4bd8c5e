"""Applications over gRPC: the same operations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc

from libs.chassis.codec import load
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.application import (
    Answer,
    Application,
    ApplicationStatus,
    Contracts,
    NewApplication,
    Question,
)
from services.lending.domain.offer import Approval, Declination
from services.lending.operations import applications, choices, decisions

Context = grpc.ServicerContext
Step = Callable[..., Application]


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

    def AcceptApplication(self, request: pb.ApplicationId, context: Context) -> pb.Application:
        return self._step(decisions.accept_application, request, context)

    def AskInformation(self, request: pb.AskInformationRequest, context: Context) -> pb.Application:
        return self._step(decisions.ask_information, request, context, Question)

    def AnswerQuestion(self, request: pb.AnswerRequest, context: Context) -> pb.Application:
        return self._step(choices.answer_question, request, context, Answer)

    def Approve(self, request: pb.ApproveRequest, context: Context) -> pb.Application:
        return self._step(decisions.approve_application, request, context, Approval)

    def Decline(self, request: pb.DeclineRequest, context: Context) -> pb.Application:
        return self._step(decisions.decline_application, request, context, Declination)

    def ListDeclineReasons(
        self, request: pb.ListDeclineReasonsRequest, context: Context
    ) -> pb.DeclineReasonList:
        found = self.door.call(context).read(decisions.list_decline_reasons)
        return to_message(pb.DeclineReasonList, found)

    def AcceptOffer(self, request: pb.ApplicationId, context: Context) -> pb.Application:
        return self._step(choices.accept_offer, request, context)

    def SignContracts(self, request: pb.SignContractsRequest, context: Context) -> pb.Application:
        return self._step(decisions.sign_contracts, request, context, Contracts)

    def Withdraw(self, request: pb.ApplicationId, context: Context) -> pb.Application:
        return self._step(choices.withdraw_application, request, context)

    def _step(self, operation: Step, request: Any, context: Context, *shapes: type[Any]) -> pb.Application:
        """One step of an application, with what is said in it."""
        call = self.door.call(context, writes=True)
        said = [from_message(shape, request, without=("application_id",)) for shape in shapes]
        return to_message(pb.Application, call.write(operation, request.application_id, *said))
