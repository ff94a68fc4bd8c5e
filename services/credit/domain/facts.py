"""Facts about a party: said by somebody, true of a day, known since an instant; kept for ever, resolved on reading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import encode, fact_type
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size, size_of
from services.credit.domain.party import IpRight, Registration


class Source(StrEnum):
    """Who says it, the most trusted first: the order that settles facts observed on the same day."""

    MARKET_REGULATION = "MARKET_REGULATION"
    COURT = "COURT"
    TAX = "TAX"
    CREDIT_BUREAU = "CREDIT_BUREAU"
    SOCIAL_INSURANCE = "SOCIAL_INSURANCE"
    CUSTOMS = "CUSTOMS"
    IP_OFFICE = "IP_OFFICE"
    ECOLOGY = "ECOLOGY"
    TECHNOLOGY = "TECHNOLOGY"
    PROCUREMENT = "PROCUREMENT"
    UTILITY = "UTILITY"
    INVOICES = "INVOICES"
    """Counted by the platform from delivered invoices; nobody may deliver under this name."""
    DATA_SHARING = "DATA_SHARING"
    """Came through the province's data sharing without a nearer source."""
    SELF_DECLARED = "SELF_DECLARED"


_TRUST = {source: -place for place, source in enumerate(Source)}
_DECLARED_SCOPE = "statements"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact(Shape):
    """`value` as the vocabulary types the fact. `source` None: SELF_DECLARED from a firm, DATA_SHARING from others."""

    fact: str
    value: str
    source: Source | None = None
    observed_on: date


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
        if record.observed_on > as_of or (known is not None and record.recorded_at > known):
            continue
        before = held.get(record.fact)
        if before is None or _weight(record) >= _weight(before):  # of one instant, the later said
            held[record.fact] = record
    return MappingProxyType(held)


def _weight(record: Fact) -> tuple[bool, date, int, datetime]:
    own_word = record.source is Source.SELF_DECLARED and fact_type(record.fact).scope != _DECLARED_SCOPE
    return (not own_word, record.observed_on, _TRUST[record.source], record.recorded_at)


def derived(
    registration: Registration, recorded_at: datetime, recorded_on: date, held: Held, as_of: date
) -> Held:
    """What follows from the registration and the statements: age, kind of owner, size by the official rule."""
    values = {"owner_kind": registration.kind.value}
    if registration.established_on is not None:
        values["months_since_registration"] = str(whole_months(registration.established_on, as_of))
    size = size_from(registration, held)
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


def size_from(registration: Registration, held: Held) -> Size | None:
    """None where the rule cannot judge, and for farmers, whom it does not class."""
    if registration.kind is OwnerKind.FARMER:
        return None
    employees, revenue, assets = (
        integer(held, name) for name in ("employees", "revenue_year_fen", "assets_total_fen")
    )
    return size_of(registration.industry, employees, revenue, assets)


def whole_months(since: date, until: date) -> int:
    """Completed months; 0 before the first."""
    months = (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)
    return max(0, months)


def integer(held: Held, fact: str) -> int | None:
    record = held.get(fact)
    return None if record is None else encode(fact, record.value)
