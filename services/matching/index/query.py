"""One request in the numbers of the index, and the table of numbers in which an engine answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind, RateBase
from libs.registry.size import Size
from services.matching.domain.likelihood import CURVE, LikelihoodModel, firm_logit
from services.matching.domain.ranking import Ranking
from services.matching.index.layout import BITS, FACT_BIT, INTEGER_FACTS, Bit
from services.matching.index.planes import (
    INDUSTRY_UNKNOWN,
    NO_PLANE,
    REGION_UNKNOWN,
    TIER_UNKNOWN,
    Planes,
)
from services.matching.index.settings import Fees, PledgeRule
from services.matching.index.terms import BASE_NUMBER, KIND_NUMBER, OWNER_NUMBER, SIZE_NUMBER

CURVE_TABLE = np.array(CURVE, np.int64)
_PLAIN = {FACT_BIT[fact] for fact in INTEGER_FACTS} | {Bit.AMOUNT, Bit.TERM}  # not codes
_FARTHEST = 2**40  # logits out there make no difference any more
EVERY_FACT = (1 << len(FACT_BIT)) - 1

Int64s = NDArray[np.int64]


class Param(IntEnum):
    """Places in the numbers that go with a request."""

    COUNT = 0  # slots in use
    UNKNOWN = 1  # bits of which the firm's value is not known
    FIRST_TIME = 2
    AMOUNT = 3
    TERM = 4
    LOGIT = 5  # thousandths of a logit, as all that follow
    SOFT_FAIL = 6
    UNKNOWN_RULE = 7
    GUARANTEED = 8
    IP_PLEDGED = 9
    COLLATERAL = 10
    REFERENCE_PPM = 11
    DAY_PPM = 12
    MISSING_PPM = 13
    BEST = 14  # how many products are wanted in the pool of all
    BEST_OF_FAMILY = 15  # and in each other pool
    BASE = 16  # from here: the base rate by the number of its kind
    ROW_ACTIVE = 20
    ROW_KIND = 21
    ROW_REGION_UNKNOWN = 22
    ROW_INDUSTRY_UNKNOWN = 23
    ROW_TIER_UNKNOWN = 24
    ROW_REGION = 25
    ROW_INDUSTRY = 26
    ROW_TIER = 27
    SIZE = 28


class Pool(IntEnum):
    """The lists of the best that an engine keeps."""

    ALL = 0
    FIRST_LOAN = 1
    IP_PLEDGE = 2
    GUARANTEE = 3


class Out(IntEnum):
    """Rows of the answer. Row COUNTS holds eligible products, near misses found, and the length of each pool."""

    COUNTS = 0
    NEAR_SLOT = 1
    NEAR_FAIL = 2
    NEAR_UNKNOWN = 3
    POOLS = 4  # from here POOL_ROWS a pool: slot, value, and masks: unknown, soft rules broken, waived


POOL_ROWS = 5
COUNT_ELIGIBLE, COUNT_NEAR, COUNT_POOLS = 0, 1, 2
MOST_NEAR = 8
MOST_OF_FAMILY = 12
NO_VALUE = -(2**62)  # of a product in a pool where it does not stand
LATER = 2**40  # a first loan stands behind all others in the pools of the other families
OUT_ROWS = Out.POOLS + POOL_ROWS * len(Pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`facts` in integer form, what is missing there is not known. `size` None: cannot be judged. `kinds` empty: any.

    `reaches` says whether the firm's rights carry the amount under a pledge rule (None: it has no rights); `fees`
    knows what the best guarantee costs under each guarantee rule (None: there is no guarantor for this loan).
    `waived`: by product id, bits of facts whose hard rules this product does not hold against the firm. `real`: of a
    firm that is only imagined, the facts by which a product judges what it does not show.
    """

    facts: Mapping[str, int]
    county: str
    industry: str
    owner_kind: OwnerKind
    size: Size | None
    first_time: bool
    amount_fen: int
    term_months: int
    kinds: tuple[ProductKind, ...] = ()
    base_ppm: Mapping[RateBase, int]
    model: LikelihoodModel
    ranking: Ranking
    reaches: Callable[[PledgeRule], bool] | None
    fees: Fees | None
    waived: Mapping[str, int] = field(default_factory=dict[str, int])
    real: Mapping[str, int] | None = None

    def values(self) -> dict[int, int]:
        """What rules compare with, by bit: of integer rules the value, of set rules a word with the bit of the code."""
        held = {
            FACT_BIT[fact]: value if FACT_BIT[fact] < len(INTEGER_FACTS) else 1 << value
            for fact, value in self.facts.items()
            if fact in FACT_BIT
        }
        held[Bit.AMOUNT], held[Bit.TERM] = self.amount_fen, self.term_months
        held[Bit.OWNER_KIND] = 1 << OWNER_NUMBER[self.owner_kind]
        if self.size is not None:
            held[Bit.SIZE] = 1 << SIZE_NUMBER[self.size]
        if self.kinds:
            held[Bit.KIND] = sum(1 << KIND_NUMBER[kind] for kind in set(self.kinds))
        return held

    def in_numbers(self) -> "Asked":
        """All that does not depend on an index, once for as many searches as wanted."""
        values = self.values()
        held = [0] * BITS
        for bit, value in values.items():
            held[bit] = value if bit in _PLAIN else value.bit_length() - 1
        return Asked(self, values, np.array(held, np.int64), self.numbers(values, 0, 0))

    def numbers(self, values: Mapping[int, int], count: int, best: int) -> Int64s:
        """The numbers by Param; the rows of planes are still open."""
        known = sum(1 << bit for bit in values)
        coefficients, ranking = self.model.coefficients, self.ranking
        given = (
            count,
            (EVERY_FACT | 1 << Bit.SIZE) & ~known,
            self.first_time,
            self.amount_fen,
            self.term_months,
            min(max(firm_logit(self.model, self.facts), -_FARTHEST), _FARTHEST),
            coefficients.soft_fail,
            coefficients.unknown,
            coefficients.guaranteed,
            coefficients.ip_pledged,
            coefficients.collateral,
            ranking.reference_ppm,
            ranking.day_ppm,
            ranking.missing_ppm,
            best,
            MOST_OF_FAMILY,
        )
        bases = [0, 0, 0, 0]
        for base, ppm in self.base_ppm.items():
            bases[BASE_NUMBER[base]] = ppm
        return np.array((*given, *bases, *(NO_PLANE,) * (Param.SIZE - Param.ROW_ACTIVE)), np.int64)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as arrays: by bit the value or the number of the code, and the numbers by Param.

    What depends on the index is still open in `numbers`: COUNT, BEST and the rows of planes.
    """

    query: Query
    values: Mapping[int, int]
    held: Int64s
    numbers: Int64s


def find_places(planes: Planes, asked: Asked, tiers: bytes, numbers: Int64s) -> None:
    """Fill in ROW_…: the planes of what is no single value of a fact."""
    query = asked.query
    kinds = asked.values.get(Bit.KIND)
    numbers[Param.ROW_ACTIVE :] = (
        planes.active_row(),
        NO_PLANE if kinds is None else planes.kind_row(kinds),
        planes.place_row(REGION_UNKNOWN, query.county),
        planes.place_row(INDUSTRY_UNKNOWN, query.industry),
        planes.tier_row(TIER_UNKNOWN, tiers),
        planes.place_row(Bit.REGION, query.county),
        planes.place_row(Bit.INDUSTRY, query.industry),
        planes.tier_row(Bit.AMOUNT_TIER, tiers),
    )
