"""Who says something of a party, and how much it weighs."""

from datetime import date, datetime
from enum import StrEnum


class Source(StrEnum):
    """Who says it, the most trusted first: the order that settles what was observed on the same day."""

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


class Confidence(StrEnum):
    """How far a saying is to be relied on. Unless it says so itself, by its source: credit.sources.confidence."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class ItemState(StrEnum):
    KNOWN = "KNOWN"
    NOT_AUTHORISED = "NOT_AUTHORISED"


class Because(StrEnum):
    """Why one saying counts and the next heaviest does not."""

    OWN_WORD_ONLY_FILLS = "OWN_WORD_ONLY_FILLS"
    NEWEST_OBSERVATION = "NEWEST_OBSERVATION"
    MORE_TRUSTED_SOURCE = "MORE_TRUSTED_SOURCE"
    LATER_CORRECTION = "LATER_CORRECTION"


Weight = tuple[bool, date, int, datetime]

_TRUST = {source: -place for place, source in enumerate(Source)}


def weight(source: Source, observed_on: date, recorded_at: datetime, own_word_counts: bool = False) -> Weight:
    """Of two sayings the heavier counts: the newest observation, then the more trusted source, then the later
    correction. What a firm says of itself only fills gaps, unless `own_word_counts`."""
    fills_only = source is Source.SELF_DECLARED and not own_word_counts
    return (not fills_only, observed_on, _TRUST[source], recorded_at)


def because(counts: Weight, next_heaviest: Weight) -> Because:
    """The first respect in which the one outweighs the other; what is level in all of them was said later."""
    pairs = zip(counts, next_heaviest, Because, strict=True)
    return next((reason for one, other, reason in pairs if one != other), Because.LATER_CORRECTION)
