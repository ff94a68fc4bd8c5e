"""Who sees what of a party: the firm all of it, others what is public and what a consent opens to them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from libs.criteria.shape import Shape
from libs.criteria.vocabulary import FACTS, SCOPES, FactType
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size
from services.credit.domain.consent import PLATFORM, Finder, Opened, Purpose
from services.credit.domain.facts import Held, SizeBasis
from services.credit.domain.party import IpRight, PartyStatus
from services.credit.domain.sources import Confidence, ItemState, Source

SCORE = "score"
STATEMENTS = "statements"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Shape):
    """One fact for one reader. Not authorised: nothing but its name, whether or not there is a value."""

    fact: str
    state: ItemState
    value: str = ""
    source: Source | None = None
    observed_on: date | None = None
    recorded_at: datetime | None = None
    consent_id: str | None = None
    confidence: Confidence | None = None
    disputed: bool = False
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Shape):
    """A party's file as one reader may see it."""

    id: str
    kind: OwnerKind
    name: str
    county: str
    industry: str
    established_on: date | None
    items: tuple[Item, ...]
    ip_rights: tuple[IpRight, ...]
    size: Size | None
    status: PartyStatus
    size_basis: SizeBasis
    code_doubtful: bool
    """The organisation code inside the party's code does not check. A warning, no error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryItem(Shape):
    fact: str
    state: ItemState
    value: str = ""
    valid_until: date | None = None
    observed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySummary(Shape):
    """What matching may know of a party. WITHDRAWN: nothing but the id."""

    party: str
    status: PartyStatus
    dimensions: Dimensions | None = None
    industry: str = ""
    items: tuple[SummaryItem, ...] = ()
    ip_rights: tuple[IpRight, ...] = ()
    recipient: str = PLATFORM
    purpose: Purpose = Purpose.MATCHING
    found_by: tuple[Finder, ...] = ()


def items(held: Held, seen: Opened | None) -> tuple[Item, ...]:
    """All facts in the order of the vocabulary; `seen` None: the firm itself looks. The score has its own door."""
    return tuple(item for kind in FACTS.values() if kind.name != SCORE for item in _item(kind, held, seen))


def _item(kind: FactType, held: Held, seen: Opened | None) -> Iterator[Item]:
    if not may_see(kind, seen):
        yield Item(fact=kind.name, state=ItemState.NOT_AUTHORISED)
    elif kind.name in held:
        record = held[kind.name]
        consent = seen.get(kind.scope) if seen else None
        yield Item(
            fact=kind.name,
            state=ItemState.KNOWN,
            value=record.value,
            source=record.source,
            observed_on=record.observed_on,
            recorded_at=record.recorded_at,
            consent_id=consent.id if consent else None,
            confidence=record.confidence,
        )


def may_see(kind: FactType, seen: Opened | None) -> bool:
    return scope_open(kind.scope, seen)


def scope_open(scope: str, seen: Opened | None) -> bool:
    """Whether a reader sees what is in a scope: the firm itself, what is public, or what is opened."""
    return seen is None or not SCOPES[scope].consent or scope in seen


def size_basis(basis: SizeBasis, seen: Opened | None) -> SizeBasis:
    """Why a size is not judged may be said to everybody; which of the statements are missing only where they are
    opened."""
    return basis if scope_open(STATEMENTS, seen) else SizeBasis(gap=basis.gap)


def rights(held: tuple[IpRight, ...], seen: Opened | None) -> tuple[IpRight, ...]:
    """Rights are public; what they are worth is among the statements."""
    if scope_open(STATEMENTS, seen):
        return tuple(replace(right, appraised_fen=right.worth_fen) for right in held)
    return tuple(
        replace(right, appraised_fen=None, valuations=(), valuation_state=ItemState.NOT_AUTHORISED)
        for right in held
    )


def summary_rights(held: tuple[IpRight, ...], opened: Opened) -> tuple[IpRight, ...]:
    """The same for matching, which asks neither who holds a pledge nor who appraised it."""
    return tuple(
        IpRight(
            id=right.id,
            kind=right.kind,
            expires_on=right.expires_on,
            appraised_fen=right.appraised_fen,
            encumbered=right.encumbered,
            valuation_state=right.valuation_state,
        )
        for right in rights(held, opened)
    )


def visible(held: Held, seen: Opened | None) -> dict[str, str]:
    """Values by fact, of what may be seen: what a score for this reader is made of."""
    return {name: record.value for name, record in held.items() if may_see(FACTS[name], seen)}


def summary_items(held: Held, opened: Opened, points: int | None) -> tuple[SummaryItem, ...]:
    """`points`: of the score made of what is opened; it is shown only where the score itself is opened. What no rule
    may ask for, matching is not told."""
    return tuple(
        item
        for kind in FACTS.values()
        if kind.criteria or kind.instead
        for item in (_score_item(opened, points) if kind.name == SCORE else _summary_item(kind, held, opened))
    )


def _summary_item(kind: FactType, held: Held, opened: Opened) -> Iterator[SummaryItem]:
    for item in _item(kind, held, opened):
        consent = opened.get(kind.scope)
        known = item.state is ItemState.KNOWN
        yield SummaryItem(
            fact=item.fact,
            state=item.state,
            value=item.value,
            valid_until=consent.valid_until if known and consent else None,
            observed_on=item.observed_on,
        )


def _score_item(opened: Opened, points: int | None) -> Iterator[SummaryItem]:
    if SCORE not in opened:
        yield SummaryItem(fact=SCORE, state=ItemState.NOT_AUTHORISED)
    elif points is not None:
        # The score falls with the first of the consents that it was made of.
        until = min(consent.valid_until for consent in opened.values())
        yield SummaryItem(fact=SCORE, state=ItemState.KNOWN, value=str(points), valid_until=until)


def withdrawn(party: str) -> PartySummary:
    return PartySummary(party=party, status=PartyStatus.WITHDRAWN)


def next_change(
    opened: Opened,
    rights: tuple[IpRight, ...],
    established_on: date | None,
    today: date,
    others: Iterable[date] = (),
) -> date:
    """The first day after today on which a summary changes without anybody doing anything: a month ends, the firm
    is a month older, a consent or a right ends; or one of the `others` (a consent begins, a record leaves its
    window)."""
    ends = [consent.valid_until for consent in opened.values()] + [right.expires_on for right in rights]
    days = [end + timedelta(days=1) for end in ends if end < date.max]
    days.extend(others)
    days.append((today.replace(day=1) + timedelta(days=32)).replace(day=1))
    if established_on is not None:
        days.append(today + timedelta(days=established_on.day - today.day))
    return min(day for day in days if day > today)
