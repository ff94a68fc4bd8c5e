"""Why, what if, and what to change, over HTTP. Collections: what-ifs, counterfactuals. Nothing of it is kept."""

from fastapi import APIRouter, Request

from libs.chassis.http import Caller
from services.matching import imagining
from services.matching.domain.changes.whatif import (
    ChangesAnswer,
    ChangesRequest,
    ProductWhy,
    WhatIf,
    WhatIfRequest,
)
from services.matching.http.parts import desk_of

router = APIRouter(prefix="/v1", tags=["what-ifs"])


@router.get("/matches/{match_id}/products/{product_id}")
def explain(match_id: str, product_id: str, call: Caller, request: Request) -> ProductWhy:
    """Why a product fits or not what this match asked for, in the market and by the firm's facts of now."""
    return imagining.explain(desk_of(request), call, match_id, product_id)


@router.post("/what-ifs")
def ask(body: WhatIfRequest, call: Caller, request: Request) -> WhatIf:
    """Plans gained, lost and changed if the firm or its need were otherwise. A limited number a day; needs no key."""
    return imagining.ask(desk_of(request), call, body)


@router.post("/counterfactuals")
def find_changes(body: ChangesRequest, call: Caller, request: Request) -> ChangesAnswer:
    """The least that would have to change for a product to fit, or for any; counted with the what-ifs."""
    return imagining.find_changes(desk_of(request), call, body)
