"""Matching over HTTP. Collection: matches."""

from typing import cast

from fastapi import APIRouter, Request, Response

from libs.chassis.http import Caller, door_of
from services.matching.desk import Desk
from services.matching.domain.answer import Match, MatchRequest
from services.matching.operations import records

router = APIRouter(prefix="/v1", tags=["matches"])


@router.post("/matches", status_code=201, response_model=Match)
async def match(body: MatchRequest, call: Caller, request: Request) -> Response:
    """Plans for a need, best first, with cost and reasons. Stored before it is answered; nothing is reserved."""
    desk = cast(Desk, door_of(request).parts)
    answer = await desk.match(call, body)
    headers = {"Idempotency-Replayed": "true"} if answer.match is None else None
    return Response(answer.document, 201, headers, "application/json")


@router.get("/matches/{match_id}")
def get_match(match_id: str, call: Caller) -> Match:
    """An answer as it was given."""
    return call.read(records.get_match, match_id)
