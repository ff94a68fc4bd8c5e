"""Applications over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.application import (
    Answer,
    Application,
    ApplicationPage,
    ApplicationStatus,
    Contracts,
    NewApplication,
    Question,
)
from services.lending.domain.offer import Approval, Declination, DeclineReasonList
from services.lending.http import examples
from services.lending.http.paging import Cursor, Limit
from services.lending.operations import applications, choices, decisions

router = APIRouter(prefix="/v1")


@router.post("/applications", status_code=201)
def open_application(body: NewApplication, call: Caller) -> Application:
    """For coordination, which speaks for the firm that chose a plan."""
    return call.write(applications.open_application, body)


@router.get("/applications")
def list_applications(
    call: Caller, status: ApplicationStatus | None = None, cursor: Cursor = None, limit: Limit = 0
) -> ApplicationPage:
    return call.read(applications.list_applications, status, cursor, limit)


@router.get("/applications/{application_id}")
def get_application(application_id: str, call: Caller) -> Application:
    """For its bank and its firm, with every step so far and the day by which the next is promised."""
    return call.read(applications.get_application, application_id)


@router.post("/applications/{application_id}/accept")
def accept_application(application_id: str, call: Caller) -> Application:
    return call.write(decisions.accept_application, application_id)


@router.post("/applications/{application_id}/ask-information")
def ask_information(
    application_id: str, body: Annotated[Question, examples.QUESTION], call: Caller
) -> Application:
    return call.write(decisions.ask_information, application_id, body)


@router.post("/applications/{application_id}/answer")
def answer_question(application_id: str, body: Answer, call: Caller) -> Application:
    """The firm's answer; from here the bank's time runs again."""
    return call.write(choices.answer_question, application_id, body)


@router.post("/applications/{application_id}/approve")
def approve_application(
    application_id: str, body: Annotated[Approval, examples.APPROVAL], call: Caller
) -> Application:
    return call.write(decisions.approve_application, application_id, body)


@router.post("/applications/{application_id}/decline")
def decline_application(
    application_id: str, body: Annotated[Declination, examples.DECLINATION], call: Caller
) -> Application:
    """With 1 to 5 codes of `GET /v1/decline-reasons`, on which the service centre acts."""
    return call.write(decisions.decline_application, application_id, body)


@router.get("/decline-reasons")
def list_decline_reasons(call: Caller) -> DeclineReasonList:
    return call.read(decisions.list_decline_reasons)


@router.post("/applications/{application_id}/accept-offer")
def accept_offer(application_id: str, call: Caller) -> Application:
    return call.write(choices.accept_offer, application_id)


@router.post("/applications/{application_id}/contracts")
def sign_contracts(
    application_id: str, body: Annotated[Contracts, examples.CONTRACTS], call: Caller
) -> Application:
    return call.write(decisions.sign_contracts, application_id, body)


@router.post("/applications/{application_id}/withdraw")
def withdraw_application(application_id: str, call: Caller) -> Application:
    return call.write(choices.withdraw_application, application_id)
