"""The compiled answer to a request. The only file that imports numba; `reference` says the same in numpy.

Planes are counted 64 products at a time in a two-bit carry-save counter: products with no failed rule are ranked one by
one, those with one or two are near misses. Signatures are explicit, nothing runs in parallel here, and the
interpreter lock is free meanwhile: who wants two cores splits the requests.
"""
# pyright: basic, reportCallIssue=false

from functools import partial

import numpy as np
from numba import int64, njit, uint64, void
from numba.cpython.unsafe.numbers import trailing_zeros

from libs.finance.money import PPM
from libs.finance.rates import MONTHS_PER_YEAR
from services.matching.domain.likelihood import STEP, WIDEST
from services.matching.domain.pricing import BASIS_POINT
from services.matching.index import query as q
from services.matching.index.columns import SOFT, Price
from services.matching.index.layout import COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED, Bit
from services.matching.index.query import Out, Param, Pool
from services.matching.index.terms import FIRST_LOAN

_N_POOLS = len(Pool)
_TWO_FAILS = 2 << 40  # keys of near misses: the count of failed rules above the cost

_helper = njit(nogil=True, error_model="numpy")
_kernel = partial(njit, nogil=True, cache=True, error_model="numpy")
_LONGS, _TABLE, _PLANES = int64[::1], int64[:, ::1], uint64[:, ::1]


@_helper
def _has(words, row, slot):
    return row >= 0 and (words[row, slot >> 6] >> uint64(slot & 63)) & uint64(1) != uint64(0)


@_helper
def _popcount(mask):
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


@_helper
def _unknown(words, prices, numbers, slot):
    """The rules of a product that cannot be judged."""
    mask = prices[slot, Price.ASKED] & numbers[Param.UNKNOWN]
    if _has(words, numbers[Param.ROW_REGION_UNKNOWN], slot):
        mask |= 1 << Bit.REGION
    if _has(words, numbers[Param.ROW_INDUSTRY_UNKNOWN], slot):
        mask |= 1 << Bit.INDUSTRY
    if _has(words, numbers[Param.ROW_TIER_UNKNOWN], slot):
        mask |= 1 << Bit.AMOUNT_TIER
    return mask


@_helper
def _soft(words, rows, prices, slot):
    """The soft rules that it breaks."""
    broken, left = 0, prices[slot, Price.SOFT]
    while left:
        bit = trailing_zeros(left)
        left &= left - 1
        if _has(words, rows[SOFT + bit], slot):
            broken |= 1 << bit
    return broken


@_helper
def _unsecurable(table, modes, setting):
    """The bits of what would secure the loan and cannot be had; 0 where something can."""
    if modes[setting]:
        return 0
    taken = table[setting, 0]
    mask = 0
    if taken & IP_PLEDGE:
        mask |= 1 << Bit.IP_PLEDGE
    if taken & GUARANTEE:
        mask |= 1 << Bit.GUARANTEE
    return mask


@_helper
def _failed(words, rows, prices, table, modes, numbers, slot):
    mask = _unsecurable(table, modes, prices[slot, Price.SETTING])
    for bit in range(SOFT):
        if _has(words, rows[bit], slot):
            mask |= 1 << bit
    if _has(words, numbers[Param.ROW_KIND], slot):
        mask |= 1 << Bit.KIND
    return mask


@_helper
def _fees(prices, numbers, slot, guarantee_ppm):
    """Fees as a yearly rate: pricing.yearly_fees_ppm."""
    term = numbers[Param.TERM]
    life = (term + 2) // 2 if prices[slot, Price.AMORTISING] else term
    once = prices[slot, Price.ONCE_PPM] + prices[slot, Price.ONCE_FEN] * PPM // numbers[Param.AMOUNT]
    return (once * MONTHS_PER_YEAR + (prices[slot, Price.ANNUAL_PPM] + guarantee_ppm) * term) // life


