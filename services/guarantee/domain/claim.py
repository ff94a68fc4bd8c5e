"""Claims: a bank calls on the chain, and the loss is split by contract, filing and cap."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from libs.finance.split import Share, capped, capped_layer, covered, split
from services.guarantee.domain.terms import BANK, LOCAL, CapLayer, CapTerms, ClaimScope


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
    `cap_use_fen` is what it takes of the bucket `cap`: as much as it could until it is decided. `cut_fen`: what the cap
    took off, for good; `pending_fen`: what waits for the settlement at the end of the period.
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
    cap_use_fen: int
    status: ClaimStatus
    payer: str
    review_by: date
    pay_by: date | None = None
    released_on: date | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Who bears what of a claim, and what that takes of the cap. `cut_fen` is what the cap took off its layer."""

    parts: Mapping[str, int]
    cap_use_fen: int
    cut_fen: int


def in_scope(notice: Notice, scope: ClaimScope) -> int:
    """What of the notice the guarantee stands for, in fen: penalty and compound interest never."""
    if scope is ClaimScope.PRINCIPAL:
        return notice.principal_fen
    return notice.principal_fen + notice.interest_fen


def borne(
    claimed_fen: int, shares: Sequence[Share], filed: Collection[str], terms: CapTerms, room_fen: int
) -> Outcome:
    """The claim among the parties, in the order of the shares; the parts sum to the claim.

    A tier that has not taken the drawdown into its books bears nothing: its part is the direct guarantor's. A cap on
    the system cuts what the bank gets; one on a layer what that layer refunds. `room_fen` is what is left of the cap.
    """
    if terms.layer is CapLayer.SYSTEM:
        parts = capped(claimed_fen, shares, 0, room_fen)
        paid_fen = claimed_fen - parts[shares[0].party]
        cut_fen = covered(claimed_fen, shares) - paid_fen
        return Outcome(parts=_unfiled_to_local(parts, filed), cap_use_fen=paid_fen, cut_fen=cut_fen)
    full = _unfiled_to_local(split(claimed_fen, shares), filed)
    layer = terms.layer.lower()
    parts = capped_layer(full, [layer], room_fen, terms.excess)
    used_fen = parts.get(layer, 0)
    return Outcome(parts=parts, cap_use_fen=used_fen, cut_fen=full.get(layer, 0) - used_fen)


def last_day(due_on: date, accelerated_on: date | None, period_months: int) -> date:
    """The last day of the guarantee period: so many months after the loan fell due, or was called (民法典 692, 202)."""
    return add_months(fell_due(due_on, accelerated_on), period_months)


def fell_due(due_on: date, accelerated_on: date | None) -> date:
    """The day on which the loan was to be repaid: by its term, or earlier where the bank called it."""
    return min(due_on, accelerated_on or due_on)


def _unfiled_to_local(parts: Mapping[str, int], filed: Collection[str]) -> dict[str, int]:
    own = {party: part if party in (BANK, LOCAL, *filed) else 0 for party, part in parts.items()}
    return own | {LOCAL: own[LOCAL] + sum(parts.values()) - sum(own.values())}
