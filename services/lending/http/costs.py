"""What loans cost, over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from libs.registry.lpr import LprTenor
from services.lending.domain.cost import CostQuestion, LoanCost, Lpr, LprQuestion
from services.lending.http import examples
from services.lending.operations import costs

router = APIRouter(prefix="/v1", tags=["costs"])


@router.post("/costs")
def quote_cost(body: Annotated[CostQuestion, examples.COST_QUESTION], call: Caller) -> LoanCost:
    """The cost sheet of a loan. A question: nothing is kept, and it needs no Idempotency-Key."""
    return call.read(costs.quote_cost, body)


@router.get("/lpr")
def get_lpr(call: Caller, tenor: LprTenor = LprTenor.LPR_1Y, on: date | None = None) -> Lpr:
    """The loan prime rate of a day, today where none is given."""
    return call.read(costs.get_lpr, LprQuestion(tenor=tenor, on=on))
