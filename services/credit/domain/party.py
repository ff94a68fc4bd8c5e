"""Parties: who is registered, or farms, and what the register says of them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry import industries, regions, uscc
from libs.registry.dimensions import PERSONS, OwnerKind
from libs.registry.loan_terms import IpRightKind
from libs.registry.persons import check_person_id, is_person
from services.credit.domain.sources import ItemState

LONGEST_NAME = 200
MOST_VALUATIONS = 50  # of one right


class PartyStatus(StrEnum):
    ACTIVE = "ACTIVE"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Shape):
    """What a register says of a party. `changed_on`: the day since which it says so (None: since it was recorded).
    `industry` is GB/T 4754 as fine as known; persons (farmers, owners of small and micro businesses) have no founding
    date."""

    kind: OwnerKind
    name: str
    county: str
    industry: str = ""
    established_on: date | None = None
    changed_on: date | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= LONGEST_NAME:
            raise Violation("name", "The name is empty or too long.", f"Give 1 to {LONGEST_NAME} characters.")
        regions.county_of(self.county, "county")
        if self.industry:
            industries.industry(self.industry, "industry")
        if self.established_on is None and self.kind not in PERSONS:
            raise Violation(
                "established_on", f"A {self.kind} has a day of registration.", "Copy it from the licence."
            )


class ValuationMethod(StrEnum):
    INCOME = "INCOME"
    MARKET = "MARKET"
    COST = "COST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation(Shape):
    """What an appraiser said that a right is worth, on a day."""

    method: ValuationMethod
    appraiser: str
    amount_fen: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IpRight(Shape):
    """A right that can be pledged. `id` is its registration number, `expires_on` its last day.

    `filed_on` and `registered_on` say from when it runs; `pledgee`, `pledge_number` and `pledged_on` tell of its
    encumbrance. `appraised_fen` is what it is worth by the newest of its `valuations`, or as told; 0: not appraised.
    `observed_on`: the day of which all this is true (None: that of recording). To a reader to whom its value is not
    opened (scope statements), `valuation_state` is NOT_AUTHORISED and the value None: nobody delivers that field.
    """

    id: str
    kind: IpRightKind
    expires_on: date
    appraised_fen: int | None = None
    encumbered: bool = False
    filed_on: date | None = None
    registered_on: date | None = None
    pledgee: str | None = None
    pledge_number: str | None = None
    pledged_on: date | None = None
    valuations: tuple[Valuation, ...] = ()
    observed_on: date | None = None
    valuation_state: ItemState | None = None

    @property
    def worth_fen(self) -> int:
        """By the newest valuation, or as told; 0 where nobody appraised it."""
        newest = max(self.valuations, key=lambda valuation: valuation.on, default=None)
        return newest.amount_fen if newest else self.appraised_fen or 0


def code_doubtful(party: str) -> bool:
    """Whether the organisation code inside a party's code does not check: a warning, never an error."""
    return not is_person(party) and not uscc.parse_party(party).organisation_code_agrees


def check_party(party: str, registration: Registration, today: date) -> None:
    """Violation where the id is not one, tells a person's number, or contradicts the registration."""
    for field in ("established_on", "changed_on"):
        day = getattr(registration, field)
        if day is not None and day > today:
            raise Violation(field, f"{day} is still to come.", "Mend the date.")
    if is_person(party):
        _check_person(party, registration.kind)
        return
    code = uscc.parse_party(party, "party")
    if code.party != party:
        raise Violation("party", f"{party!r} is not in normal form.", f"Write {code.party}.", uscc.SOURCE)
    if code.owner_kind is not None and code.owner_kind.value != registration.kind.value:
        raise Violation(
            "kind",
            f"The code is that of a {code.owner_kind}, not {registration.kind}.",
            "Mend the one or the other.",
            uscc.SOURCE,
        )


def check_right(right: IpRight, today: date, last_day: date | None = None) -> None:
    """`last_day`: on which such a right ends by the law of the day on which it was filed, where both are known."""
    if not 0 < len(right.id) <= 64:
        raise Violation("id", "The registration number is empty or too long.", "Give 1 to 64 characters.")
    if right.valuation_state is not None:
        raise Violation("valuation_state", "Nobody delivers that.", "Leave it out.")
    if last_day is not None and right.expires_on > last_day:
        raise Violation(
            "expires_on",
            f"A {right.kind} that was filed on {right.filed_on} ends by {last_day}.",
            "Mend the one or the other.",
            "lending.ip_term",
        )
    _check_worth(right, today)
    _check_dates(right, today)
    _check_encumbrance(right)


def _check_worth(right: IpRight, today: date) -> None:
    if len(right.valuations) > MOST_VALUATIONS:
        raise Violation("valuations", "These are too many.", f"Give the newest {MOST_VALUATIONS}.")
    for value in (right.appraised_fen, *(valuation.amount_fen for valuation in right.valuations)):
        if value is not None and not 0 <= value < 1 << 62:
            raise Violation(
                "appraised_fen", f"{value} fen is no value.", "Give fen from 0; 0: not appraised."
            )
    for at, valuation in enumerate(right.valuations):
        if valuation.on > today:
            raise Violation(f"valuations/{at}/on", f"{valuation.on} is still to come.", "Mend the date.")
        if not 0 < len(valuation.appraiser.strip()) <= 100:
            raise Violation(
                f"valuations/{at}/appraiser", "It is empty or too long.", "Give 1 to 100 characters."
            )


def _check_dates(right: IpRight, today: date) -> None:
    for field in ("filed_on", "registered_on", "pledged_on", "observed_on"):
        day = getattr(right, field)
        if day is not None and day > today:
            raise Violation(field, f"{day} is still to come.", "Mend the date.")


def _check_encumbrance(right: IpRight) -> None:
    for field in ("pledgee", "pledge_number", "pledged_on"):
        value = getattr(right, field)
        if value is None:
            continue
        if not right.encumbered:
            raise Violation(field, "The right is said to be free.", "Say that it is encumbered.")
        if isinstance(value, str) and not 0 < len(value.strip()) <= 100:
            raise Violation(field, "It is empty or too long.", "Give 1 to 100 characters.")


def _check_person(party: str, kind: OwnerKind) -> None:
    if kind not in PERSONS:
        raise Violation("party", f"A {kind} goes by its code.", "Write uscc:<code>.")
    check_person_id(party, "party")
