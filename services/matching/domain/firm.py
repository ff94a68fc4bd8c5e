"""What matching may know of a party: its summary from credit, and of it what may be used on a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, encode
from libs.registry.dimensions import Dimensions
from libs.registry.loan_terms import IpRightKind

PLATFORM = "platform"
LOAN_RECORD = "bank_loan_record"


class ItemState(StrEnum):
    KNOWN = "KNOWN"
    NOT_AUTHORISED = "NOT_AUTHORISED"


class PartyStatus(StrEnum):
    ACTIVE = "ACTIVE"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryItem:
    """`valid_until` is the last day of the consent that opens the item; None for a public record."""

    fact: str
    state: ItemState
    value: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpRight:
    """`appraised_fen` None: nobody opened to the platform what it is worth."""

    id: str
    kind: IpRightKind
    expires_on: date
    appraised_fen: int | None = None
    encumbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Who may be told the name when a product fits, and the last day: the platform (any bank) or one bank."""

    recipient: str
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A party's summary from credit; `recipient` is whom its consents name. WITHDRAWN: nothing but the id."""

    party: str
    status: PartyStatus
    dimensions: Dimensions | None = None
    industry: str = ""
    items: tuple[SummaryItem, ...] = ()
    ip_rights: tuple[IpRight, ...] = ()
    recipient: str = ""
    found_by: tuple[Finder, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """The party as rules see it on one day: `facts` holds what is known and may be used, in integer form.

    A firm that is only imagined has `real`, the facts of the one that it is imagined from: by these a product judges
    every fact on which it has a rule that is not public, so that imagining tells nothing of such a rule.
    """

    party: str
    dimensions: Dimensions
    industry: str
    facts: Mapping[str, int]
    rights: tuple[IpRight, ...] = ()
    real: Mapping[str, int] | None = None

    @property
    def first_time_borrower(self) -> bool:
        """Only where the credit record says so; without one, where credit established it otherwise."""
        record = self.facts.get(LOAN_RECORD)
        return self.dimensions.first_time_borrower if record is None else record == 0


def firm_on(profile: Profile, today: date) -> Firm:
    """Of the summary, what may be used today: known, and public or under a consent to the platform that still holds."""
    dimensions = profile.dimensions
    if dimensions is None:
        raise ValueError(f"{profile.party} is {profile.status}: there is no firm to match")
    facts = {item.fact: _number(item) for item in profile.items if _usable(item, profile.recipient, today)}
    return Firm(
        party=profile.party,
        dimensions=dimensions,
        industry=profile.industry or dimensions.industry_division,
        facts={fact: number for fact, number in facts.items() if number is not None},
        rights=profile.ip_rights,
    )


def may_find(profile: Profile, bank: str, today: date) -> bool:
    """Whether the bank may be told the party's name when a product of its fits."""
    return any(one.recipient in (PLATFORM, bank) and one.valid_until >= today for one in profile.found_by)


def opens_anything(profile: Profile, today: date) -> bool:
    """Whether a consent of the party opens any fact to the platform today: else nobody can tell what fits it."""
    return any(item.valid_until and _usable(item, profile.recipient, today) for item in profile.items)


def _usable(item: SummaryItem, recipient: str, today: date) -> bool:
    if item.state is not ItemState.KNOWN or item.fact not in FACTS:
        return False
    return item.valid_until is None or (recipient == PLATFORM and item.valid_until >= today)


def _number(item: SummaryItem) -> int | None:
    """None for a text that the vocabulary of today does not read: then the fact is unknown, and excludes nobody."""
    try:
        return encode(item.fact, item.value)
    except Violation:
        return None
