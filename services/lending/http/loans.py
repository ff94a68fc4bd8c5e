"""Loans over HTTP."""

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.loan import Loan, LoanPage, Repayment
from services.lending.http.paging import Limit
from services.lending.operations import loans

router = APIRouter(prefix="/v1")


@router.get("/loans")
def list_loans(
    call: Caller, application_id: str | None = None, cursor: str | None = None, limit: Limit = 0
) -> LoanPage:
    return call.read(loans.list_loans, application_id, cursor, limit)


@router.post("/loans/{loan_id}/repayments", status_code=201)
def repay(loan_id: str, body: Repayment, call: Caller) -> Loan:
    return call.write(loans.repay, loan_id, body)
