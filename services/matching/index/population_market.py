"""A market as a sweep reads it: products in the order of what they could be worth at most, their rules as bit planes.

For each rule and each class of values that a firm may have there is one plane of the products that fail. They
are laid out anew for each group of firms, in the order of what products could be worth to it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from libs.criteria.violation import Violation
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.likelihood import LikelihoodModel
from services.matching.index.columns import INTERVAL_ROW, SET_ROW, SOFT, Columns, Row
from services.matching.index.layout import FACT_BITS, FACT_NAMES, INTEGER_FACTS, Bit
from services.matching.index.message import product_of

NO_RULE = 0  # the plane in which no product fails: of what is not known, too

# Columns of values that firms are classed by: facts at their bits, then these.
# From JUDGED on a value is the row of its plane itself.
AMOUNT, TERM, OWNER, SIZE, JUDGED = range(len(FACT_NAMES), len(FACT_NAMES) + 5)
VALUES = JUDGED + 7
_COLUMN_OF = {Bit.AMOUNT: AMOUNT, Bit.TERM: TERM, Bit.OWNER_KIND: OWNER, Bit.SIZE: SIZE}

Int64s = NDArray[np.int64]
Flags = NDArray[np.bool_]


def columns_of(products: Sequence[pb.Product], model: LikelihoodModel) -> Columns:
    """Products as columns, in this order; one whose rules nobody knows any more is off the market, as in the index."""
    columns, slots, rows = Columns(), dict[str, int](), dict[int, Row]()
    for product in products:
        slot = slots[product.id] = columns.new_slot()
        with suppress(Violation):
            rows[slot] = columns.read(product_of(product.SerializeToString()))
    if rows:
        columns.write(list(rows), list(rows.values()))
    columns.weigh(model, slots)
    return columns


@dataclass(frozen=True, slots=True)
class Dimension:
    """How a firm's value leads to a plane: of an interval rule by thresholds, else the value is the class itself.

    `bit`: where rows of planes stand in the index' arrays (hard rules by bit, soft ones from SOFT on).
    """

    bit: int
    column: int
    thresholds: Int64s
    first_row: int
    classes: int
    interval: bool


class PlaneRoom:
    """Which products fail, row by row; equal rows are kept once where they come from a table. Row NO_RULE is empty."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._fails: list[Flags] = [np.zeros(columns.count, np.bool_)]
        self._known = {self._fails[0].tobytes(): NO_RULE}
        self._tables = 0

    def add(self, fails: Flags) -> int:
        self._fails.append(fails)
        return len(self._fails) - 1

    def fails(self) -> Flags:
        return np.stack(self._fails)

    def dimensions(self) -> list[Dimension]:
        """Of every interval and set rule that any product has."""
        found = [self._interval(bit, row) for bit, row in INTERVAL_ROW.items()]
        found += [self._codes(bit, row) for bit, row in SET_ROW.items() if bit != Bit.KIND]
        return [dimension for dimension in found if dimension is not None]

    def table(self, bit: int, of_firm: Int64s, fails: Sequence[Flags], values: Int64s) -> list[Dimension]:
        """Of classes of firms that were judged beforehand; none where nothing fails."""
        rows = np.array([self._once(failing) for failing in fails], np.int64)
        if not rows.any():
            return []
        column, self._tables = JUDGED + self._tables, self._tables + 1
        values[column] = rows[of_firm]
        return [Dimension(bit, column, np.zeros(0, np.int64), 0, len(self._fails), interval=False)]

    def _once(self, fails: Flags) -> int:
        key = fails.tobytes()
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.add(fails)
        return known

    def _interval(self, bit: int, row: int) -> Dimension | None:
        low, high = self.columns.low[row][: self.columns.count], self.columns.high[row][: self.columns.count]
        floor, ceiling = int(Columns().low[row][0]), int(Columns().high[row][0])
        thresholds = np.unique(np.concatenate((low[low > floor], high[high < ceiling] + 1)))
        if not len(thresholds):
            return None
        keys = [int(thresholds[0]) - 1, *thresholds.tolist()]
        first = len(self._fails)
        for key in keys:
            self.add((low > key) | (high < key))
        return Dimension(bit, _column_of(bit), thresholds, first, len(keys), interval=True)

    def _codes(self, bit: int, row: int) -> Dimension | None:
        allowed = self.columns.allowed[row][: self.columns.count]
        used = int(np.bitwise_and.reduce(allowed, initial=-1))
        if used & 0xFFFF == 0xFFFF:
            return None
        first = len(self._fails)
        for code in range(16):
            self.add((allowed >> code & 1) == 0)
        return Dimension(bit, _column_of(bit), np.zeros(0, np.int64), first, 16, interval=False)


def _column_of(bit: int) -> int:
    """A fact's bit, hard or soft, is its column."""
    plain = bit - SOFT if bit >= SOFT else bit
    return plain if plain < FACT_BITS else _COLUMN_OF[Bit(plain)]


def in_kinds(columns: Columns, kinds: int) -> Flags:
    """Products on the market of one of these kinds (bits by number; 0: any)."""
    live = columns.active[: columns.count].copy()
    if kinds:
        live &= (columns.allowed[SET_ROW[Bit.KIND]][: columns.count] & kinds) != 0
    return live


assert len(INTEGER_FACTS) <= len(FACT_NAMES) <= FACT_BITS
