"""Loans: what was paid out and what came back."""

from dataclasses import dataclass, replace
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.lending.domain.application import Application, Disbursement, check_number
from services.lending.domain.product import MOST_FEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan(Shape):
    id: str
    application_id: str
    bank: str
    party: str
    amount_fen: int
    rate_ppm: int
    term_months: int
    disbursed_on: date
    outstanding_fen: int
    guarantee_id: str | None = None
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanPage(Shape):
    items: tuple[Loan, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repayment(Shape):
    """What a bank reports of one payment; its own number makes the report repeatable."""

    principal_fen: int
    interest_fen: int = 0
    paid_on: date
    external_id: str

    def __post_init__(self) -> None:
        check_number(self.external_id)
        if self.interest_fen > MOST_FEN:
            raise Violation("interest_fen", "More interest than any loan bears.", "Give the interest in fen.")
        if self.principal_fen < 0 or self.interest_fen < 0 or not (self.principal_fen or self.interest_fen):
            raise Violation(
                "principal_fen", "A repayment of nothing, or less.", "Give fen from zero, not both zero."
            )


def loan_of(application: Application, disbursement: Disbursement, loan_id: str, today: date) -> Loan:
    """The loan that a disbursed application becomes. Violation for a date in the future."""
    if disbursement.disbursed_on > today:
        raise Violation(
            "disbursed_on", f"{disbursement.disbursed_on} is still to come.", "Report it when it is paid out."
        )
    decision = application.decision
    assert decision is not None  # only approved applications are disbursed
    return Loan(
        id=loan_id,
        application_id=application.id,
        bank=application.bank,
        party=application.party,
        amount_fen=decision.amount_fen,
        rate_ppm=decision.rate_ppm,
        term_months=decision.term_months,
        disbursed_on=disbursement.disbursed_on,
        outstanding_fen=decision.amount_fen,
        guarantee_id=application.guarantee_id,
        external_id=disbursement.external_id,
    )


def repaid(loan: Loan, repayment: Repayment, today: date) -> Loan:
    """The loan after a payment; Violation for more principal than is owed, before the loan, or still to come."""
    if repayment.principal_fen > loan.outstanding_fen:
        raise Violation(
            "principal_fen",
            f"{repayment.principal_fen} fen is more than the {loan.outstanding_fen} fen owed.",
            "Report at most what is owed.",
        )
    if not loan.disbursed_on <= repayment.paid_on <= today:
        why = f"A payment of {repayment.paid_on} is before the loan ({loan.disbursed_on}) or still to come."
        raise Violation("paid_on", why, "Mend the date.")
    return replace(loan, outstanding_fen=loan.outstanding_fen - repayment.principal_fen)
