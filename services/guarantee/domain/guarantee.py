"""Guarantees: from the reservation of room to the release of liability."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.split import Share
from libs.registry.dimensions import Dimensions
from services.guarantee.domain.limits import Chain
from services.guarantee.domain.quote import Proposal, ShareAmount, fee, share_amounts


class GuaranteeStatus(StrEnum):
    RESERVED = "RESERVED"
    CONFIRMED = "CONFIRMED"
    EFFECTIVE = "EFFECTIVE"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


OPEN = (GuaranteeStatus.RESERVED, GuaranteeStatus.CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation(Shape):
    """Lending's wish: cover for an approved application, by this programme and guarantor."""

    application_id: str
    programme: str
    guarantor: str
    proposal: Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection(Shape):
    """A guarantor's no, with its reason."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Violation("reason", "A rejection without a reason helps nobody.", "Say why.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursement(Shape):
    """What lending tells of a loan that was paid out on a guarantee."""

    loan_id: str
    application_id: str
    amount_fen: int
    disbursed_on: date

    def __post_init__(self) -> None:
        if self.amount_fen < 1:
            raise Violation("amount_fen", f"A loan of {self.amount_fen} fen.", "Give whole fen from 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee(Shape):
    """`shares` and `programme_effective` are those of the day of reservation and stay; the fee is disbursement's.

    `outstanding_fen` is the loan principal under cover: 0 before it takes effect and after it ended.
    """

    id: str
    application_id: str
    loan_id: str | None = None
    programme: str
    programme_effective: date
    guarantor: str
    party: str
    bank: str
    amount_fen: int
    outstanding_fen: int = 0
    term_months: int
    shares: tuple[ShareAmount, ...]
    fee_fen: int
    status: GuaranteeStatus
    reserved_until: date
    confirmed_by: str | None = None
    effective_on: date | None = None
    dimensions: Dimensions
    policy_set: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteePage(Shape):
    items: tuple[Guarantee, ...]
    next_cursor: str | None = None


def reserved(guarantee_id: str, wish: Reservation, chain: Chain, policy_set: str) -> Guarantee:
    """A guarantee that holds its room. In batch business it is confirmed at once: the bank has underwritten."""
    programme, proposal = chain.programme, wish.proposal
    return Guarantee(
        id=guarantee_id,
        application_id=wish.application_id,
        programme=programme.id,
        programme_effective=programme.effective,
        guarantor=chain.guarantor.id,
        party=proposal.party,
        bank=proposal.bank,
        amount_fen=proposal.amount_fen,
        term_months=proposal.term_months,
        shares=share_amounts(proposal.amount_fen, programme.shares),
        fee_fen=fee(programme, chain.day, proposal.amount_fen, proposal.term_months),
        status=GuaranteeStatus.CONFIRMED if programme.batch else GuaranteeStatus.RESERVED,
        reserved_until=chain.day + timedelta(days=chain.lines.reservation_days),
        confirmed_by=f"programme:{programme.id}" if programme.batch else None,
        dimensions=proposal.dimensions,
        policy_set=policy_set,
    )


def answers(guarantee: Guarantee, wish: Reservation) -> bool:
    """Whether the guarantee is what was wished for, so that the wish came twice."""
    mine = (guarantee.programme, guarantee.guarantor, guarantee.party, guarantee.bank)
    proposal = wish.proposal
    theirs = (wish.programme, wish.guarantor, proposal.party, proposal.bank)
    return (
        mine == theirs and guarantee.term_months == proposal.term_months and _amount_of(guarantee, proposal)
    )


def _amount_of(guarantee: Guarantee, proposal: Proposal) -> bool:
    """A loan drawn for less has made the guarantee smaller than the wish was."""
    if guarantee.loan_id is None:
        return guarantee.amount_fen == proposal.amount_fen
    return guarantee.amount_fen <= proposal.amount_fen


def confirmed(guarantee: Guarantee, by: str, today: date) -> Guarantee:
    if guarantee.status is not GuaranteeStatus.RESERVED:
        raise _state(guarantee, "Only a reservation is confirmed.")
    if today > guarantee.reserved_until:
        until = guarantee.reserved_until
        raise Violation("reserved_until", f"The reservation ended on {until}.", "Let the bank reserve again.")
    return replace(guarantee, status=GuaranteeStatus.CONFIRMED, confirmed_by=by)


def rejected(guarantee: Guarantee, rejection: Rejection) -> Guarantee:
    if guarantee.status is not GuaranteeStatus.RESERVED:
        raise _state(guarantee, "Only a reservation is rejected.")
    return replace(guarantee, status=GuaranteeStatus.REJECTED, note=rejection.reason)


def cancelled(guarantee: Guarantee) -> Guarantee:
    """Given back before it took effect; one that has ended already stays as it is."""
    if guarantee.status is GuaranteeStatus.EFFECTIVE:
        raise _state(guarantee, "A guarantee in effect ends with its loan.")
    if guarantee.status not in OPEN:
        return guarantee
    return replace(guarantee, status=GuaranteeStatus.CANCELLED)


def is_due(guarantee: Guarantee, today: date, report_days: int) -> bool:
    """Whether a reservation has run out, and news of a disbursement within it is no longer awaited."""
    return guarantee.status in OPEN and today > guarantee.reserved_until + timedelta(days=report_days)


def expired(guarantee: Guarantee) -> Guarantee:
    note = f"Not drawn by {guarantee.reserved_until}."
    return replace(guarantee, status=GuaranteeStatus.EXPIRED, note=note)


def drawn(guarantee: Guarantee, loan: Disbursement, fee_fen: int) -> Guarantee:
    """The guarantee after its loan was paid out: in effect, or told that it is not and why.

    Cover is for what was drawn, at most what was reserved. The loan of another application is a Violation.
    """
    if loan.application_id != guarantee.application_id:
        message = f"Loan {loan.loan_id} belongs to application {loan.application_id}."
        raise Violation("guarantee_id", message, "Name the guarantee of the loan's own application.")
    if guarantee.loan_id is not None:
        raise _state(guarantee, f"It covers loan {guarantee.loan_id} already.")
    missed = _why_not(guarantee, loan)
    if missed is not None:
        status, note = missed
        return replace(guarantee, loan_id=loan.loan_id, status=status, note=note)
    amount_fen = min(loan.amount_fen, guarantee.amount_fen)
    return replace(
        guarantee,
        loan_id=loan.loan_id,
        status=GuaranteeStatus.EFFECTIVE,
        amount_fen=amount_fen,
        outstanding_fen=amount_fen,
        shares=share_amounts(amount_fen, contract(guarantee)),
        fee_fen=fee_fen,
        effective_on=loan.disbursed_on,
    )


def _why_not(guarantee: Guarantee, loan: Disbursement) -> tuple[GuaranteeStatus, str] | None:
    """Why the guarantee does not take effect, and the state it is left in; None where it does."""
    says = f"Loan {loan.loan_id} was disbursed on {loan.disbursed_on}; it has no cover:"
    if guarantee.status not in OPEN:
        return guarantee.status, f"{says} the guarantee was {guarantee.status}."
    if loan.disbursed_on > guarantee.reserved_until:
        return GuaranteeStatus.EXPIRED, f"{says} the reservation ended on {guarantee.reserved_until}."
    if guarantee.status is GuaranteeStatus.RESERVED:
        return GuaranteeStatus.CANCELLED, f"{says} the guarantor had not confirmed."
    return None


def repaid(guarantee: Guarantee, outstanding_fen: int) -> Guarantee:
    """The guarantee when so much is left of its loan; released at zero. Cover never grows again."""
    left_fen = min(outstanding_fen, guarantee.outstanding_fen)
    status = guarantee.status if left_fen else GuaranteeStatus.RELEASED
    return replace(guarantee, outstanding_fen=left_fen, status=status)


def contract(guarantee: Guarantee) -> tuple[Share, ...]:
    """The shares that the guarantee was given under."""
    return tuple(Share(share.party, share.bp) for share in guarantee.shares)


def _state(guarantee: Guarantee, why: str) -> Violation:
    return Violation("status", f"The guarantee is {guarantee.status}. {why}", "Read it again first.")
