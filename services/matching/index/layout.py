"""Which bit of a mask is which rule. One bit a fact of the vocabulary, and one for each field of a product's terms.

A FAIL mask says which rules a firm breaks, an UNKNOWN mask which cannot be judged yet. Masks are int64 and use bits
0 to 51, so no sign ever gets in the way.
"""

from enum import IntEnum

from libs.criteria.vocabulary import FACTS, Kind

_RULED = tuple(fact for fact in FACTS.values() if fact.criteria)
INTEGER_FACTS = tuple(fact.name for fact in _RULED if fact.kind is Kind.INTEGER)
CODED_FACTS = tuple(fact.name for fact in _RULED if fact.kind is not Kind.INTEGER)
FACT_NAMES = INTEGER_FACTS + CODED_FACTS
FACT_BIT = {name: bit for bit, name in enumerate(FACT_NAMES)}
FACT_BITS = 40  # what is kept free for facts; the vocabulary promises at most 34


class Bit(IntEnum):
    """Rules that a product states in a field of its own."""

    AMOUNT = 40
    TERM = 41
    REGION = 42
    INDUSTRY = 43
    OWNER_KIND = 44
    SIZE = 45
    KIND = 46
    IP_PLEDGE = 47
    GUARANTEE = 48
    COLLATERAL = 49  # only ever unknown: what the firm could mortgage is no fact of the vocabulary
    OFF_MARKET = 50
    AMOUNT_TIER = 51


BITS = 64  # places in an array with one entry a bit
ONE = 1

# How a loan may be secured, as bits of a product's modes.
UNSECURED, COLLATERAL, IP_PLEDGE, GUARANTEE = 1, 2, 4, 8

assert len(FACT_NAMES) <= FACT_BITS


def bits_of(mask: int) -> list[int]:
    """The places of a mask that are set, lowest first."""
    places: list[int] = []
    while mask:
        low = mask & -mask
        places.append(low.bit_length() - 1)
        mask ^= low
    return places
