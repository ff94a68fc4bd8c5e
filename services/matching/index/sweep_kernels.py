"""The compiled part of a sweep: firms to classes and planes, planes to what fits, what fits to the best.

A chunk of firms is one call without the interpreter lock; two threads take turns at the groups.
"""
# pyright: basic, reportCallIssue=false

from enum import IntEnum

import numpy as np
from numba import boolean, int32, int64, uint8, uint64, void

from services.matching.index.columns import SOFT
from services.matching.index.kernel_parts import _LONGS, _PLANES, _TABLE, _helper, _kernel
from services.matching.index.layout import BITS, FACT_NAMES
from services.matching.index.population_market import NO_RULE, SIZE
from services.matching.index.query import Param
from services.matching.index.worth_kernels import _INT_TABLE, Tally, best_of


class Trait(IntEnum):
    """Columns of what is known of a firm beside its planes; the first four stand in a request's numbers."""

    UNKNOWN = 0
    AMOUNT = 1
    TERM = 2
    LOGIT = 3
    BOUND = 4  # the class by which bounds are told
    SECURITY = 5  # the class of what could secure a loan
    LEVELS = 6  # the class of the table of what products are worth


NUMBER = (
    1_000  # in `into`, from here: a place in the numbers of a request; below a place in its rows; -1: nowhere
)
_PARAM_OF = (int(Param.UNKNOWN), int(Param.AMOUNT), int(Param.TERM), int(Param.LOGIT))
_N_FACTS = len(FACT_NAMES)
_LEVELS, _FLAGS = int32[:, :, ::1], boolean[:, ::1]
_MIX, _STIR = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95


