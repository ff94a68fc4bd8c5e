"""Who may fill in for a party. Collections: mandates."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.credit.domain.mandates import Mandate, MandatePage, NewMandate
from services.credit.http import examples
from services.credit.http.parts import Cursor, Limit
from services.credit.operations import mandates

router = APIRouter(prefix="/v1")


@router.post("/parties/{party}/mandates", status_code=201)
def grant_mandate(party: str, body: Annotated[NewMandate, examples.MANDATE], call: Caller) -> Mandate:
    return call.write(mandates.grant_mandate, party, body)


@router.get("/parties/{party}/mandates")
def list_given_mandates(party: str, call: Caller) -> MandatePage:
    return call.read(mandates.list_given_mandates, party)


@router.get("/mandates")
def list_my_mandates(call: Caller, cursor: Cursor = None, limit: Limit = 0) -> MandatePage:
    return call.read(mandates.list_my_mandates, cursor, limit)


@router.post("/mandates/{mandate_id}/revoke")
def revoke_mandate(mandate_id: str, call: Caller) -> Mandate:
    return call.write(mandates.revoke_mandate, mandate_id)
