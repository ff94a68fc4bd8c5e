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
    """Lending's wish: cover for an approved application, by this programme and guarantor.

    `in_parts`: the loan is paid out in several parts, each a drawdown. `renews`: the guarantee whose loan this one
    repays (无还本续贷); its room is handed on.
    """

    application_id: str
    programme: str
    guarantor: str
    proposal: Proposal
    in_parts: bool = False
    renews: str | None = None

    def __post_init__(self) -> None:
        if self.in_parts and self.renews is not None:
            raise Violation("in_parts", "A renewal repays a loan at once.", "Draw it in one part.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection(Shape):
    """A guarantor's no, with its reason."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Violation("reason", "A rejection without a reason helps nobody.", "Say why.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursement(Shape):
    """What lending, or a bank's list, tells of a loan that was paid out on a guarantee."""

    loan_id: str
    application_id: str
    amount_fen: int
    term_months: int
    disbursed_on: date

    def __post_init__(self) -> None:
        for name in ("amount_fen", "term_months"):
            if getattr(self, name) < 1:
                raise Violation(name, f"{name} is {getattr(self, name)}.", "Give a whole number from 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Shape):
    """A later day on which a loan falls due (展期). `loan_id` may be left out where there is one loan."""

    loan_id: str | None = None
    due_on: date
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Violation("reason", "An extension without a reason cannot be filed.", "Say why.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee(Shape):
    """What stands behind one application; its drawdowns hold what is true of each loan.

    `shares` and `programme_effective` are those of the day of reservation, from the filing of the first drawdown on
    those of that day. `loan_id` is the first loan. `undrawn_fen` is reserved and not drawn yet; `outstanding_fen` is
    loan principal under cover, of all drawdowns. `renewed_by`: the guarantee that took over its room.
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
    undrawn_fen: int = 0
    outstanding_fen: int = 0
    term_months: int
    in_parts: bool = False
    renews: str | None = None
    renewed_by: str | None = None
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
        undrawn_fen=proposal.amount_fen,
        term_months=proposal.term_months,
        in_parts=wish.in_parts,
        renews=wish.renews,
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
    mine = (guarantee.programme, guarantee.guarantor, guarantee.party, guarantee.bank, guarantee.term_months)
    proposal = wish.proposal
    theirs = (wish.programme, wish.guarantor, proposal.party, proposal.bank, proposal.term_months)
    how = (guarantee.in_parts, guarantee.renews) == (wish.in_parts, wish.renews)
    return mine == theirs and how and _amount_of(guarantee, proposal)


def _amount_of(guarantee: Guarantee, proposal: Proposal) -> bool:
    """A loan drawn for less has made the guarantee smaller than the wish was."""
    if guarantee.loan_id is None:
        return guarantee.amount_fen == proposal.amount_fen
    return guarantee.amount_fen <= proposal.amount_fen


def renewed(old: Guarantee, wish: Reservation, by: str) -> Guarantee:
    """The old guarantee once its room is promised to a renewal: the same business, and no more than is left of it."""
    mine = (old.programme, old.guarantor, old.party, old.bank)
    if mine != (wish.programme, wish.guarantor, wish.proposal.party, wish.proposal.bank):
        message = f"Guarantee {old.id} is of another programme, guarantor, firm or bank."
        raise Violation("renews", message, "Renew with the same; or reserve anew.")
    if old.status is not GuaranteeStatus.EFFECTIVE or old.renewed_by is not None:
        raise state(old, "Only a guarantee in effect is renewed, and by one.")
    if wish.proposal.amount_fen > old.outstanding_fen:
        message = f"{old.outstanding_fen} fen are outstanding under {old.id}."
        raise Violation(
            "proposal/amount_fen", message, "A renewal may not enlarge liability: give at most that."
        )
    return replace(old, renewed_by=by)


def confirmed(guarantee: Guarantee, by: str, today: date) -> Guarantee:
    if guarantee.status is not GuaranteeStatus.RESERVED:
        raise state(guarantee, "Only a reservation is confirmed.")
    if today > guarantee.reserved_until:
        until = guarantee.reserved_until
        raise Violation("reserved_until", f"The reservation ended on {until}.", "Let the bank reserve again.")
    return replace(guarantee, status=GuaranteeStatus.CONFIRMED, confirmed_by=by)


def rejected(guarantee: Guarantee, rejection: Rejection) -> Guarantee:
    if guarantee.status is not GuaranteeStatus.RESERVED:
        raise state(guarantee, "Only a reservation is rejected.")
    return replace(guarantee, status=GuaranteeStatus.REJECTED, undrawn_fen=0, note=rejection.reason)


def cancelled(guarantee: Guarantee) -> Guarantee:
    """Given back before it took effect; one that has ended already stays as it is."""
    if guarantee.status is GuaranteeStatus.EFFECTIVE:
        raise state(guarantee, "A guarantee in effect ends with its loan.")
    if guarantee.status not in OPEN:
        return guarantee
    if guarantee.undrawn_fen != guarantee.amount_fen:
        raise state(guarantee, "A loan is paid out on it, and listed.")
    return replace(guarantee, status=GuaranteeStatus.CANCELLED, undrawn_fen=0)


def contract(guarantee: Guarantee) -> tuple[Share, ...]:
    """The shares that the guarantee was given under."""
    return tuple(Share(share.party, share.bp) for share in guarantee.shares)


def state(guarantee: Guarantee, why: str) -> Violation:
    """That the guarantee is not in the state for something."""
    return Violation("status", f"The guarantee is {guarantee.status}. {why}", "Read it again first.")
