"""The compiled answer to a request. `reference` says the same in numpy.

Planes are counted 64 products at a time in a two-bit carry-save counter: products with no failed rule are ranked one by
one, those with one or two are near misses. Which could be among the best at all is told by a bound made from `scan`
and `least`, so that only few are worked out. Signatures are explicit, nothing runs in parallel here, and the
interpreter lock is free meanwhile: who wants two cores splits the requests.
"""
# pyright: basic, reportCallIssue=false

import numpy as np
from numba import int64, uint64, void
from numba.cpython.unsafe.numbers import trailing_zeros

from services.matching.index import query as q
from services.matching.index.columns import SOFT, Price, Scan
from services.matching.index.kernel_parts import (
    _LONGS,
    _PLANES,
    _TABLE,
    _WORDS,
    _before,
    _best_way,
    _bound,
    _failed,
    _floor,
    _hard,
    _has,
    _helper,
    _is_first,
    _keep_least,
    _kernel,
    _least,
    _popcount,
    _rank,
    _soft,
    _unknown,
    _unsecurable,
    _usable,
    _waived,
)
from services.matching.index.layout import GUARANTEE, IP_PLEDGE, Bit
from services.matching.index.query import Out, Param, Pool, Pooled

_N_POOLS = len(Pool)
_ONE_FAIL = 1 << 40  # keys of near misses: the count of failed rules above the cost
_TILE = 256  # words counted at once: their counters stay in the nearest cache


@_helper
def _find_rows(used, starts, keys, made, values, numbers, rows):
    """The row of the plane of each rule in use, at the firm's value; returns how many planes are not made yet."""
    rows[:] = -1
    missing = 0
    for dimension in used:
        bit = dimension % SOFT
        if (numbers[Param.UNKNOWN] >> bit) & 1:
            continue
        low, high, value = starts[dimension], starts[dimension + 1], values[bit]
        while high - low > 1:
            middle = (low + high) >> 1
            if keys[middle] <= value:
                low = middle
            else:
                high = middle
        rows[dimension] = made[low]
        if made[low] < 0:
            missing += 1
    rows[Bit.REGION], rows[Bit.INDUSTRY] = numbers[Param.ROW_REGION], numbers[Param.ROW_INDUSTRY]
    rows[Bit.AMOUNT_TIER] = numbers[Param.ROW_TIER]
    return missing


@_helper
def _count(words, rows, counters, width):
    """How many rules each product fails: bits of one and two, and of more than three."""
    for first in range(0, width, _TILE):
        last = min(first + _TILE, width)
        ones, twos, more = counters[0, first:last], counters[1, first:last], counters[2, first:last]
        ones[:], twos[:], more[:] = uint64(0), uint64(0), uint64(0)
        for bit in range(SOFT):
            if rows[bit] >= 0:
                plane = words[rows[bit], first:last]
                for word in range(last - first):
                    carry = ones[word] & plane[word]
                    ones[word] ^= plane[word]
                    more[word] |= twos[word] & carry
                    twos[word] ^= carry


@_helper
def _recount(words, rows, waivers, counters):
    """The same for a product to which some rules are waived."""
    for at in range(len(waivers)):
        slot = waivers[at, 0]
        count = _popcount(_hard(words, rows, slot) & ~waivers[at, 1])
        word, place = slot >> 6, uint64(1) << uint64(slot & 63)
        bits = (count & 1, count & 2, count >> 2)
        for counter in range(3):
            if bits[counter]:
                counters[counter, word] |= place
            else:
                counters[counter, word] &= ~place


@_helper
def _keep_near(prices, scan, table, reached, fees, numbers, slot, fails, keys, slots, near):
    """Insert a near miss: fewest failed rules first, then cheapest. Returns how many there are."""
    total = fails + _popcount(_unsecurable(table, reached, fees, scan[slot, Scan.SETTING]))
    if total > 2:
        return near
    return _keep_least(prices, keys, slots, near, total * _ONE_FAIL + _floor(prices, numbers, slot), slot)


@_helper
def _could_stand(low, bound, usable, numbers):
    """Whether a product of this bound could come into any list."""
    return (
        bound >= low[Pool.ALL]
        or (numbers[Param.FIRST_TIME] != 0 and bound >= low[Pool.FIRST_LOAN])
        or (usable & IP_PLEDGE != 0 and bound >= low[Pool.IP_PLEDGE])
        or (usable & GUARANTEE != 0 and bound >= low[Pool.GUARANTEE])
    )


