"""Every product in force as integer columns: a product is one slot, updated in place; a withdrawn one is inactive.

These columns are the truth of the index. `planes` keeps bit planes made from them, `reference` reads them as they
are.
"""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.index import terms as read
from services.matching.index.layout import BITS, FACT_NAMES, INTEGER_FACTS, Bit
from services.matching.index.sets import Industries, Interned, Regions, Tiers
from services.matching.index.settings import GuaranteeRule, Settings

FIRST_CAPACITY = 256  # slots; doubled when full, so always whole words of planes

Int64s = NDArray[np.int64]

# A dimension is one bit's rules: hard ones under the bit itself, soft ones under SOFT + bit.
SOFT = BITS
_INTEGERS = range(len(INTEGER_FACTS))
_CODED = range(len(INTEGER_FACTS), len(FACT_NAMES))
_INTERVALS = (*_INTEGERS, Bit.AMOUNT, Bit.TERM, *(SOFT + bit for bit in _INTEGERS))
_SETS = (*_CODED, Bit.OWNER_KIND, Bit.SIZE, Bit.KIND, *(SOFT + bit for bit in _CODED))
INTERVAL_ROW = {int(dimension): row for row, dimension in enumerate(_INTERVALS)}
SET_ROW = {int(dimension): row for row, dimension in enumerate(_SETS)}


class Price(IntEnum):
    """Columns of `prices`, one row a product: what ranking reads of it, side by side."""

    ASKED = 0  # bits on which any rule speaks
    SOFT = 1  # bits on which a soft rule speaks
    SETTING = 2
    MIN_PPM = 3
    MAX_PPM = 4
    BASE = 5
    ONCE_PPM = 6
    ONCE_FEN = 7
    ANNUAL_PPM = 8
    AMORTISING = 9
    DAYS = 10
    FLAGS = 11


@dataclass
class Columns:
    """`low` and `high` hold interval rules, `allowed` sets of codes as bits; one row a dimension, one column a slot."""

    count: int = 0
    low: Int64s = field(default_factory=lambda: _filled(len(_INTERVALS), FIRST_CAPACITY, read.LOWEST))
    high: Int64s = field(default_factory=lambda: _filled(len(_INTERVALS), FIRST_CAPACITY, read.HIGHEST))
    allowed: Int64s = field(default_factory=lambda: _filled(len(_SETS), FIRST_CAPACITY, read.EVERY_CODE))
    region_sets: Int64s = field(default_factory=lambda: np.zeros(FIRST_CAPACITY, np.int64))
    industry_sets: Int64s = field(default_factory=lambda: np.zeros(FIRST_CAPACITY, np.int64))
    tier_sets: Int64s = field(default_factory=lambda: np.zeros(FIRST_CAPACITY, np.int64))
    prices: Int64s = field(default_factory=lambda: np.zeros((FIRST_CAPACITY, len(Price)), np.int64))
    active: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(FIRST_CAPACITY, np.bool_))
    regions: Interned[Regions] = field(default_factory=Interned[Regions])
    industries: Interned[Industries] = field(default_factory=Interned[Industries])
    tiers: Interned[Tiers] = field(default_factory=Interned[Tiers])
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self.regions.number(())  # number 0: everywhere, so that no table of verdicts is empty
        self.industries.number(((), ()))
        self.tiers.number((0, ()))

    @property
    def capacity(self) -> int:
        return len(self.active)

    def new_slot(self) -> int:
        """The next free slot; the columns double when there is none."""
        if self.count == self.capacity:
            self._double()
        self.count += 1
        return self.count - 1

    def write(self, slot: int, bank: str, terms: pb.ProductTerms, hard: read.Rules, soft: read.Rules) -> None:
        """Put a product into its slot. Violation, and nothing written, for terms that cannot be."""
        guarantee = bank, tuple(terms.programmes), read.KIND_OF.get(terms.kind)
        prices = self._price_row(terms, hard.mask | soft.mask, soft.mask, guarantee)
        self.low[:, slot], self.high[:, slot], self.allowed[:, slot] = (
            read.LOWEST,
            read.HIGHEST,
            read.EVERY_CODE,
        )
        self._write_rules(slot, 0, hard)
        self._write_rules(slot, SOFT, soft)
        self.region_sets[slot] = self.regions.number(tuple(terms.regions))
        scopes = tuple(terms.industries), tuple(terms.industries_excluded)
        self.industry_sets[slot] = self.industries.number(scopes)
        self.tier_sets[slot] = self.tiers.number(read.tiers_of(terms))
        self.prices[slot] = prices
        self.active[slot] = True

    def _write_rules(self, slot: int, base: int, rules: read.Rules) -> None:
        for bit, (low, high) in rules.intervals.items():
            row = INTERVAL_ROW[base + bit]
            self.low[row, slot], self.high[row, slot] = low, high
        for bit, codes in rules.allowed.items():
            self.allowed[SET_ROW[base + bit], slot] = codes

    def _price_row(
        self, terms: pb.ProductTerms, asked: int, soft: int, guarantee: GuaranteeRule
    ) -> tuple[int, ...]:
        setting = self.settings.number(read.modes_of(terms), read.pledge_rule(terms), guarantee)
        return asked, soft, setting, *read.price_row(terms), terms.decision_days, read.flags_of(terms)

    def _double(self) -> None:
        more = self.capacity
        self.low = np.pad(self.low, ((0, 0), (0, more)), constant_values=read.LOWEST)
        self.high = np.pad(self.high, ((0, 0), (0, more)), constant_values=read.HIGHEST)
        self.allowed = np.pad(self.allowed, ((0, 0), (0, more)), constant_values=read.EVERY_CODE)
        self.region_sets = np.pad(self.region_sets, (0, more))
        self.industry_sets = np.pad(self.industry_sets, (0, more))
        self.tier_sets = np.pad(self.tier_sets, (0, more))
        self.prices = np.pad(self.prices, ((0, more), (0, 0)))
        self.active = np.pad(self.active, (0, more))


def _filled(rows: int, places: int, value: int) -> Int64s:
    return np.full((rows, places), value, np.int64)
