"""Bit planes: for a rule and a value of its fact, which products fail, one bit a product.

All values between two neighbouring thresholds fail the same products, so one plane serves them all. A plane is made
from the columns when its value is first asked for, and from then on each changed product is patched in place.
A request is then a handful of planes, read 64 products at a time.
"""

from bisect import bisect_right, insort
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matching.index import sets
from services.matching.index.columns import INTERVAL_ROW, SET_ROW, SOFT, Columns
from services.matching.index.layout import BITS, Bit
from services.matching.index.terms import HIGHEST, LOWEST, Rules

# Dimensions beside those of the columns.
REGION, INDUSTRY, TIER = int(Bit.REGION), int(Bit.INDUSTRY), int(Bit.AMOUNT_TIER)
REGION_UNKNOWN, INDUSTRY_UNKNOWN, ACTIVE, TIER_UNKNOWN = range(2 * BITS, 2 * BITS + 4)
_DIMENSIONS = 2 * BITS + 4
NO_PLANE = -1

_VERDICT = {
    REGION: sets.FAIL,
    INDUSTRY: sets.FAIL,
    REGION_UNKNOWN: sets.UNKNOWN,
    INDUSTRY_UNKNOWN: sets.UNKNOWN,
    TIER: sets.FAIL,
    TIER_UNKNOWN: sets.UNKNOWN,
}

_MOST_BYTES = 64 * 2**20  # of planes; when full they are forgotten and made anew as they are asked for
_FEWEST_ROWS = 1024

Words = NDArray[np.uint64]
Int64s = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Dimension:
    """The planes of one rule: which row of the matrix holds the plane of which value."""

    def __init__(self) -> None:
        self.thresholds: list[int] = []  # of an interval rule: where the set of failing products changes
        self.rows: dict[Any, int] = {}

    def key(self, value: int) -> int:
        """The threshold at or below the value: it stands for all values up to the next one."""
        place = bisect_right(self.thresholds, value)
        return self.thresholds[place - 1] if place else LOWEST


class Group:
    """All planes of one shape, side by side, so that a changed product is patched in all of them at once."""

    def __init__(self) -> None:
        self._made: list[tuple[int, int, int]] = []
        self._arrays: tuple[Int64s, ...] = ()

    def add(self, plane: int, row: int, key: int) -> None:
        self._made.append((plane, row, key))
        self._arrays = ()

    def arrays(self) -> tuple[Int64s, ...]:
        """Rows of the planes, rows of the columns that they come from, and keys."""
        if not self._arrays:
            self._arrays = tuple(np.array(self._made, np.int64).reshape(-1, 3).T.copy())
        return self._arrays


