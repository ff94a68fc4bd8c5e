"""Repayments: as the bank reports them, beside what the platform expected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.fees import Fee, FeeTiming, early_charge
from services.lending.domain.application import check_number
from services.lending.domain.loan import OPEN, Loan, LoanStatus
from services.lending.domain.loan_plan import Form, Plan, Replan, due_until, interest_run_up
from services.lending.domain.product import MOST_FEN


class RepaymentKind(StrEnum):
    INSTALMENT = "INSTALMENT"
    EARLY = "EARLY"
    """More principal than the next instalment."""
    RENEWAL = "RENEWAL"
    """By the loan that renews it."""
    RECOVERY = "RECOVERY"
    """After it was written off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repayment(Shape):
    """What a bank reports of one payment; its own number makes the report repeatable.

    `fee_fen`: for repaying early. `replan`: how the rest is planned; None leaves the plan as it is.
    """

    principal_fen: int
    interest_fen: int = 0
    fee_fen: int = 0
    paid_on: date
    external_id: str
    replan: Replan | None = None

    def __post_init__(self) -> None:
        check_number(self.external_id)
        for name in ("interest_fen", "fee_fen"):
            if getattr(self, name) > MOST_FEN:
                raise Violation(name, "More than any loan bears.", "Give the amount in fen.")
        if min(self.principal_fen, self.interest_fen, self.fee_fen) < 0 or not self._total_fen:
            raise Violation(
                "principal_fen", "A repayment of nothing, or less.", "Give fen from zero, not both zero."
            )

    @property
    def _total_fen(self) -> int:
        return self.principal_fen + self.interest_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRepayment(Shape):
    """A payment as it is kept. What was expected is None where no plan speaks of it: renewals and recoveries."""

    id: str
    loan_id: str
    kind: RepaymentKind = RepaymentKind.INSTALMENT
    principal_fen: int
    interest_fen: int
    fee_fen: int = 0
    paid_on: date
    external_id: str
    expected_interest_fen: int | None = None
    expected_fee_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentPage(Shape):
    items: tuple[RecordedRepayment, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the platform makes of a payment: its kind, how much principal came early, and what it should bear."""

    kind: RepaymentKind
    early_fen: int = 0
    interest_fen: int | None = None


def expected(
    loan: Loan, repayment: Repayment, plan: Plan, form: Form, earlier: Sequence[Plan] = ()
) -> Expected:
    """A payment counts as early where it brings more than was due by its day and the next instalment together.

    `earlier`: the versions before the plan in force, the newest first.
    """
    if loan.status is LoanStatus.WRITTEN_OFF:
        return Expected(kind=RepaymentKind.RECOVERY)
    principal_fen, interest_fen = due_until(plan, repayment.paid_on)
    ahead_fen = loan.repaid_fen + repayment.principal_fen - principal_fen
    early_fen = max(0, min(ahead_fen, repayment.principal_fen))
    next_fen = next((due.principal_fen for due in plan.dues if due.due_on > repayment.paid_on), 0)
    early = repayment.replan is not None or ahead_fen > next_fen
    run_up = interest_run_up(plan, form, early_fen, repayment.paid_on, earlier)
    return Expected(
        kind=RepaymentKind.EARLY if early and early_fen else RepaymentKind.INSTALMENT,
        early_fen=early_fen,
        interest_fen=max(0, interest_fen - loan.interest_paid_fen) + run_up,
    )


def expected_fee(found: Expected, fees: Sequence[Fee]) -> int | None:
    """What repaying early costs by the product's own terms; None where nothing came early."""
    if found.kind is not RepaymentKind.EARLY:
        return None
    return sum(early_charge(fee, found.early_fen) for fee in fees if fee.timing is FeeTiming.EARLY_REPAYMENT)


def repaid(loan: Loan, repayment: Repayment, today: date) -> Loan:
    """The loan after a payment; Violation for more principal than is owed, before the loan, or still to come."""
    if not loan.disbursed_on <= repayment.paid_on <= today:
        why = f"A payment of {repayment.paid_on} is before the loan ({loan.disbursed_on}) or still to come."
        raise Violation("paid_on", why, f"Give a day from {loan.disbursed_on} to {today}.")
    if loan.status is LoanStatus.WRITTEN_OFF:
        return _recovered(loan, repayment)
    _check_owed(repayment.principal_fen, loan.outstanding_fen)
    left_fen = loan.outstanding_fen - repayment.principal_fen
    after = replace(
        loan, outstanding_fen=left_fen, interest_paid_fen=loan.interest_paid_fen + repayment.interest_fen
    )
    if left_fen or loan.status not in OPEN:
        return after
    return replace(after, status=LoanStatus.SETTLED, next_due_on=None, past_due_since=None, reprices_on=None)


def _recovered(loan: Loan, repayment: Repayment) -> Loan:
    """After it was written off; what comes back is never more principal than was given up."""
    _check_owed(repayment.principal_fen, loan.written_off_fen - loan.recovered_fen)
    return replace(
        loan,
        recovered_fen=loan.recovered_fen + repayment.principal_fen,
        interest_paid_fen=loan.interest_paid_fen + repayment.interest_fen,
    )


def _check_owed(principal_fen: int, owed_fen: int) -> None:
    if principal_fen > owed_fen:
        raise Violation(
            "principal_fen",
            f"{principal_fen} fen is more than the {owed_fen} fen owed.",
            "Report at most what is owed.",
        )
