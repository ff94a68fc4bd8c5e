"""How near each product is to fitting, all of them at once from the columns.

They are ordered by the least that each could cost to reach: count and effort of what must change whatever else does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.changes.effort import Effort, Step, nearest_code
from services.matching.index.columns import INTERVAL_ROW, SET_ROW, Columns, Price
from services.matching.index.engine import Work
from services.matching.index.layout import FACT_BIT, FACT_BITS, FACT_NAMES, INTEGER_FACTS, Bit, bits_of
from services.matching.index.query import Query
from services.matching.index.reference import Judged
from services.matching.index.terms import FIRST_LOAN

_FIELDS = (Bit.REGION, Bit.INDUSTRY, Bit.OWNER_KIND, Bit.SIZE, Bit.KIND, Bit.OFF_MARKET)
_SECURING = 1 << Bit.IP_PLEDGE | 1 << Bit.GUARANTEE
# Recognitions by which a guarantee programme may take a firm or leave it to another.
_LABELS = ("srdi", "little_giant", "high_tech", "technology_sme", "innovative_sme")
_NAMED = sum(1 << FACT_BIT[fact] for fact in _LABELS)
_FAR = 2**40  # days: out of reach

Int64s = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rows = tuple[Int64s, Int64s, Int64s, Int64s, Int64s]  # slots, changes, days, ties, FAIL masks


@dataclass(frozen=True, slots=True)
class Near:
    """Slots, nearest first: the least number of changes, the least effort in days, the tie and the FAIL mask of each.

    `untold` counts the products that fail a rule that is not public, `fixed` those that fail what nobody can change.
    """

    slots: Int64s
    changes: Int64s
    days: Int64s
    ties: Int64s
    fails: Int64s
    untold: int
    fixed: int


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: any product, only one secured in `mode`, or only one for a first loan."""

    mode: int = 0
    first_loan: bool = False

    def members(self, columns: Columns) -> Flags:
        """Of every slot, whether it is on the market and could be what is to be reached."""
        active, prices = columns.active[: columns.count], columns.prices[: columns.count]
        if self.first_loan:
            return active & (prices[:, Price.FLAGS] & FIRST_LOAN != 0)
        if not self.mode:
            return active
        return active & (columns.settings.table[prices[:, Price.SETTING], 0] & self.mode != 0)


def nearest_first(work: Work, judged: Judged, effort: Effort, target: Target, most: int) -> Near:
    """Of the products that could be reached those that do not fit yet, `most` of them."""
    columns, fixing = work.columns, fixed_bits(effort)
    lacking = judged.modes & target.mode == 0 if target.mode else np.zeros(columns.count, np.bool_)
    missed = target.members(columns) & ((judged.fail != 0) | lacking)
    fixed = missed & (judged.fail & fixing != 0)
    hidden = columns.prices[: columns.count, Price.HIDDEN]
    untold = missed & ~fixed & (judged.fail & hidden != 0)
    slots = np.flatnonzero(missed & ~fixed & ~untold)
    fail = judged.fail[slots]
    changes = _changes(fail, (fail & _SECURING != 0) | lacking[slots])
    parts = list[Rows]()
    for number in np.flatnonzero(np.bincount(changes)):  # whatever takes more changes comes after
        alike = np.flatnonzero(changes == number)
        parts.append(_ordered(columns, work.query, slots[alike], fail[alike], changes[alike], effort))
        if sum(len(part[0]) for part in parts) >= most:
            break
    rows = (np.concatenate(of_parts)[:most] for of_parts in zip(*parts, strict=True))
    slots, changes, days, ties, fails = rows if parts else (slots,) * 5
    return Near(slots, changes, days, ties, fails, int(untold.sum()), int(fixed.sum()))


def fixed_bits(effort: Effort) -> int:
    """Rules that no firm can make itself fit."""
    facts = sum(1 << FACT_BIT[fact] for fact in FACT_NAMES if effort.step(fact) is None)
    return facts | sum(1 << bit for bit in _FIELDS)


def _changes(fail: Int64s, unsecured: Flags) -> Int64s:
    """The number of changes that no way can be below."""
    facts = np.bitwise_count(fail & (1 << FACT_BITS) - 1).astype(np.int64)
    asks = (fail >> Bit.AMOUNT & 1) + (fail >> Bit.TERM & 1)
    # A recognition that a rule asks for may open a guarantee programme by the same stroke.
    return facts + np.maximum(asks, unsecured & (fail & _NAMED == 0))


def _ordered(
    columns: Columns, query: Query, slots: Int64s, fail: Int64s, changes: Int64s, effort: Effort
) -> Rows:
    """Of products that take as many changes, those that can be reached, in their order."""
    days, ties = _least_days(columns, query, fail, slots, effort), columns.prices[slots, Price.TIE]
    near = np.flatnonzero(days < _FAR)
    order = near[np.lexsort((ties[near], days[near]))]
    return slots[order], changes[order], days[order], ties[order], fail[order]


def _least_days(columns: Columns, query: Query, fail: Int64s, slots: Int64s, effort: Effort) -> Int64s:
    """The days that no way to each slot can be below."""
    values, days = query.values(), np.zeros(len(slots), np.int64)
    for bit in bits_of(int(np.bitwise_or.reduce(fail, initial=0)) & (1 << FACT_BITS) - 1):
        step = effort.step(FACT_NAMES[bit])
        failing = np.flatnonzero(fail >> bit & 1)
        if step is not None:
            days[failing] += _days(columns, step, bit, values[bit], slots[failing])
    amount = _outside(columns, Bit.AMOUNT, query.amount_fen, slots)
    term = _outside(columns, Bit.TERM, query.term_months, slots)
    return days + -(-amount * 100 // query.amount_fen) * effort.amount_percent + term * effort.term_month


def _days(columns: Columns, step: Step, bit: int, value: int, slots: Int64s) -> Int64s:
    """Of failing slots: what it costs to bring this fact to the nearest value that would do; _FAR where none would."""
    if bit >= len(INTEGER_FACTS):
        held = value.bit_length() - 1
        words, places = np.unique(columns.allowed[SET_ROW[bit], slots], return_inverse=True)
        return np.array([_code_days(FACT_NAMES[bit], step, held, int(word)) for word in words], np.int64)[
            places
        ]
    low, high = columns.low[INTERVAL_ROW[bit], slots], columns.high[INTERVAL_ROW[bit], slots]
    rising = low > value
    goes = np.where(rising, step.up, step.down) & (low <= high)
    far = np.maximum(low - value, value - high)
    return np.where(goes, step.fixed + (far + step.unit - 1) // step.unit * step.each, _FAR)


def _code_days(fact: str, step: Step, held: int, allowed: int) -> int:
    found = nearest_code(fact, step, held, allowed)
    return _FAR if found is None else step.days(found - held)


def _outside(columns: Columns, bit: Bit, value: int, slots: Int64s) -> Int64s:
    """How far the value lies outside of what each slot takes."""
    low, high = columns.low[INTERVAL_ROW[bit], slots], columns.high[INTERVAL_ROW[bit], slots]
    return np.maximum(np.maximum(low - value, value - high), 0)
