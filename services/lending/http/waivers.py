"""Waivers over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.waiver import NewWaiver, Waiver, WaiverPage, WaiverStatus
from services.lending.http import examples
from services.lending.http.paging import Cursor, Limit
from services.lending.operations import waivers

router = APIRouter(prefix="/v1")


@router.post("/waivers", status_code=201)
def propose_waiver(body: Annotated[NewWaiver, examples.NEW_WAIVER], call: Caller) -> Waiver:
    """Ask that a hard rule of a product be set aside for one firm; it holds once a second person grants it."""
    return call.write(waivers.propose_waiver, body)


@router.get("/waivers")
def list_waivers(
    call: Caller,
    product_id: str | None = None,
    status: WaiverStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> WaiverPage:
    """The bank's own; for a firm what was granted to it."""
    return call.read(waivers.list_waivers, product_id, status, cursor, limit)


@router.get("/waivers/{waiver_id}")
def get_waiver(waiver_id: str, call: Caller) -> Waiver:
    return call.read(waivers.get_waiver, waiver_id)


@router.post("/waivers/{waiver_id}/grant")
def grant_waiver(waiver_id: str, call: Caller) -> Waiver:
    """By a manager who did not propose it. The firm is eligible by waiver from now on."""
    return call.write(waivers.grant_waiver, waiver_id)


@router.post("/waivers/{waiver_id}/withdraw")
def withdraw_waiver(waiver_id: str, call: Caller) -> Waiver:
    """Before its last day. Decisions that were made by it stay."""
    return call.write(waivers.withdraw_waiver, waiver_id)