@_helper
def _class_of(thresholds, start, end, value):
    """How many of the thresholds are at or below the value."""
    low, high = start, end
    while low < high:
        middle = (low + high) >> 1
        if thresholds[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low - start


@_kernel(void(_TABLE, _LONGS, _TABLE, _LONGS, _LONGS, _INT_TABLE))
def classify(values, known, dimensions, thresholds, places, rows):
    """The plane of each dimension for the firms at these places. A row of `dimensions`: column of `values`, first row,
    1 for an interval, start and end of its thresholds."""
    for firm, at in enumerate(places):
        for place in range(len(dimensions)):
            column, row = dimensions[place, 0], dimensions[place, 1]
            value = values[column, at]
            if (column < _N_FACTS and known[at] >> column & 1 == 0) or (column == SIZE and value == 0):
                rows[firm, place] = NO_RULE
            elif dimensions[place, 2]:
                row += _class_of(thresholds, dimensions[place, 3], dimensions[place, 4], value)
                rows[firm, place] = row
            else:
                rows[firm, place] = row + value


@_helper
def _equal(columns, one, other):
    column = 0
    while column < len(columns) and columns[column, one] == columns[column, other]:
        column += 1
    return column == len(columns)


@_helper
def _hashed(columns, at):
    mixed = uint64(0)
    for column in range(len(columns)):
        mixed = (mixed ^ uint64(columns[column, at])) * uint64(_MIX)
        mixed ^= mixed >> uint64(29)
    return mixed


@_kernel(int64(_TABLE, int32[::1], _LONGS, _LONGS))
def number(columns, table, found, first):
    """Numbers the places that agree in all columns: `found` of each place, `first` place of each number. `table` is
    filled with -1, its length a power of two and more than there are places. Returns how many numbers there are."""
    count, last = 0, uint64(table.size - 1)
    for at in range(found.size):
        probe = _hashed(columns, at) & last
        while table[probe] >= 0 and not _equal(columns, first[table[probe]], at):
            probe = (probe + uint64(1)) & last
        if table[probe] < 0:
            table[probe], first[count] = count, at
            count += 1
        found[at] = table[probe]
    return count


@_kernel(void(_FLAGS, _LONGS, _PLANES))
def lay_out(fails, order, words):
    """Rows as planes of 64 products a word, in this order; places beyond the last product fail."""
    for row in range(len(fails)):
        failing = fails[row]
        for word in range(words.shape[1]):
            bits, first = uint64(0), word << 6
            for place in range(64):
                slot = first + place
                fail = slot >= order.size or failing[order[slot]]
                bits |= uint64(fail) << uint64(place)
            words[row, word] = bits


@_helper
def _fitting(words, rows, firm, hard, excludes, fits):
    """Which products fail none of the hard rules. Most planes exclude nobody and are left out."""
    for word in range(fits.size):
        fits[word] = ~words[-1, word]
    for place in range(hard):
        row = rows[firm, place]
        if excludes[row]:
            for word in range(fits.size):
                fits[word] &= ~words[row, word]


@_helper
def _bits(word):
    """How many are set; the loop becomes one instruction."""
    count = 0
    while word:
        word &= word - uint64(1)
        count += 1
    return count


@_helper
def _counted(fits):
    """How many products fit, and which they are as a hash: the same for the same set."""
    count, mixed = 0, uint64(0)
    for word in range(fits.size):
        count += _bits(fits[word])
        stirred = (fits[word] + uint64(word + 1) * uint64(_STIR)) * uint64(_MIX)
        mixed += (stirred ^ (stirred >> uint64(29))) * (uint64(2 * word + 1) * uint64(_STIR) | uint64(1))
    return count, mixed


@_helper
def _take(rows_of, numbers, into, rows, firm, traits, excludes):
    """One firm as `kernels` reads a request: its numbers, and the planes of soft rules and of what cannot be judged.
    Returns the bits of the soft rules that any product breaks for it."""
    soft = 0
    for place in range(Trait.BOUND):
        numbers[_PARAM_OF[place]] = traits[place]
    for place in range(into.size):
        if into[place] >= NUMBER:
            numbers[into[place] - NUMBER] = rows[firm, place]
        elif into[place] >= 0 and excludes[rows[firm, place]]:
            rows_of[into[place]] = rows[firm, place]
            soft |= 1 << (into[place] - SOFT)
    return soft


@_helper
def _judge(
    words, excludes, rows, firm, at, hard, into, traits, numbers, looks, prices, table, least, modes, fees, curve,
    bands, levels, best, tally, sets, rows_of, fits, keys, slots, how,
):  # fmt: skip
    """One firm: how many products fit, which they are as a hash, and the best."""
    _fitting(words, rows, firm, hard, excludes, fits)
    count, sets[at] = _counted(fits)
    tally[at, Tally.ELIGIBLE] = count
    if count:
        soft = _take(rows_of, numbers, into, rows, firm, traits[at], excludes)
        secured, bound = traits[at, Trait.SECURITY], traits[at, Trait.BOUND]
        best_of(
            fits, words, rows_of, soft, looks, prices, table, modes[secured], fees[secured], numbers, curve, bands,
            levels[traits[at, Trait.LEVELS]], least[bound], keys, slots, how, best[at], tally[at],
        )  # fmt: skip


@_kernel(
    void(_PLANES, boolean[::1], _INT_TABLE, _LONGS, int64, _LONGS, _TABLE, _LONGS, _TABLE, _TABLE, _TABLE, _TABLE,
         uint8[:, ::1], _TABLE, _LONGS, uint8[::1], _LEVELS, _INT_TABLE, _INT_TABLE, uint64[::1])
)  # fmt: skip
def sweep(
    words, excludes, rows, places, hard, into, traits, numbers, looks, prices, table, least, modes, fees, curve,
    bands, levels, best, tally, sets,
):  # fmt: skip
    """`_judge` of the firms at these places; the first `hard` of their `rows` are planes of hard rules."""
    rows_of, fits = np.zeros(2 * BITS, np.int64), np.empty(words.shape[1], np.uint64)
    keys, slots = np.empty(best.shape[1], np.int64), np.empty(best.shape[1], np.int64)
    how = np.empty(3, np.int64)
    for firm, at in enumerate(places):
        _judge(
            words, excludes, rows, firm, at, hard, into, traits, numbers, looks, prices, table, least, modes, fees,
            curve, bands, levels, best, tally, sets, rows_of, fits, keys, slots, how,
        )  # fmt: skip
