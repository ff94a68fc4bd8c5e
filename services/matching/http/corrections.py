"""Rules corrected after answers were given by them. Collection: policy-corrections."""

from datetime import date

from fastapi import APIRouter, Request

from libs.chassis.http import Caller
from services.matching.domain.replay.correction import PolicyCorrections, TouchedAnswerPage
from services.matching.http.parts import desk_of
from services.matching.operations.replay import corrections

router = APIRouter(prefix="/v1", tags=["policy-corrections"])


@router.get("/policy-corrections")
def list_corrections(call: Caller, since: date | None = None) -> PolicyCorrections:
    """Rulebooks by which answers were given and which are known otherwise now: the parameters, and how many answers."""
    return call.read(corrections.list_corrections, since)


@router.get("/policy-corrections/{rulebook}/answers")
def list_touched_answers(
    rulebook: str, call: Caller, request: Request, cursor: str | None = None, limit: int = 0
) -> TouchedAnswerPage:
    """The answers given by a rulebook, each with what the correction would change in it."""
    return call.read(corrections.list_touched, desk_of(request).replayer, rulebook, cursor, limit)
