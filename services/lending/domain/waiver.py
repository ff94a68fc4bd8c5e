"""Waivers: hard rules of a product that its bank sets aside for one firm, proposed by one person, granted by another.

A waiver sets aside every hard rule on one fact. It never makes a firm pass: the decision reads "eligible by waiver".
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from libs.criteria.evaluate import Criterion, Disclosure
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry import persons, uscc
from services.lending.domain.product import Product

LONGEST_TEXT = 1_000


class WaiverStatus(StrEnum):
    PROPOSED = "PROPOSED"
    GRANTED = "GRANTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


LIVE = (WaiverStatus.PROPOSED, WaiverStatus.GRANTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWaiver(Shape):
    """`valid_until`: the last day. `reason` stays inside the bank."""

    product_id: str
    party: str
    fact: str
    reason: str
    valid_until: date

    def __post_init__(self) -> None:
        if persons.is_person(self.party):
            persons.check_person_id(self.party, "party")
        elif uscc.parse_party(self.party).party != self.party:
            raise Violation("party", f"{self.party!r} is not in normal form.", "Write uscc:<code>.")
        if not self.reason.strip() or len(self.reason) > LONGEST_TEXT:
            mend = f"Say why the rule need not hold, in up to {LONGEST_TEXT} characters."
            raise Violation("reason", "The reason is empty or too long.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Shape):
    """`criteria`: the rules of `product_version` that the two people read. `seal`: over all that was granted."""

    id: str
    product_id: str
    product_version: int
    bank: str
    party: str
    fact: str | None
    criteria: tuple[Criterion, ...]
    reason: str
    valid_until: date
    status: WaiverStatus
    proposed_by: str
    proposed_at: datetime
    granted_by: str | None = None
    granted_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    seal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverPage(Shape):
    items: tuple[Waiver, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverState(Shape):
    """What others hear of a waiver: no party, but the key that stands for it; of one that has ended not even that."""

    id: str
    status: WaiverStatus
    product_id: str = ""
    firm_key: str = ""
    fact: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedWaiver(Shape):
    """A waiver that stood when the firm applied. `fact`: only where the bank shows the rule to all."""

    waiver_id: str
    fact: str | None
    valid_until: date


def proposed(
    new: NewWaiver, product: Product, waiver_id: str, by: str, at: datetime, today: date, longest_days: int
) -> Waiver:
    """Violation where the product has no hard rule on the fact, or the days are past or too many."""
    _check_days(new.valid_until, today, longest_days)
    hard = tuple(rule for rule in product.terms.criteria if rule.hard and rule.fact == new.fact)
    if not hard:
        facts = sorted({rule.fact for rule in product.terms.criteria if rule.hard})
        mend = f"It has such rules on: {', '.join(facts) or 'nothing'}."
        raise Violation("fact", f"The product has no hard rule on {new.fact:.60}.", mend)
    return Waiver(
        id=waiver_id,
        product_id=product.id,
        product_version=product.version,
        bank=product.bank,
        party=new.party,
        fact=new.fact,
        criteria=hard,
        reason=new.reason,
        valid_until=new.valid_until,
        status=WaiverStatus.PROPOSED,
        proposed_by=by,
        proposed_at=at,
    )


def granted(waiver: Waiver, by: str, at: datetime, today: date) -> Waiver:
    """The waiver as a second person granted it, still without its seal. Never whoever proposed it."""
    if waiver.status is not WaiverStatus.PROPOSED:
        raise Violation("status", f"The waiver is {waiver.status}.", "Propose a new one.")
    if waiver.proposed_by == by:
        why = "Whoever proposed a waiver may not grant it."
        raise Violation("granted_by", why, "Let a second person grant it.")
    if waiver.valid_until < today:
        raise Violation("valid_until", f"It would have ended on {waiver.valid_until}.", "Propose a new one.")
    return replace(waiver, status=WaiverStatus.GRANTED, granted_by=by, granted_at=at)


def withdrawn(waiver: Waiver, by: str, at: datetime) -> Waiver:
    """A proposal taken back, or a waiver that ends before its day. Applications that stand on it tell the bank."""
    if waiver.status not in LIVE:
        raise Violation("status", f"The waiver is {waiver.status}.", "Nothing is left to withdraw.")
    return replace(waiver, status=WaiverStatus.WITHDRAWN, ended_by=by, ended_at=at)


def expired(waiver: Waiver, at: datetime) -> Waiver:
    return replace(waiver, status=WaiverStatus.EXPIRED, ended_at=at)


def holds(waiver: Waiver, today: date) -> bool:
    return waiver.status is WaiverStatus.GRANTED and today <= waiver.valid_until


def state(waiver: Waiver, firm_key: str) -> WaiverState:
    if waiver.status is not WaiverStatus.GRANTED:
        return WaiverState(id=waiver.id, status=waiver.status)
    return WaiverState(
        id=waiver.id,
        status=waiver.status,
        product_id=waiver.product_id,
        firm_key=firm_key,
        fact=waiver.fact or "",
        valid_until=waiver.valid_until,
    )


def applied(waiver: Waiver) -> AppliedWaiver:
    shown = seen_by_firm(waiver)
    return AppliedWaiver(waiver_id=waiver.id, fact=shown.fact, valid_until=waiver.valid_until)


def seen_by_firm(waiver: Waiver) -> Waiver:
    """Without the bank's people and its reason; the rules and their fact only where the bank shows them to all."""
    public = all(rule.disclosure is Disclosure.PUBLIC for rule in waiver.criteria)
    return replace(
        waiver,
        fact=waiver.fact if public else None,
        criteria=waiver.criteria if public else (),
        reason="",
        proposed_by="",
        granted_by=None,
        ended_by=None,
        seal=None,
    )


def _check_days(valid_until: date, today: date, longest_days: int) -> None:
    last = today + timedelta(days=longest_days)
    if not today <= valid_until <= last:
        raise Violation(
            "valid_until", f"{valid_until} is not between {today} and {last}.", "Give a day there."
        )