@_helper
def _enlist(prices, numbers, values, slot, keys, slots, held, low):
    """Insert a product into every list in which it stands. `low`: what is below does not come in any more."""
    for pool in range(_N_POOLS):
        most = numbers[Param.BEST if pool == Pool.ALL else Param.BEST_OF_FAMILY]
        if values[pool] != q.NO_VALUE:
            listed = keys[pool, :most]
            held[pool] = _keep_least(prices, listed, slots[pool, :most], held[pool], -values[pool], slot)
            if held[pool] == most:
                low[pool] = -listed[most - 1]


@_helper
def _fill_pools(
    words, rows, prices, table, reached, fees, numbers, curve, waivers, keys, slots, held, out
):  # fmt: skip
    """The best of each pool, best first, with what explains them."""
    for pool in range(_N_POOLS):
        out[Out.COUNTS, q.COUNT_POOLS + pool] = held[pool]
        first = Out.POOLS + q.POOL_ROWS * pool
        for place in range(held[pool]):
            slot, value = slots[pool, place], -keys[pool, place]
            if pool == Pool.IP_PLEDGE:
                mode = IP_PLEDGE
            elif pool == Pool.GUARANTEE:
                mode = GUARANTEE
            else:
                usable = _usable(table, reached, fees, prices[slot, Price.SETTING])
                mode = _best_way(words, rows, prices, table, usable, fees, numbers, curve, slot)
            out[first + Pooled.SLOT, place] = slot
            out[first + Pooled.VALUE, place] = value + q.LATER if value < q.SET_BACK else value
            out[first + Pooled.UNKNOWN, place] = _unknown(words, prices, numbers, slot)
            out[first + Pooled.SOFT, place] = _soft(words, rows, prices, slot)
            out[first + Pooled.WAIVED, place] = _waived(words, rows, waivers, slot)
            out[first + Pooled.MODE, place] = mode
            out[first + Pooled.FIRST, place] = 1 if _is_first(prices, numbers, slot) else 0


_FINDING = (_LONGS,) * 5  # used, starts, keys, made, values
_MARKET = (_TABLE, _TABLE, _LONGS, _TABLE, _LONGS, _LONGS)  # prices, scan, least, table, reached, fees


@_kernel(int64(_PLANES, _LONGS, *_FINDING, *_MARKET, _LONGS, _LONGS, _TABLE, _PLANES, _TABLE))
def search(
    words, rows, used, starts, keys, made, values,
    prices, scan, least, table, reached, fees,
    numbers, curve, waivers, counters, out,
):  # fmt: skip
    """Judge every product and fill `out` (rows of Out), `rows` and `counters`.

    Returns how many planes have to be made first; then nothing else was done.
    """
    missing = _find_rows(used, starts, keys, made, values, numbers, rows)
    if missing:
        return missing
    width = (numbers[Param.COUNT] + 63) >> 6
    _count(words, rows, counters, width)
    _recount(words, rows, waivers, counters)
    most = max(numbers[Param.BEST], numbers[Param.BEST_OF_FAMILY])
    best_keys, best_slots = np.empty((_N_POOLS, most), np.int64), np.empty((_N_POOLS, most), np.int64)
    worth, held = np.empty(_N_POOLS, np.int64), np.zeros(_N_POOLS, np.int64)
    low = np.full(_N_POOLS, q.NO_VALUE, np.int64)
    worst = 3 * _ONE_FAIL  # what is above comes no nearer
    near_keys, near_slots = np.full(q.MOST_NEAR, worst, np.int64), np.empty(q.MOST_NEAR, np.int64)
    eligible = near = 0
    for word in range(width):
        ones, twos, more = counters[0, word], counters[1, word], counters[2, word]
        live = words[numbers[Param.ROW_ACTIVE], word] & ~more & ~(ones & twos)
        if numbers[Param.ROW_KIND] >= 0:
            live &= ~words[numbers[Param.ROW_KIND], word]
        if worst < 2 * _ONE_FAIL:
            live &= ~twos  # nearer ones fill the list already
        while live:
            place = trailing_zeros(live)
            live &= live - uint64(1)
            slot = (word << 6) + int64(place)
            fails = int64((ones >> place) & uint64(1)) + 2 * int64((twos >> place) & uint64(1))
            if fails and fails * _ONE_FAIL + _least(least, numbers, slot) > worst:
                continue  # told here, since a call takes longer than all of this
            usable = 0 if fails else _usable(table, reached, fees, scan[slot, Scan.SETTING])
            if usable:
                eligible += 1
                if _could_stand(low, _bound(scan, least, numbers, curve, usable, slot), usable, numbers):
                    _rank(words, rows, prices, table, usable, fees, numbers, curve, slot, worth)
                    _enlist(prices, numbers, worth, slot, best_keys, best_slots, held, low)
            else:
                near = _keep_near(
                    prices,
                    scan,
                    table,
                    reached,
                    fees,
                    numbers,
                    slot,
                    fails,
                    near_keys,
                    near_slots,
                    near,
                )
                worst = near_keys[q.MOST_NEAR - 1]
    out[Out.COUNTS, q.COUNT_ELIGIBLE], out[Out.COUNTS, q.COUNT_NEAR] = eligible, near
    for place, slot in enumerate(near_slots[:near]):
        out[Out.NEAR_SLOT, place] = slot
        out[Out.NEAR_FAIL, place] = _failed(words, rows, prices, table, reached, fees, numbers, waivers, slot)
        out[Out.NEAR_UNKNOWN, place] = _unknown(words, prices, numbers, slot)
    _fill_pools(
        words, rows, prices, table, reached, fees, numbers, curve, waivers, best_keys, best_slots, held, out
    )
    return 0