class Planes:
    """`words[row]` is a plane. Not for use by two threads at once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._dimensions = [Dimension() for _ in range(_DIMENSIONS)]
        self._used: set[int] = set()
        self._known: set[tuple[int, int]] = set()  # thresholds that were learnt
        self.words: Words = np.zeros((0, 0), np.uint64)
        self.forget()

    def find(self, values: Mapping[int, int], rows: list[int]) -> None:
        """Fill in, by dimension, the row of the products that fail an interval or set rule at the value of its bit.

        A set rule's value is a word with the bit of the code (or of each code that would do). Dimensions in which no
        product has a rule are left as they are.
        """
        for base in (0, SOFT):
            for bit, value in values.items():
                if base + bit in self._used:
                    rows[base + bit] = self._row(base + bit, value)

    def _row(self, dimension: int, value: int) -> int:
        planes = self._dimensions[dimension]
        key = planes.key(value) if dimension in INTERVAL_ROW else value
        known = planes.rows.get(key)
        return self._make(dimension, key) if known is None else known

    def place_row(self, dimension: int, key: str) -> int:
        """The row of a county's or an industry's plane."""
        known = self._dimensions[dimension].rows.get(key)
        return self._make(dimension, key) if known is None else known

    def tier_row(self, dimension: int, key: bytes) -> int:
        """The row of a set of verdicts on all tiers (`sets.tier_verdicts`); NO_PLANE where no product has tiers."""
        if len(key) == 1:
            return NO_PLANE
        known = self._dimensions[dimension].rows.get(key)
        return self._make(dimension, key) if known is None else known

    def active_row(self) -> int:
        """The row of the products on the market."""
        known = self._dimensions[ACTIVE].rows.get("")
        return self._make(ACTIVE, "") if known is None else known

    def has_room(self, more: int) -> bool:
        """Whether `more` planes can be made without forgetting any."""
        most = max(_FEWEST_ROWS, _MOST_BYTES // max(1, self._columns.capacity // 8))
        return self._next + more <= most

    def forget(self) -> None:
        """Drop every plane: they are full, or the columns have grown."""
        for dimension in self._dimensions:
            dimension.rows.clear()
        self._intervals, self._sets = Group(), Group()
        self._next = 0

    def learn(self, hard: Rules, soft: Rules) -> None:
        """Take in the thresholds of a product's rules."""
        for base, rules in ((0, hard), (SOFT, soft)):
            self._used.update(base + bit for bit in rules.allowed)
            for bit, (low, high) in rules.intervals.items():
                self._learn(base + bit, low)
                self._learn(base + bit, high + 1)

    def patch(self, slot: int) -> None:
        """Bring a changed product's bit up to date in every plane."""
        columns = self._columns
        planes, rows, keys = self._intervals.arrays()
        outside = (columns.low[rows, slot] > keys) | (columns.high[rows, slot] < keys)
        self._set_bits(slot, planes, outside)
        planes, rows, keys = self._sets.arrays()
        self._set_bits(slot, planes, (columns.allowed[rows, slot] & keys) == 0)
        for dimension in (REGION, INDUSTRY, REGION_UNKNOWN, INDUSTRY_UNKNOWN, ACTIVE, TIER, TIER_UNKNOWN):
            held = self._dimensions[dimension].rows
            fails = [self._fails_at(dimension, slot, key) for key in held]
            self._set_bits(slot, np.fromiter(held.values(), np.int64), np.array(fails, np.bool_))

    def patch_active(self, slot: int) -> None:
        """The same where only its being on the market changed."""
        held = np.fromiter(self._dimensions[ACTIVE].rows.values(), np.int64)
        self._set_bits(slot, held, self._columns.active[[slot] * len(held)])

    def _learn(self, dimension: int, threshold: int) -> None:
        if (dimension, threshold) not in self._known:
            self._known.add((dimension, threshold))
            self._used.add(dimension)
            if LOWEST < threshold < HIGHEST:
                insort(self._dimensions[dimension].thresholds, threshold)

    def _make(self, dimension: int, key: Any) -> int:
        row = self._new_row()
        self.words[row] = np.packbits(self._fails(dimension, key), bitorder="little").view(np.uint64)
        self._dimensions[dimension].rows[key] = row
        if dimension in INTERVAL_ROW:
            self._intervals.add(row, INTERVAL_ROW[dimension], key)
        elif dimension in SET_ROW:
            self._sets.add(row, SET_ROW[dimension], key)
        return row

    def _new_row(self) -> int:
        width = self._columns.capacity // 64
        if self.words.shape[1] != width:
            self.words = np.zeros((64, width), np.uint64)
        if self._next == len(self.words):
            self.words = np.pad(self.words, ((0, self._next), (0, 0)))
        self._next += 1
        return self._next - 1

    def _fails(self, dimension: int, key: Any) -> Flags:
        """Of every slot, whether its product fails at this key."""
        columns = self._columns
        if dimension in INTERVAL_ROW:
            row = INTERVAL_ROW[dimension]
            return (columns.low[row] > key) | (columns.high[row] < key)
        if dimension in SET_ROW:
            return (columns.allowed[SET_ROW[dimension]] & key) == 0
        if dimension == ACTIVE:
            return columns.active
        if dimension in (TIER, TIER_UNKNOWN):
            return np.frombuffer(key, np.uint8)[columns.tier_sets] == _VERDICT[dimension]
        if dimension in (REGION, REGION_UNKNOWN):
            verdicts, numbers = sets.verdicts(columns.regions, sets.judge_region, key), columns.region_sets
        else:
            verdicts, numbers = (
                sets.verdicts(columns.industries, sets.judge_industry, key),
                columns.industry_sets,
            )
        return verdicts[numbers] == _VERDICT[dimension]

    def _fails_at(self, dimension: int, slot: int, key: Any) -> bool:
        columns = self._columns
        if dimension == ACTIVE:
            return bool(columns.active[slot])
        if dimension in (TIER, TIER_UNKNOWN):
            # verdicts from before this set of tiers are never asked for again
            number = int(columns.tier_sets[slot])
            return number < len(key) and key[number] == _VERDICT[dimension]
        if dimension in (REGION, REGION_UNKNOWN):
            verdict = sets.judge_region(key, columns.regions.members[int(columns.region_sets[slot])])
        else:
            verdict = sets.judge_industry(key, columns.industries.members[int(columns.industry_sets[slot])])
        return verdict == _VERDICT[dimension]

    def _set_bits(self, slot: int, rows: Int64s, on: Flags) -> None:
        if len(rows):
            word, bit = slot // 64, np.uint64(1 << slot % 64)
            held = self.words[rows, word]
            self.words[rows, word] = np.where(on, held | bit, held & ~bit)
