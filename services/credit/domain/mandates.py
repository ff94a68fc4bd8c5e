"""Mandates: who may fill in a party's file for it, an accountant for thirty firms; never consent or sign for it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import SCOPES
from libs.registry import uscc
from libs.registry.persons import check_person_id, is_person

NEVER = ("score",)
"""What a mandate cannot open: whoever fills in the facts does not see what is made of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMandate(Shape):
    """`agent`: the party id of who fills in, an accounting firm or a person. It may add to `scopes` of the file and
    read them, with what is public, up to and including `valid_until`."""

    agent: str
    scopes: tuple[str, ...]
    valid_until: date

    def __post_init__(self) -> None:
        _check_scopes(self.scopes)
        if is_person(self.agent):
            check_person_id(self.agent, "agent")
        elif uscc.parse_party(self.agent, "agent").party != self.agent:
            raise Violation(
                "agent", f"{self.agent!r} is not in normal form.", "Write uscc:<code>.", uscc.SOURCE
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate(Shape):
    id: str
    party: str
    agent: str
    scopes: tuple[str, ...]
    valid_from: date
    valid_until: date
    granted_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MandatePage(Shape):
    items: tuple[Mandate, ...]
    next_cursor: str | None = None


def granted(
    new: NewMandate, party: str, mandate_id: str, at: datetime, today: date, latest_end: date
) -> Mandate:
    """The mandate, good from today; Violation where it is over, too long, or names the party itself."""
    if new.agent == party:
        raise Violation("agent", "A party needs no mandate of its own.", "Name who fills in for it.")
    if not today <= new.valid_until <= latest_end:
        raise Violation(
            "valid_until",
            f"A mandate cannot hold until {new.valid_until}.",
            f"Give a day from {today} to {latest_end}.",
            "credit.consent.mandate_longest_years",
        )
    return Mandate(
        id=mandate_id,
        party=party,
        agent=new.agent,
        scopes=new.scopes,
        valid_from=today,
        valid_until=new.valid_until,
        granted_at=at,
    )


def revoked(mandate: Mandate, at: datetime) -> Mandate:
    return mandate if mandate.revoked_at is not None else replace(mandate, revoked_at=at)


def holds(mandate: Mandate, today: date) -> bool:
    return mandate.revoked_at is None and mandate.valid_from <= today <= mandate.valid_until


def opened(mandates: Iterable[Mandate], today: date) -> dict[str, Mandate]:
    """Scope -> the mandate that opens it today: of several the longest."""
    found: dict[str, Mandate] = {}
    for mandate in mandates:
        for scope in mandate.scopes if holds(mandate, today) else ():
            if scope not in found or mandate.valid_until > found[scope].valid_until:
                found[scope] = mandate
    return found


def _check_scopes(scopes: tuple[str, ...]) -> None:
    fillable = [scope for scope in SCOPES if scope not in NEVER]
    if not scopes:
        raise Violation("scopes", "A mandate to nothing.", f"Name at least one of {', '.join(fillable)}.")
    for at, scope in enumerate(scopes):
        if scope not in fillable or scope in scopes[:at]:
            raise Violation(
                f"scopes/{at}",
                f"`{scope}` cannot be filled in, or stands twice.",
                f"Use each of {', '.join(fillable)} once.",
            )
