"""Market rounds over HTTP. Collection: rounds."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from libs.chassis.http import Caller
from services.matching.domain.rounds.certificate import Certificate
from services.matching.domain.rounds.round import (
    NewRound,
    NewRoundEntry,
    Round,
    RoundEntry,
    RoundEntryPage,
    RoundPage,
    RoundPlace,
    RoundQuotaResultList,
    RoundReport,
)
from services.matching.operations.rounds import rounds

router = APIRouter(prefix="/v1", tags=["rounds"])

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]
Cursor = Annotated[str | None, Query(description="The `next_cursor` of the page before")]


@router.post("/rounds", status_code=201)
def open_round(body: NewRound, call: Caller) -> Round:
    """A round for the territory of the service centre; products take part once their banks confirm the quota."""
    return call.write(rounds.open_round, body)


@router.get("/rounds")
def list_rounds(call: Caller, cursor: Cursor = None, limit: Limit = 0) -> RoundPage:
    """The newest first."""
    return call.read(rounds.list_rounds, cursor, limit)


@router.get("/rounds/{round_id}")
def get_round(round_id: str, call: Caller) -> Round:
    return call.read(rounds.get_round, round_id)


@router.post("/rounds/{round_id}/quotas/{product_id}/confirm")
def confirm_quota(round_id: str, product_id: str, call: Caller) -> Round:
    """By a manager of the bank whose product it is."""
    return call.write(rounds.confirm_quota, round_id, product_id)


@router.post("/rounds/{round_id}/cancel")
def cancel_round(round_id: str, call: Caller) -> Round:
    return call.write(rounds.cancel_round, round_id)


@router.post("/rounds/{round_id}/entries", status_code=201)
def enter(round_id: str, body: NewRoundEntry, call: Caller) -> RoundEntry:
    """The firm itself, or the service centre of its territory for it. Nothing is reserved."""
    return call.write(rounds.enter, round_id, body)


@router.get("/rounds/{round_id}/entries")
def list_entries(round_id: str, call: Caller, cursor: Cursor = None, limit: Limit = 0) -> RoundEntryPage:
    """A firm's own, or those of the territory of a service centre, the newest first."""
    return call.read(rounds.list_entries, round_id, cursor, limit)


@router.post("/rounds/{round_id}/entries/{entry_id}/withdraw")
def leave(round_id: str, entry_id: str, call: Caller) -> RoundEntry:
    return call.write(rounds.leave, round_id, entry_id)


@router.get("/rounds/{round_id}/entries/{entry_id}/place")
def get_place(round_id: str, entry_id: str, call: Caller) -> RoundPlace:
    """What the entry got, and why nothing that it would have liked better."""
    return call.read(rounds.get_place, round_id, entry_id)


@router.get("/rounds/{round_id}/quotas")
def get_quota_results(round_id: str, call: Caller) -> RoundQuotaResultList:
    """What became of the quotas of the bank that asks; names only of firms that show theirs."""
    return call.read(rounds.get_quota_results, round_id)


@router.get("/rounds/{round_id}/report")
def get_report(round_id: str, call: Caller) -> RoundReport:
    """The round beside first come, first served with the same firms and the same room."""
    return call.read(rounds.get_report, round_id)


@router.get("/rounds/{round_id}/certificate", response_model=Certificate)
def get_certificate(round_id: str, call: Caller) -> Response:
    """For everybody, without names; its SHA-256 is told with the round."""
    return Response(call.read(rounds.get_certificate, round_id).content, media_type="application/json")
