"""Facts about a party: said by somebody, true of a day, known since an instant; kept for ever, resolved on reading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import encode, fact_type
from libs.registry.dimensions import PERSONS
from libs.registry.size import Size, SizeGap, SizeIndicator, judge
from services.credit.domain.party import IpRight, Registration
from services.credit.domain.sources import (
    Because,
    Confidence,
    ItemState,
    Source,
    Weight,
    because,
    weight,
)

_DECLARED_SCOPE = "statements"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact(Shape):
    """`value` as the vocabulary types the fact. `source` None: SELF_DECLARED from a firm, DATA_SHARING from others."""

    fact: str
    value: str
    source: Source | None = None
    observed_on: date
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFacts(Shape):
    facts: tuple[NewFact, ...] = ()
    ip_rights: tuple[IpRight, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Shape):
    fact: str
    value: str
    source: Source
    observed_on: date
    recorded_at: datetime
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying(Shape):
    """One thing that was said of a fact. `counts`: on the day and by the instant that were asked for."""

    value: str
    source: Source
    observed_on: date
    recorded_at: datetime
    confidence: Confidence | None = None
    counts: bool
    disputed: bool = False
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactHistory(Shape):
    """All that was said of one fact, the heaviest first, and in one word why the first counts (None: nothing else was
    said). Not authorised: nothing but the name. `consent_id`: under which it is shown."""

    fact: str
    state: ItemState
    sayings: tuple[Saying, ...] = ()
    because: Because | None = None
    consent_id: str | None = None


Held = Mapping[str, Fact]


def check_fact(new: NewFact, today: date) -> None:
    """Violation for a fact that nobody delivers, a value that it cannot have, or a day to come."""
    if fact_type(new.fact).derived:
        raise Violation("fact", f"The platform works {new.fact} out itself.", "Leave it out.")
    encode(new.fact, new.value)
    if new.source is Source.INVOICES:
        raise Violation(
            "source",
            "INVOICES is what the platform counts itself.",
            "Deliver the invoices, or name the source.",
        )
    if new.observed_on > today:
        raise Violation(
            "observed_on", f"{new.observed_on} is still to come.", "Give the day of which it was true."
        )


def resolve(records: Iterable[Fact], as_of: date, known: datetime | None = None) -> Held:
    """Of each fact the record that counts on a day, as far as it was `known` by an instant.

    `records` in the order in which they were said. The newest observation wins, then the more trusted source, then
    the later correction. What a firm says of itself only fills gaps, except for the statements, which are always
    its own word.
    """
    held: dict[str, Fact] = {}
    for record in records:
        if not _in_time(record, as_of, known):
            continue
        before = held.get(record.fact)
        if before is None or _weight(record) >= _weight(before):  # of one instant, the later said
            held[record.fact] = record
    return MappingProxyType(held)


def told(
    fact: str,
    records: Iterable[Fact],
    as_of: date,
    known: datetime | None = None,
    consent_id: str | None = None,
) -> FactHistory:
    """Every record of one fact, with the one that counts and why. `records` as for `resolve`."""
    said = [record for record in records if record.fact == fact]
    in_time = [record for record in reversed(said) if _in_time(record, as_of, known)]
    ranked = sorted(in_time, key=_weight, reverse=True)  # of one weight, the later said stands first
    late = [record for record in said if not _in_time(record, as_of, known)]
    return FactHistory(
        fact=fact,
        state=ItemState.KNOWN,
        sayings=tuple(_saying(record, record is ranked[0]) for record in ranked)
        + tuple(_saying(record, False) for record in late),
        because=because(_weight(ranked[0]), _weight(ranked[1])) if len(ranked) > 1 else None,
        consent_id=consent_id,
    )


def _saying(record: Fact, counts: bool) -> Saying:
    return Saying(
        value=record.value,
        source=record.source,
        observed_on=record.observed_on,
        recorded_at=record.recorded_at,
        confidence=record.confidence,
        counts=counts,
    )


def _in_time(record: Fact, as_of: date, known: datetime | None) -> bool:
    return record.observed_on <= as_of and (known is None or record.recorded_at <= known)


def _weight(record: Fact) -> Weight:
    own_word_counts = fact_type(record.fact).scope == _DECLARED_SCOPE
    return weight(record.source, record.observed_on, record.recorded_at, own_word_counts)


def derived(
    registration: Registration, recorded_at: datetime, recorded_on: date, held: Held, as_of: date
) -> Held:
    """What follows from the registration and the statements: age, kind of owner, size by the official rule."""
    values = {"owner_kind": registration.kind.value}
    if registration.established_on is not None:
        values["months_since_registration"] = str(whole_months(registration.established_on, as_of))
    size = judged(registration, held, as_of).size
    if size is not None:
        values["size"] = size.value
    return {
        name: Fact(
            fact=name,
            value=value,
            source=Source.MARKET_REGULATION,
            observed_on=recorded_on,
            recorded_at=recorded_at,
        )
        for name, value in values.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeBasis(Shape):
    """How the size was judged. `gap`: why it could not be; `missing`: the indicators that nobody told. `year`: of the
    revenue that was judged. `provisional`: the firm was not there for all of that year, so that the size is taken
    from what it declares for now (暂按申报)."""

    gap: SizeGap | None = None
    missing: tuple[SizeIndicator, ...] = ()
    year: int | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeOn:
    size: Size | None
    basis: SizeBasis


def judged(registration: Registration, held: Held, as_of: date) -> SizeOn:
    """By the official rule, from the statements that count; natural persons are of no size."""
    if registration.kind in PERSONS:
        return SizeOn(size=None, basis=SizeBasis(gap=SizeGap.NATURAL_PERSON))
    employees, revenue, assets = (
        integer(held, name) for name in ("employees", "revenue_year_fen", "assets_total_fen")
    )
    judgement = judge(registration.industry, employees, revenue, assets)
    year = _revenue_year(held)
    start, whole_year = registration.established_on, year or as_of.year - 1
    basis = SizeBasis(
        gap=judgement.gap,
        missing=judgement.missing,
        year=year,
        provisional=judgement.size is not None and start is not None and start > date(whole_year, 1, 1),
    )
    return SizeOn(size=judgement.size, basis=basis)


def size_from(registration: Registration, held: Held) -> Size | None:
    """None where the rule cannot judge."""
    return judged(registration, held, date.max).size


def _revenue_year(held: Held) -> int | None:
    """The year that `revenue_year_fen` is of: the last that was over on the day of observation."""
    record = held.get("revenue_year_fen")
    if record is None:
        return None
    observed = record.observed_on
    return observed.year if (observed.month, observed.day) == (12, 31) else observed.year - 1


def whole_months(since: date, until: date) -> int:
    """Completed months; 0 before the first."""
    months = (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)
    return max(0, months)


def integer(held: Held, fact: str) -> int | None:
    record = held.get(fact)
    return None if record is None else encode(fact, record.value)
