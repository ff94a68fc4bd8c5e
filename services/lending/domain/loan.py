"""Loans: one drawdown makes one loan (借据), which is repaid, extended, renewed, claimed for or written off."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod
from libs.registry.loan_terms import RateBase


class LoanStatus(StrEnum):
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    SETTLED = "SETTLED"
    CLAIMED = "CLAIMED"
    """The bank called on the guarantee."""
    WRITTEN_OFF = "WRITTEN_OFF"


OPEN = (LoanStatus.ACTIVE, LoanStatus.PAST_DUE)


class LoanClass(StrEnum):
    """The five categories (五级分类), from the best to the worst."""

    NORMAL = "NORMAL"
    SPECIAL_MENTION = "SPECIAL_MENTION"
    SUBSTANDARD = "SUBSTANDARD"
    DOUBTFUL = "DOUBTFUL"
    LOSS = "LOSS"


class LoanChange(StrEnum):
    """What changed of a loan, in a word."""

    DISBURSED = "DISBURSED"
    REPLANNED = "REPLANNED"
    REPRICED = "REPRICED"
    PAST_DUE = "PAST_DUE"
    CURED = "CURED"
    CLASSIFIED = "CLASSIFIED"
    EXTENDED = "EXTENDED"
    RENEWED = "RENEWED"
    SETTLED = "SETTLED"
    CLAIMED = "CLAIMED"
    CLAIM_REFUSED = "CLAIM_REFUSED"
    WRITTEN_OFF = "WRITTEN_OFF"
    RECOVERED = "RECOVERED"
    FIRST_LOAN_MOVED = "FIRST_LOAN_MOVED"


class FirstLoanState(StrEnum):
    """PRESUMED from data; CONFIRMED by the bank's report; COUNTED at the first drawdown, as of its day.

    COUNTED_APART: the first of an individual business, which no count of first-time firms holds.
    """

    PRESUMED = "PRESUMED"
    CONFIRMED = "CONFIRMED"
    COUNTED = "COUNTED"
    COUNTED_APART = "COUNTED_APART"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusive(Shape):
    """Whether a loan counts as inclusive (普惠), by the banking regulator and by the central bank."""

    nfra: bool = False
    pbc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan(Shape):
    """`rate_ppm` as priced on `priced_on`; `reprices_on`: when it next follows the LPR.

    Of the principal, `outstanding_fen` is owed, `claim_paid_fen` came from a guarantor, `written_off_fen` was given up
    (of which `recovered_fen` came back), and the rest was repaid. `next_due_on`: the oldest instalment that is not
    paid. `extended_from`: when it fell due before it was extended. `renews` and `renewed_by` link renewals.
    `first_loan`: None where it is none.
    """

    id: str
    application_id: str
    request_id: str
    bank: str
    branch: str | None = None
    party: str
    amount_fen: int
    rate_ppm: int
    rate_base: RateBase = RateBase.FIXED
    spread_bp: int | None = None
    priced_on: date
    reprices_on: date | None = None
    term_months: int
    repayment_method: RepaymentMethod
    disbursed_on: date
    matures_on: date
    extended_from: date | None = None
    outstanding_fen: int
    interest_paid_fen: int = 0
    claim_paid_fen: int = 0
    written_off_fen: int = 0
    recovered_fen: int = 0
    status: LoanStatus = LoanStatus.ACTIVE
    loan_class: LoanClass = LoanClass.NORMAL
    next_due_on: date | None = None
    past_due_since: date | None = None
    renews: str | None = None
    renewed_by: str | None = None
    first_loan: FirstLoanState | None = None
    inclusive: Inclusive | None = None
    guarantee_id: str | None = None
    external_id: str
    sandbox: bool = False

    @property
    def repaid_fen(self) -> int:
        """Principal that the borrower brought back."""
        return self.amount_fen - self.outstanding_fen - self.claim_paid_fen - self.written_off_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanPage(Shape):
    items: tuple[Loan, ...]
    next_cursor: str | None = None


def days_past_due(loan: Loan, on: date) -> int:
    """Whole days since the oldest instalment that is not paid; 0 where none is."""
    return 0 if loan.past_due_since is None else max(0, (on - loan.past_due_since).days)


def expect(loan: Loan, *allowed: LoanStatus) -> None:
    if loan.status not in allowed:
        wanted = " or ".join(allowed)
        raise Violation("status", f"The loan is {loan.status}, not {wanted}.", "Read it again first.")
