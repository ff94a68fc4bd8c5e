"""Loans over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.extension import Extension
from services.lending.domain.first_loan import Attestation, FirstLoanFinding
from services.lending.domain.loan import Loan, LoanPage, LoanStatus
from services.lending.domain.loan_class import Classification
from services.lending.domain.loan_plan import Schedule
from services.lending.domain.repayment import Repayment, RepaymentPage
from services.lending.domain.write_off import WriteOff
from services.lending.http import examples
from services.lending.http.paging import Cursor, Limit
from services.lending.operations import first_loans, loan_life, loans

router = APIRouter(prefix="/v1")


@router.post("/applications/{application_id}/disburse", status_code=201)
def disburse(application_id: str, body: Annotated[Disbursement, examples.DISBURSEMENT], call: Caller) -> Loan:
    """One drawdown. What is left out is as the bank decided: all that is left, for the term and at the rate decided."""
    return call.write(loans.disburse, application_id, body)


@router.post("/applications/{application_id}/first-loan", status_code=201)
def attest_first_loan(
    application_id: str, body: Annotated[Attestation, examples.ATTESTATION], call: Caller
) -> FirstLoanFinding:
    """What the bank's query of the credit system found, under the firm's consent."""
    return call.write(first_loans.attest, application_id, body)


@router.get("/loans")
def list_loans(
    call: Caller,
    application_id: str | None = None,
    status: LoanStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> LoanPage:
    return call.read(loans.list_loans, application_id, status, cursor, limit)


@router.get("/loans/{loan_id}")
def get_loan(loan_id: str, call: Caller) -> Loan:
    """For its bank and its firm."""
    return call.read(loans.get_loan, loan_id)


@router.get("/loans/{loan_id}/schedule")
def get_schedule(loan_id: str, call: Caller) -> Schedule:
    """The plan in force, the plans before it, and how the payments stand against it today."""
    return call.read(loans.get_schedule, loan_id)


@router.get("/loans/{loan_id}/repayments")
def list_repayments(loan_id: str, call: Caller, cursor: Cursor = None, limit: Limit = 0) -> RepaymentPage:
    """Each payment as the bank reported it, beside the interest and fee that the plan expected."""
    return call.read(loans.list_repayments, loan_id, cursor, limit)


@router.post("/loans/{loan_id}/repayments", status_code=201)
def repay(loan_id: str, body: Annotated[Repayment, examples.REPAYMENT], call: Caller) -> Loan:
    return call.write(loans.repay, loan_id, body)


@router.post("/loans/{loan_id}/class")
def classify(loan_id: str, body: Annotated[Classification, examples.CLASSIFICATION], call: Caller) -> Loan:
    """The five-category class; never better than the days past due allow."""
    return call.write(loan_life.classify, loan_id, body)


@router.post("/loans/{loan_id}/extend")
def extend(loan_id: str, body: Annotated[Extension, examples.EXTENSION], call: Caller) -> Loan:
    """A later day for the same contract (展期), told before the loan falls due."""
    return call.write(loan_life.extend, loan_id, body)


@router.post("/loans/{loan_id}/write-off")
def write_off(loan_id: str, body: Annotated[WriteOff, examples.WRITE_OFF], call: Caller) -> Loan:
    """What is still owed is given up; what comes back later is reported as a repayment."""
    return call.write(loan_life.write_off_loan, loan_id, body)
