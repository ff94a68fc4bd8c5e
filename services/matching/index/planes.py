"""Bit planes: for a rule and a value of its fact, which products fail, one bit a product.

All values between two neighbouring thresholds fail the same products, so one plane serves them all. A plane is made
from the columns when its value is first asked for, and from then on each changed product is patched in place.
A request is then a handful of planes, read 64 products at a time.
"""

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matching.index import sets
from services.matching.index.columns import INTERVAL_ROW, SET_ROW, SOFT, Columns
from services.matching.index.layout import BITS, Bit
from services.matching.index.terms import HIGHEST, LOWEST

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

# By row of `kinds` the dimensions that come of it.
_JUDGED = ((REGION, REGION_UNKNOWN), (INDUSTRY, INDUSTRY_UNKNOWN), (TIER, TIER_UNKNOWN))

_MOST_BYTES = 64 * 2**20  # of planes; when full they are forgotten and made anew as they are asked for
_FEWEST_ROWS = 1024
_MOST_PATCHED = 256  # products at a time; beyond, planes are made anew as they are asked for
_CODES = range(16)

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


class Guide(NamedTuple):
    """Of the dimensions that are `used`: from `starts` on the `keys` from which on each plane holds, and its row.

    NO_PLANE: it is not made yet.
    """

    used: Int64s
    starts: Int64s
    keys: Int64s
    made: Int64s


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
        self._learnt = 0  # rules
        self.words: Words = np.zeros((0, 0), np.uint64)
        self.forget()

    def make(self, values: Mapping[int, int]) -> None:
        """See that there are planes of the products that fail an interval or set rule at the value of its bit.

        A set rule's value is a word with the bit of the code.
        """
        for base in (0, SOFT):
            for bit, value in values.items():
                if base + bit in self._used and bit != Bit.KIND:
                    self._row(base + bit, value)

    def guide(self) -> "Guide":
        """By which a value finds its plane."""
        if self._guide is None:
            self._guide = self._new_guide()
        return self._guide

    def kind_row(self, kinds: int) -> int:
        """The row of the products of other kinds than these."""
        return self._row(int(Bit.KIND), kinds)

    def _row(self, dimension: int, value: int) -> int:
        planes = self._dimensions[dimension]
        key = planes.key(value) if dimension in INTERVAL_ROW else value
        known = planes.rows.get(key)
        return self._make(dimension, key) if known is None else known

    def _new_guide(self) -> "Guide":
        used = sorted(self._used - {int(Bit.KIND)})
        keys: list[int] = []
        made: list[int] = []
        starts = np.zeros(2 * BITS + 1, np.int64)
        for dimension in range(2 * BITS):
            starts[dimension] = len(keys)
            if dimension in self._used:
                planes = self._dimensions[dimension]
                codes = dimension in SET_ROW
                steps = _CODES if codes else [LOWEST, *planes.thresholds]
                keys += steps
                made += [planes.rows.get(1 << step if codes else step, NO_PLANE) for step in steps]
        starts[-1] = len(keys)
        return Guide(*(np.array(held, np.int64) for held in (used, starts, keys, made)))

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
        self._flags: dict[tuple[int, int], tuple[Int64s, Flags]] = {}
        self._guide: Guide | None = None
        self._next = 0

    def learn(self) -> None:
        """Take in the rules that are new to the columns."""
        for rule in self._columns.rules.members[self._learnt :]:
            if rule.dimension not in self._used:
                self._used.add(rule.dimension)
                self._guide = None
            if rule.interval:
                self._learn(rule.dimension, *rule.interval)
            self._learnt += 1

    def patch(self, slots: Sequence[int]) -> None:
        """Bring the bits of changed products up to date in every plane."""
        if len(slots) > _MOST_PATCHED:
            self.forget()
        elif self._next:
            for slot in slots:
                self._patch(slot)

    def _patch(self, slot: int) -> None:
        columns, fails = self._columns, np.empty(self._next, np.bool_)
        planes, rows, keys = self._intervals.arrays()
        fails[planes] = (columns.low[:, slot][rows] > keys) | (columns.high[:, slot][rows] < keys)
        planes, rows, keys = self._sets.arrays()
        fails[planes] = (columns.allowed[:, slot][rows] & keys) == 0
        for kind, number in enumerate(columns.kinds[: len(_JUDGED), slot].tolist()):
            planes, failing = self._failing(kind, number)
            fails[planes] = failing
        for row in self._dimensions[ACTIVE].rows.values():
            fails[row] = columns.active[slot]
        word, bit = self.words[: self._next, slot // 64], np.uint64(1 << slot % 64)
        word[:] = np.where(fails, word | bit, word & ~bit)

    def _failing(self, kind: int, number: int) -> tuple[Int64s, Flags]:
        """The planes of regions, industries or tiers, and which of them products with this set fail."""
        held = [self._dimensions[dimension].rows for dimension in _JUDGED[kind]]
        known = self._flags.get((kind, number))
        if known is None or len(known[0]) < sum(map(len, held)):
            rows = [row for of in held for row in of.values()]
            fails = [
                self._fails_at(dimension, number, key)
                for dimension, of in zip(_JUDGED[kind], held, strict=True)
                for key in of
            ]
            known = np.array(rows, np.int64), np.array(fails, np.bool_)
            self._flags[kind, number] = known
        return known

    def patch_active(self, slot: int) -> None:
        """The same where only its being on the market changed."""
        for row in self._dimensions[ACTIVE].rows.values():
            bit = np.uint64(1 << slot % 64)
            held = self.words[row, slot // 64]
            self.words[row, slot // 64] = held | bit if self._columns.active[slot] else held & ~bit

    def _learn(self, dimension: int, low: int, high: int) -> None:
        """Whom an interval fails changes at its low end and after its high end."""
        thresholds = self._dimensions[dimension].thresholds
        ends = [low] if low > LOWEST else []
        ends += [high + 1] if high < HIGHEST else []
        for end in ends:
            if end not in thresholds:
                insort(thresholds, end)
                self._guide = None

    def _make(self, dimension: int, key: Any) -> int:
        row = self._new_row()
        self.words[row] = np.packbits(self._fails(dimension, key), bitorder="little").view(np.uint64)
        self._dimensions[dimension].rows[key] = row
        self._guide = None
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

    def _fails_at(self, dimension: int, number: int, key: Any) -> bool:
        columns = self._columns
        if dimension in (TIER, TIER_UNKNOWN):
            # verdicts from before this set of tiers are never asked for again
            return number < len(key) and key[number] == _VERDICT[dimension]
        if dimension in (REGION, REGION_UNKNOWN):
            verdict = sets.judge_region(key, columns.regions.members[number])
        else:
            verdict = sets.judge_industry(key, columns.industries.members[number])
        return verdict == _VERDICT[dimension]
