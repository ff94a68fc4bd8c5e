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
    id: str
    kind: IpRightKind
    expires_on: date
    appraised_fen: int
    encumbered: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """The party as rules see it on one day: `facts` holds what is known and may be used, in integer form."""

    party: str
    dimensions: Dimensions
    industry: str
    facts: Mapping[str, int]
    rights: tuple[IpRight, ...] = ()

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
