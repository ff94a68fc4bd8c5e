"""Practising, over HTTP: for accounts of a sandbox alone."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.application import Application
from services.lending.domain.sandbox import FirmMove, MadeUpApplication
from services.lending.http import examples
from services.lending.operations import sandbox

router = APIRouter(prefix="/v1")


@router.post("/sandbox/applications", status_code=201)
def open_test_application(
    body: Annotated[MadeUpApplication, examples.MADE_UP_APPLICATION], call: Caller
) -> Application:
    """A made-up firm asks for the bank's product. All that the bank does then goes through the ordinary routes."""
    return call.write(sandbox.open_test_application, body)


@router.post("/sandbox/applications/{application_id}/firm")
def play_firm(
    application_id: str, body: Annotated[FirmMove, examples.FIRM_MOVE], call: Caller
) -> Application:
    """What the made-up firm does: ANSWER, ACCEPT_OFFER or WITHDRAW."""
    return call.write(sandbox.play_firm, application_id, body)
