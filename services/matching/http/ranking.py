"""The ranking formula over HTTP. Collection: ranking."""

from fastapi import APIRouter, Request

from libs.chassis.http import Caller
from services.matching.domain.ranking import RankingFormula
from services.matching.http.parts import desk_of
from services.matching.operations import ranking

router = APIRouter(prefix="/v1", tags=["ranking"])


@router.get("/ranking")
def get_ranking(call: Caller, request: Request) -> RankingFormula:
    """The public formula by which plans are ranked, with its weights, its version and the model of likelihood."""
    return call.read(ranking.get_ranking, desk_of(request).book().rules)