@_helper
def _failing_at_most(live, ones, twos, more, count):
    """Of 64 products those that fail no more rules, as counted."""
    if count < 4:
        live &= ~more
    if count < 3:
        live &= ~(ones & twos)
    if count < 2:
        live &= ~twos
    return live & ~ones if count < 1 else live


@_kernel(void(_PLANES, _LONGS, *_MARKET, _PLANES, _LONGS, _TABLE, _WORDS, int64, int64, _LONGS))
def nearest(
    words, rows, prices, scan, least, table, reached, fees, counters, numbers, waivers, members,
    wanted, lacking, found,
):  # fmt: skip
    """Of the members of a family the one with fewest failed rules, then the cheapest: slot, FAIL and UNKNOWN mask.

    `members` is their plane, `wanted` the mode that the family lives on (0: none), `lacking` its bit, failed where it
    cannot be had. Uses what `search` left in `rows` and `counters`. Found[0] is -1 where there are no members.
    """
    best_count, best_cost, best = 1 << 40, 0, -1
    for word in range((numbers[Param.COUNT] + 63) >> 6):
        ones, twos, more = counters[0, word], counters[1, word], counters[2, word]
        live = _failing_at_most(members[word], ones, twos, more, best_count)
        while live:
            place = trailing_zeros(live)
            live &= live - uint64(1)
            slot = (word << 6) + int64(place)
            setting = scan[slot, Scan.SETTING]
            usable = _usable(table, reached, fees, setting)
            if (more >> place) & uint64(1):
                count = _popcount(_failed(words, rows, prices, table, reached, fees, numbers, waivers, slot))
            else:
                count = int64((ones >> place) & uint64(1)) + 2 * int64((twos >> place) & uint64(1))
                count += _popcount(_unsecurable(table, reached, fees, setting))
                count += 1 if _has(words, numbers[Param.ROW_KIND], slot) else 0
            if usable and wanted and usable & wanted == 0:
                count += 1
            if count > best_count or (count == best_count and _least(least, numbers, slot) > best_cost):
                continue
            cost = _floor(prices, numbers, slot)
            if count < best_count or _before(prices, cost, slot, best_cost, best):
                best_count, best_cost, best = count, cost, slot
    found[0] = best
    if best >= 0:
        found[1] = _failed(words, rows, prices, table, reached, fees, numbers, waivers, best)
        if wanted and _usable(table, reached, fees, scan[best, Scan.SETTING]) & wanted == 0:
            found[1] |= 1 << lacking
        found[2] = _unknown(words, prices, numbers, best)
