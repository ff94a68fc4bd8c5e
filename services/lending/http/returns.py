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
from services.lending.http import examples
from services.lending.http.paging import Cursor, Limit
from services.lending.operations import returns

router = APIRouter(prefix="/v1")

Place = Annotated[int, Query(description="Items with a number above this one")]


@router.post("/returns")
def load_return(body: Annotated[NewReturn, examples.NEW_RETURN], call: Caller) -> LoadReport:
    """Figures of a month (2026-11) or quarter (2026-Q3) with the book behind them. `csv` is a row for each loan, under
    the header `number,borrower,kind,county,industry,size,owner_kind,balance,credit_line,rate,granted_on,first_loan,`
    `unsecured,medium_long,class,days_past_due`: amounts in yuan, the rate in percent, yes or no (是, 否), `borrower` a
    USCC or `person:…`."""
    return call.write(returns.load_return, body)


@router.get("/returns")
def list_returns(
    call: Caller,
    period: str | None = None,
    status: ReturnStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> ReturnPage:
    return call.read(returns.list_returns, period, status, cursor, limit)


@router.get("/returns/{return_id}")
def get_return(return_id: str, call: Caller) -> Return:
    """With what still stands in the way of accepting it."""
    return call.read(returns.get_return, return_id)


@router.get("/returns/{return_id}/differences")
def list_differences(return_id: str, call: Caller, after: Place = 0, limit: Limit = 0) -> DifferencePage:
    """Where book, figures, the return before and the platform do not agree."""
    return call.read(returns.list_differences, return_id, after, limit)


@router.post("/returns/{return_id}/differences/{number}/explain")
def explain_difference(return_id: str, number: int, body: Explanation, call: Caller) -> Difference:
    return call.write(returns.explain_difference, return_id, number, body)


@router.post("/returns/{return_id}/accept")
def accept_return(return_id: str, call: Caller) -> Return:
    """By a second person; from here it counts."""
    return call.write(returns.accept_return, return_id)


@router.post("/returns/{return_id}/reject")
def reject_return(
    return_id: str, body: Annotated[ReturnRejection, examples.RETURN_REJECTION], call: Caller
) -> Return:
    """By a manager, with a code: it never counts."""
    return call.write(returns.reject_return, return_id, body)


@router.get("/returns/{return_id}/assessment")
def assess_return(return_id: str, call: Caller) -> Assessment:
    """Two increases and two controls (两增两控), by the rules of its year."""
    return call.read(returns.assess_return, return_id)
