"""Claims: a bank calls on the chain, and the loss is split by contract, filing and cap."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

BANK, LOCAL = "bank", "local"


class ClaimStatus(StrEnum):
    """NOTIFIED until it is decided; PAID once the bank has its money, SETTLED once the tiers have theirs."""

    NOTIFIED = "NOTIFIED"
    ACCEPTED = "ACCEPTED"
    PAID = "PAID"
    SETTLED = "SETTLED"
    REFUSED = "REFUSED"


class RefusalGround(StrEnum):
    """Why a guarantor does not pay (guarantee rules §4.5)."""

    WRONG_BORROWER = "WRONG_BORROWER"
    OVER_BORROWER_LIMIT = "OVER_BORROWER_LIMIT"
    PURPOSE_BREACHED = "PURPOSE_BREACHED"
    TERMS_CHANGED = "TERMS_CHANGED"
    OLD_DEBT_REFINANCED = "OLD_DEBT_REFINANCED"
    RISK_MOVED_TO_BORROWER = "RISK_MOVED_TO_BORROWER"
    EXCLUDED_BORROWER = "EXCLUDED_BORROWER"
    NO_RISK_REVIEW = "NO_RISK_REVIEW"
    DOCUMENTS_MISSING = "DOCUMENTS_MISSING"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Shape):
    """The bank's notice of a default (代偿通知), in fen. `excluded_fen`: penalty and compound interest, never covered.

    `documents` names what of the programme's checklist is enclosed. `accelerated_on`: the bank called the whole loan.
    """

    loan_id: str
    notice_number: str
    noticed_on: date
    principal_fen: int
    interest_fen: int = 0
    excluded_fen: int = 0
    accelerated_on: date | None = None
    documents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.notice_number.strip():
            raise Violation("notice_number", "A notice needs a number.", "Give the bank's own number.")
        if self.principal_fen < 1:
            raise Violation(
                "principal_fen", f"A claim of {self.principal_fen} fen.", "Give whole fen from 1."
            )
        for name in ("interest_fen", "excluded_fen"):
            if getattr(self, name) < 0:
                raise Violation(name, f"{name} is {getattr(self, name)}.", "Give whole fen from zero.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Shape):
    """What one party bears of a claim, and has got back of it by recovery so far, in fen."""

    party: str
    organisation: str
    bears_fen: int
    received_fen: int = 0

    @property
    def remains_fen(self) -> int:
        return self.bears_fen - self.received_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Shape):
    """A claim under one drawdown.

    `claimed_fen` is what the programme's scope counts of the notice, `covered_fen` the system's part of it by contract.
    `cut_fen`: what the cap takes off, for good; `pending_fen`: what waits for the period-end settlement of the cap.
    """

    id: str
    loan_id: str
    notice_number: str
    guarantee_id: str
    bank: str
    guarantor: str
    notice: Notice
    noticed_at: datetime
    noticed_on: date
    claimed_fen: int
    covered_fen: int
    cap: str
    status: ClaimStatus
    payer: str
    review_by: date
    pay_by: date | None = None
    decided_by: str | None = None
    grounds: tuple[RefusalGround, ...] = ()
    reason: str | None = None
    parts: tuple[Part, ...] = ()
    cut_fen: int = 0
    pending_fen: int = 0
    costs_carried_fen: int = 0
    surplus_fen: int = 0
    policy_set: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage(Shape):
    items: tuple[Claim, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Shape):
    """A guarantor's no to a claim (不予代偿函): grounds from the list, and its words."""

    grounds: tuple[RefusalGround, ...]
    reason: str

    def __post_init__(self) -> None:
        if not self.grounds:
            raise Violation(
                "grounds", "A refusal names its grounds.", f"Choose of {', '.join(RefusalGround)}."
            )
        if not self.reason.strip():
            raise Violation("reason", "A refusal without a reason helps nobody.", "Say what was found.")
