"""Parties: who is registered, or farms, and what the register says of them."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry import industries, regions, uscc
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import IpRightKind

PERSON_PREFIX = "person:"
LONGEST_NAME = 200

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{6,64}")
_TELLING = re.compile(r"\d{17}[\dXx]|1[3-9]\d{9}")  # an identity card's number, a telephone's


class PartyStatus(StrEnum):
    ACTIVE = "ACTIVE"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Shape):
    """What a register says of a party. `industry` is GB/T 4754 as fine as known; farmers have no founding date."""

    kind: OwnerKind
    name: str
    county: str
    industry: str = ""
    established_on: date | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= LONGEST_NAME:
            raise Violation("name", "The name is empty or too long.", f"Give 1 to {LONGEST_NAME} characters.")
        regions.county_of(self.county, "county")
        if self.industry:
            industries.industry(self.industry, "industry")
        if self.established_on is None and self.kind is not OwnerKind.FARMER:
            raise Violation(
                "established_on", f"A {self.kind} has a day of registration.", "Copy it from the licence."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class IpRight(Shape):
    """A right that can be pledged. `id` is its registration number, `expires_on` its last day."""

    id: str
    kind: IpRightKind
    expires_on: date
    appraised_fen: int
    encumbered: bool = False


def check_party(party: str, registration: Registration, today: date) -> None:
    """Violation where the id is not one, tells a person's number, or contradicts the registration."""
    if registration.established_on is not None and registration.established_on > today:
        raise Violation(
            "established_on", f"{registration.established_on} is still to come.", "Mend the date."
        )
    if party.startswith(PERSON_PREFIX):
        _check_person(party.removeprefix(PERSON_PREFIX), registration.kind)
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


def check_right(right: IpRight) -> None:
    if not 0 < len(right.id) <= 64:
        raise Violation("id", "The registration number is empty or too long.", "Give 1 to 64 characters.")
    if right.appraised_fen < 0:
        raise Violation(
            "appraised_fen", f"{right.appraised_fen} fen is no value.", "Give fen from 0; 0: not appraised."
        )


def _check_person(opaque: str, kind: OwnerKind) -> None:
    if kind is not OwnerKind.FARMER:
        raise Violation("party", f"A {kind} goes by its code.", "Write uscc:<code>.")
    if not _OPAQUE.fullmatch(opaque) or _TELLING.search(opaque):
        raise Violation(
            "party",
            "A person goes by an opaque id of 6 to 64 letters, digits, - and _.",
            "Never use an identity card's or a telephone's number.",
        )