@_helper
def _rate(prices, numbers, slot, likelihood):
    """Within the bank's range: pricing.rate_ppm."""
    most, least = prices[slot, Price.MAX_PPM], prices[slot, Price.MIN_PPM]
    rate = numbers[Param.BASE + prices[slot, Price.BASE]] + most - (most - least) * likelihood // PPM
    return max(0, rate // BASIS_POINT * BASIS_POINT)


@_helper
def _value(prices, numbers, curve, slot, logit, missing, guarantee_ppm):
    """What a plan is worth: ranking.value_ppm on the estimated cost."""
    likelihood = curve[(min(max(logit, -WIDEST), WIDEST) + WIDEST) // STEP]
    cost = _rate(prices, numbers, slot, likelihood) + _fees(prices, numbers, slot, guarantee_ppm)
    gain = likelihood * (numbers[Param.REFERENCE_PPM] - cost) // PPM
    return gain - prices[slot, Price.DAYS] * numbers[Param.DAY_PPM] - missing * numbers[Param.MISSING_PPM]


@_helper
def _rank(words, rows, prices, table, modes, fees, numbers, curve, slot, values):
    """The values of a product in each pool, q.NO_VALUE where it does not stand in it."""
    setting = prices[slot, Price.SETTING]
    usable = modes[setting]
    missing = _popcount(_unknown(words, prices, numbers, slot))
    broken = _popcount(_soft(words, rows, prices, slot))
    logit = numbers[Param.LOGIT] + broken * numbers[Param.SOFT_FAIL] + missing * numbers[Param.UNKNOWN_RULE]
    plain = pledged = guaranteed = q.NO_VALUE
    if usable & UNSECURED:
        plain = _value(prices, numbers, curve, slot, logit, missing, 0)
    elif usable & COLLATERAL:
        bound = logit + numbers[Param.COLLATERAL] + numbers[Param.UNKNOWN_RULE]
        plain = _value(prices, numbers, curve, slot, bound, missing + 1, 0)
    if usable & IP_PLEDGE:
        pledged = _value(prices, numbers, curve, slot, logit + numbers[Param.IP_PLEDGED], missing, 0)
    if usable & GUARANTEE:
        bound = logit + numbers[Param.GUARANTEED]
        guaranteed = _value(prices, numbers, curve, slot, bound, missing, fees[table[setting, 2]])
    best = max(plain, pledged, guaranteed)
    first = numbers[Param.FIRST_TIME] != 0 and prices[slot, Price.FLAGS] & FIRST_LOAN != 0
    later = q.LATER if first else 0
    values[Pool.ALL] = best
    values[Pool.FIRST_LOAN] = best if first else q.NO_VALUE
    values[Pool.IP_PLEDGE] = pledged - later if usable & IP_PLEDGE else q.NO_VALUE
    values[Pool.GUARANTEE] = guaranteed - later if usable & GUARANTEE else q.NO_VALUE


@_helper
def _count(words, rows, counters, width):
    """How many rules each product fails: bits of one and two, and of more than three."""
    ones, twos, more = counters[0], counters[1], counters[2]
    counters[:, :width] = uint64(0)
    for bit in range(SOFT):
        if rows[bit] >= 0:
            plane = words[rows[bit]]
            for word in range(width):
                carry = ones[word] & plane[word]
                ones[word] ^= plane[word]
                more[word] |= twos[word] & carry
                twos[word] ^= carry


@_helper
def _counted(counters, slot):
    """The failed rules among the planes, without that of the kind: 0 to 3, or 4 for more."""
    word, place = slot >> 6, uint64(slot & 63)
    if (counters[2, word] >> place) & uint64(1):
        return 4
    return int64((counters[0, word] >> place) & uint64(1)) + 2 * int64(
        (counters[1, word] >> place) & uint64(1)
    )


@_helper
def _keep_least(keys, slots, held, key, slot):
    """Insert into the lists, ascending; of equal keys the earlier stays in front. Returns the new length."""
    most = keys.size
    if held == most and key >= keys[most - 1]:
        return held
    place = held if held < most else most - 1
    while place > 0 and keys[place - 1] > key:
        keys[place], slots[place] = keys[place - 1], slots[place - 1]
        place -= 1
    keys[place], slots[place] = key, slot
    return held + 1 if held < most else held


@_helper
def _secure(table, reached, fees, modes):
    """settings.feasible_modes."""
    for setting in range(modes.size):
        usable = UNSECURED | COLLATERAL
        if reached[table[setting, 1]] > 0:
            usable |= IP_PLEDGE
        if fees[table[setting, 2]] >= 0:
            usable |= GUARANTEE
        modes[setting] = table[setting, 0] & usable


@_helper
def _near_key(prices, table, modes, numbers, slot, fails):
    """Fewest failed rules first, then cheapest; -1 for more than two fails."""
    total = fails + _popcount(_unsecurable(table, modes, prices[slot, Price.SETTING]))
    if total > 2:
        return -1
    return total * (_TWO_FAILS // 2) + _rate(prices, numbers, slot, PPM) + _fees(prices, numbers, slot, 0)


@_helper
def _fill_pools(words, rows, prices, numbers, scratch, eligible, out):
    """The best of each pool, best first, with the masks that explain them."""
    for pool in range(_N_POOLS):
        held, most = 0, numbers[Param.BEST if pool == Pool.ALL else Param.BEST_OF_FAMILY]
        keys, slots = np.empty(most, np.int64), np.empty(most, np.int64)
        for at in range(eligible):
            value = scratch[1 + pool, at]
            if value != q.NO_VALUE:
                held = _keep_least(keys, slots, held, -value, scratch[0, at])
        out[Out.COUNTS, q.COUNT_POOLS + pool] = held
        first = Out.POOLS + q.POOL_ROWS * pool
        for place in range(held):
            slot = slots[place]
            out[first, place] = slot
            out[first + 1, place] = -keys[place]
            out[first + 2, place] = _unknown(words, prices, numbers, slot)
            out[first + 3, place] = _soft(words, rows, prices, slot)


@_kernel(void(_PLANES, _LONGS, _TABLE, _TABLE, *(_LONGS,) * 4, _PLANES, _TABLE, _LONGS, _TABLE))
def search(words, rows, prices, table, reached, fees, numbers, curve, counters, scratch, modes, out):
    """Judge every product and fill `out` (rows of Out). `scratch`, `counters` and `modes` are room to work in."""
    _secure(table, reached, fees, modes)
    width = (numbers[Param.COUNT] + 63) >> 6
    _count(words, rows, counters, width)
    values = np.empty(_N_POOLS, np.int64)
    near_keys, near_slots = np.empty(q.MOST_NEAR, np.int64), np.empty(q.MOST_NEAR, np.int64)
    eligible = near = 0
    for word in range(width):
        ones, twos, more = counters[0, word], counters[1, word], counters[2, word]
        live = words[numbers[Param.ROW_ACTIVE], word]
        if numbers[Param.ROW_KIND] >= 0:
            live &= ~words[numbers[Param.ROW_KIND], word]
        left = live & ~more & ~(ones & twos)
        if near == q.MOST_NEAR and near_keys[near - 1] < _TWO_FAILS:
            left &= ~twos  # nearer ones fill the list already
        while left:
            place = trailing_zeros(left)
            left &= left - uint64(1)
            slot = (word << 6) + int64(place)
            fails = _counted(counters, slot)
            if fails == 0 and modes[prices[slot, Price.SETTING]]:
                _rank(words, rows, prices, table, modes, fees, numbers, curve, slot, values)
                scratch[0, eligible] = slot
                for pool in range(_N_POOLS):
                    scratch[1 + pool, eligible] = values[pool]
                eligible += 1
            else:
                key = _near_key(prices, table, modes, numbers, slot, fails)
                if key >= 0:
                    near = _keep_least(near_keys, near_slots, near, key, slot)
    out[Out.COUNTS, q.COUNT_ELIGIBLE], out[Out.COUNTS, q.COUNT_NEAR] = eligible, near
    for place, slot in enumerate(near_slots[:near]):
        out[Out.NEAR_SLOT, place] = slot
        out[Out.NEAR_FAIL, place] = _failed(words, rows, prices, table, modes, numbers, slot)
        out[Out.NEAR_UNKNOWN, place] = _unknown(words, prices, numbers, slot)
    _fill_pools(words, rows, prices, numbers, scratch, eligible, out)


@_kernel(void(_PLANES, _LONGS, _TABLE, _TABLE, _LONGS, _PLANES, _LONGS, _LONGS, int64, int64, _LONGS))
def nearest(words, rows, prices, table, modes, counters, numbers, members, wanted, lacking, found):
    """Of the members of a family the one with fewest failed rules, then the cheapest: slot, FAIL and UNKNOWN mask.

    `wanted` is the mode that the family lives on (0: none), `lacking` its bit, failed where it cannot be had. Uses
    what `search` left in `modes` and `counters`. Found[0] is -1 where there are no members.
    """
    best_count, best_cost, best = 1 << 40, 0, -1
    for at in range(members.size):
        slot = members[at]
        count = _counted(counters, slot)
        if count > 3 and best_count <= 3:
            continue
        if count > 3:
            count = _popcount(_failed(words, rows, prices, table, modes, numbers, slot))
        else:
            count += _popcount(_unsecurable(table, modes, prices[slot, Price.SETTING]))
            count += 1 if _has(words, numbers[Param.ROW_KIND], slot) else 0
        usable = modes[prices[slot, Price.SETTING]]
        if usable and wanted and usable & wanted == 0:
            count += 1
        cost = _rate(prices, numbers, slot, PPM) + _fees(prices, numbers, slot, 0)
        if count < best_count or (count == best_count and cost < best_cost):
            best_count, best_cost, best = count, cost, slot
    found[0] = best
    if best >= 0:
        found[1] = _failed(words, rows, prices, table, modes, numbers, best)
        if wanted and modes[prices[best, Price.SETTING]] & wanted == 0:
            found[1] |= 1 << lacking
        found[2] = _unknown(words, prices, numbers, best)
