"""Matching over HTTP. Collection: matches."""

from fastapi import APIRouter, Request, Response

from libs.chassis.http import Caller
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.replay.trace import Replayed
from services.matching.http.parts import desk_of
from services.matching.operations import records
from services.matching.operations.replay import replay

router = APIRouter(prefix="/v1", tags=["matches"])


@router.post("/matches", status_code=201, response_model=Match)
async def match(body: MatchRequest, call: Caller, request: Request) -> Response:
    """Plans for a need, best first, with cost and reasons. Stored before it is answered; nothing is reserved."""
    answer = await desk_of(request).match(call, body)
    headers = {"Idempotency-Replayed": "true"} if answer.match is None else None
    return Response(answer.document, 201, headers, "application/json")


@router.get("/matches/{match_id}/replay")
def replay_match(match_id: str, call: Caller, request: Request) -> Replayed:
    """The answer computed again from what was kept of it, and whether it comes out the same to the byte."""
    return call.read(replay.replay, desk_of(request).replayer, match_id)


@router.get("/matches/{match_id}")
def get_match(match_id: str, call: Caller) -> Match:
    """An answer as it was given."""
    return call.read(records.get_match, match_id)
