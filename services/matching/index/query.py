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
_FARTHEST = 2**40  # logits out there make no difference any more
EVERY_FACT = (1 << len(FACT_BIT)) - 1
_ALL_UNKNOWN = EVERY_FACT | 1 << Bit.SIZE
_AMOUNT, _TERM, _OWNER_KIND, _SIZE = int(Bit.AMOUNT), int(Bit.TERM), int(Bit.OWNER_KIND), int(Bit.SIZE)

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


_NO_PLANES = (NO_PLANE,) * (Param.SIZE - Param.ROW_ACTIVE)


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
    POOLS = 4  # from here the rows of Pooled, for each pool


class Pooled(IntEnum):
    """Rows of one pool: who stands in it, what it is worth, and the masks and the way to secure the loan of that."""

    SLOT = 0
    VALUE = 1
    UNKNOWN = 2
    SOFT = 3  # soft rules broken
    WAIVED = 4
    MODE = 5
    FIRST = 6  # 1: it would be a first loan


POOL_ROWS = len(Pooled)
COUNT_ELIGIBLE, COUNT_NEAR, COUNT_POOLS = 0, 1, 2
MOST_NEAR = 8
MOST_OF_FAMILY = 12
NO_VALUE = -(2**62)  # of a product in a pool where it does not stand
LATER = 2**40  # a first loan stands behind all others in the pools of the other families
SET_BACK = -LATER // 2  # below are only values that LATER was taken from
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
            held[Bit.KIND] = self.kinds_word
        return held

    @property
    def kinds_word(self) -> int:
        """The kinds that are wanted, a bit each; 0: any."""
        return sum(1 << KIND_NUMBER[kind] for kind in set(self.kinds))

    def in_numbers(self, count: int, best: int) -> tuple[Int64s, Int64s]:
        """By bit the value or the number of the code, and the numbers by Param, the rows of planes still open."""
        held, known = [0] * BITS, 0
        for fact, value in self.facts.items():
            bit = FACT_BIT.get(fact)
            if bit is not None:
                held[bit] = value
                known |= 1 << bit
        held[_AMOUNT], held[_TERM] = self.amount_fen, self.term_months
        held[_OWNER_KIND] = OWNER_NUMBER[self.owner_kind]
        if self.size is not None:
            held[_SIZE] = SIZE_NUMBER[self.size]
            known |= 1 << _SIZE
        return np.array(held, np.int64), self.numbers(known, count, best)

    def numbers(self, known: int, count: int, best: int) -> Int64s:
        """The numbers by Param; the rows of planes are still open. `known`: bits of facts, and of the size."""
        coefficients, ranking = self.model.coefficients, self.ranking
        given = (
            count,
            _ALL_UNKNOWN & ~known,
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
        return np.array((*given, *bases, *_NO_PLANES), np.int64)


def find_places(planes: Planes, query: Query, tiers: bytes, numbers: Int64s) -> None:
    """Fill in ROW_…: the planes of what is no single value of a fact."""
    numbers[Param.ROW_ACTIVE :] = (
        planes.active_row(),
        planes.kind_row(query.kinds_word) if query.kinds else NO_PLANE,
        planes.place_row(REGION_UNKNOWN, query.county),
        planes.place_row(INDUSTRY_UNKNOWN, query.industry),
        planes.tier_row(TIER_UNKNOWN, tiers),
        planes.place_row(Bit.REGION, query.county),
        planes.place_row(Bit.INDUSTRY, query.industry),
        planes.tier_row(Bit.AMOUNT_TIER, tiers),
    )
