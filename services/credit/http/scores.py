"""Scores of a party: given now, and given so far."""

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.credit.domain.given import GivenScorePage
from services.credit.domain.score import Score
from services.credit.http.parts import Cursor, Limit
from services.credit.operations import scores

router = APIRouter(prefix="/v1")


@router.get("/parties/{party}/score")
def get_score(party: str, call: Caller) -> Score:
    return call.each_time().write(scores.get_score, party)


@router.get("/parties/{party}/scores")
def list_scores(party: str, call: Caller, cursor: Cursor = None, limit: Limit = 0) -> GivenScorePage:
    return call.read(scores.list_scores, party, cursor, limit)
