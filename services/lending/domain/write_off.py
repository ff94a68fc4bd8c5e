"""Write-offs: what the borrower and the guarantee did not bring, given up by the bank. The claim on it remains."""

from dataclasses import dataclass, replace
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.lending.domain.loan import Loan, LoanClass, LoanStatus, expect


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(Shape):
    """The day of the bank's decision."""

    written_off_on: date


def written_off(loan: Loan, told: WriteOff, today: date, claim_undecided: bool) -> Loan:
    """The loan with what is still owed given up. Violation while it is not past due, or a claim is undecided."""
    expect(loan, LoanStatus.PAST_DUE, LoanStatus.CLAIMED)
    if not loan.disbursed_on <= told.written_off_on <= today:
        mend = f"Give a day from {loan.disbursed_on} to {today}."
        raise Violation("written_off_on", f"{told.written_off_on} is before the loan or to come.", mend)
    if claim_undecided:
        mend = "Wait until the guarantor has paid or refused."
        raise Violation("status", "A claim on the guarantee is not decided yet.", mend)
    if not loan.outstanding_fen:
        raise Violation("status", "Nothing is owed any more.", "There is nothing to write off.")
    return replace(
        loan,
        status=LoanStatus.WRITTEN_OFF,
        loan_class=LoanClass.LOSS,
        written_off_fen=loan.outstanding_fen,
        outstanding_fen=0,
        next_due_on=None,
        reprices_on=None,
    )
