"""Returns over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.chassis.http import Caller
from services.lending.domain.returns.differences import Difference, DifferencePage, Explanation
from services.lending.domain.returns.returned import (
    LoadReport,
    NewReturn,
    Return,
    ReturnPage,
    ReturnRejection,
    ReturnStatus,
)
from services.lending.domain.returns.two_increases import Assessment
from services.lending.http.paging import Limit
from services.lending.operations import returns

router = APIRouter(prefix="/v1")

Place = Annotated[int, Query(description="Items with a number above this one")]


@router.post("/returns")
def load_return(body: NewReturn, call: Caller) -> LoadReport:
    """Figures of a period with the book behind them, as CSV in the columns of domain/returns/book.py."""
    return call.write(returns.load_return, body)


@router.get("/returns")
def list_returns(
    call: Caller,
    period: str | None = None,
    status: ReturnStatus | None = None,
    cursor: str | None = None,
    limit: Limit = 0,
) -> ReturnPage:
    return call.read(returns.list_returns, period, status, cursor, limit)


@router.get("/returns/{return_id}")
def get_return(return_id: str, call: Caller) -> Return:
    return call.read(returns.get_return, return_id)


@router.get("/returns/{return_id}/differences")
def list_differences(return_id: str, call: Caller, after: Place = 0, limit: Limit = 0) -> DifferencePage:
    return call.read(returns.list_differences, return_id, after, limit)


@router.post("/returns/{return_id}/differences/{number}/explain")
def explain_difference(return_id: str, number: int, body: Explanation, call: Caller) -> Difference:
    return call.write(returns.explain_difference, return_id, number, body)


@router.post("/returns/{return_id}/accept")
def accept_return(return_id: str, call: Caller) -> Return:
    """By a second person; from here it counts."""
    return call.write(returns.accept_return, return_id)


@router.post("/returns/{return_id}/reject")
def reject_return(return_id: str, body: ReturnRejection, call: Caller) -> Return:
    return call.write(returns.reject_return, return_id, body)


@router.get("/returns/{return_id}/assessment")
def assess_return(return_id: str, call: Caller) -> Assessment:
    """Two increases and two controls (两增两控), by the rules of its year."""
    return call.read(returns.assess_return, return_id)
