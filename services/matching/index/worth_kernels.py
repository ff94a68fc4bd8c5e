"""What products are worth to the firms of a sweep, looked up where that can be, and the best of them.

The formula is that of `kernel_parts`. A likelihood has few values, so what a product is worth to firms of one term
under the same guarantees is a table; what is missing, and soft rules that are broken, only shift the place in it.
"""
# pyright: basic, reportCallIssue=false

from enum import IntEnum

from numba import float64, int32, int64, uint64, void
from numba.cpython.unsafe.numbers import trailing_zeros

from libs.finance.money import PPM
from services.matching.domain.likelihood import STEP, WIDEST
from services.matching.domain.pricing import BASIS_POINT
from services.matching.index import query as q
from services.matching.index.columns import SOFT, Price
from services.matching.index.kernel_parts import (
    _LONGS,
    _TABLE,
    _fees,
    _has,
    _helper,
    _keep_least,
    _kernel,
    _popcount,
    _rate,
    _value,
)
from services.matching.index.layout import COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED
from services.matching.index.query import Param

DIRECT = -(1 << 31)  # in a table of levels: to be worked out
_SLACK = BASIS_POINT + 3  # what rounding can add to a value: a rate goes down to whole basis points
_INT_TABLE = int32[:, ::1]


class Tally(IntEnum):
    """Columns of what is found of a firm: a count, and of its best product how it is secured, cost and likelihood."""

    ELIGIBLE = 0
    MODE = 1
    COST = 2
    LIKELIHOOD = 3


class Look(IntEnum):
    """Columns of what is looked at of each product that fits, side by side: a line of the cache."""

    ASKED = 0
    SOFT = 1
    SETTING = 2
    OFFSET = 3


LOOKED_AT = [Price[look.name] for look in Look]


@_helper
def _most_so(prices, numbers, curve, slot, logit, fee):
    """More than a product can be worth at this logit or a lower one, with this fee of a guarantee or a higher one.

    Likelihood x (reference - cost) is convex in the likelihood, so that it is greatest at one of its ends.
    """
    logit += max(0, numbers[Param.SOFT_FAIL]) * _popcount(prices[slot, Price.SOFT])
    asked = _popcount(prices[slot, Price.ASKED]) + 4
    logit += max(0, numbers[Param.UNKNOWN_RULE]) * asked
    milli = min(max(logit + prices[slot, Price.OFFSET], -WIDEST), WIDEST)
    dearest, cheapest = prices[slot, Price.MAX_PPM], prices[slot, Price.MIN_PPM]
    base = numbers[Param.BASE + prices[slot, Price.BASE]] + dearest + _fees(prices, numbers, slot, fee)
    best = -1e18
    for likelihood in (curve[0], curve[(milli + WIDEST) // STEP]):
        part = likelihood / PPM
        gain = part * (numbers[Param.REFERENCE_PPM] - base + (dearest - cheapest) * part)
        best = max(best, gain)
    best += max(0, -numbers[Param.MISSING_PPM]) * asked - prices[slot, Price.DAYS] * numbers[Param.DAY_PPM]
    return best + prices[slot, Price.EXPLORE] + _SLACK


@_helper
def _most(prices, table, fees, numbers, curve, slot, logit):
    """However it is secured. `fees`: under each guarantee rule the lowest of any firm, negative where there is none."""
    taken, fee = table[prices[slot, Price.SETTING], 0], fees[table[prices[slot, Price.SETTING], 2]]
    best = -1e18
    if taken & UNSECURED:
        best = _most_so(prices, numbers, curve, slot, logit, 0)
    elif taken & COLLATERAL:
        bound = logit + numbers[Param.COLLATERAL] + numbers[Param.UNKNOWN_RULE]
        best = _most_so(prices, numbers, curve, slot, bound, 0) - numbers[Param.MISSING_PPM]
    if taken & IP_PLEDGE:
        best = max(best, _most_so(prices, numbers, curve, slot, logit + numbers[Param.IP_PLEDGED], 0))
    if taken & GUARANTEE and fee >= 0:
        best = max(best, _most_so(prices, numbers, curve, slot, logit + numbers[Param.GUARANTEED], fee))
    return best


@_kernel(void(_TABLE, _TABLE, _LONGS, _LONGS, _LONGS, int64, float64[::1]))
def bounds(prices, table, fees, numbers, curve, logit, out):
    """`_most` of every slot."""
    for slot in range(out.size):
        out[slot] = _most(prices, table, fees, numbers, curve, slot, logit)


@_kernel(void(_TABLE, _TABLE, _LONGS, _LONGS, _LONGS, _LONGS, _INT_TABLE))
def levels(prices, table, numbers, curve, fees, logits, out):
    """What each product (a row) is worth with nothing missing, by band of the likelihood (`logits`: one in each): first
    without a guarantee, then with that of its rule. DIRECT where that hangs on the amount, too."""
    for slot in range(len(out)):
        for place in range(out.shape[1]):
            fee = fees[table[prices[slot, Price.SETTING], 2]] if place >= logits.size else 0
            value = _value(prices, numbers, curve, slot, logits[place % logits.size], 0, fee)
            direct = prices[slot, Price.ONCE_FEN] != 0 or abs(value) >= -DIRECT
            out[slot, place] = DIRECT if direct else value


@_helper
def _place(logit):
    """In the curve."""
    return (min(max(logit, -WIDEST), WIDEST) + WIDEST) // STEP


@_helper
def _missing(words, looks, numbers, slot):
    """How many rules of a product cannot be judged."""
    count = _popcount(looks[slot, Look.ASKED] & numbers[Param.UNKNOWN])
    for param in (Param.ROW_REGION_UNKNOWN, Param.ROW_INDUSTRY_UNKNOWN, Param.ROW_TIER_UNKNOWN):
        count += _has(words, numbers[param], slot)
    return count


@_helper
def _broken(words, rows, mask, slot):
    """How many of the soft rules in the mask a product breaks."""
    count = 0
    while mask:
        bit = trailing_zeros(mask)
        mask &= mask - 1
        count += _has(words, rows[SOFT + bit], slot)
    return count


@_helper
def _level(worth, bands, prices, numbers, curve, slot, logit, first, fee):
    """kernels._value with nothing missing, looked up in a product's levels from `first` on."""
    value = int64(worth[first + bands[_place(logit)]])
    if value == DIRECT:
        return _value(prices, numbers, curve, slot, logit, 0, fee)
    return value


@_helper
def _worth(words, rows, soft, looks, prices, table, modes, fees, numbers, curve, bands, level, slot, out):
    """kernels._rank, for the best way to secure the loan alone: value; `out`: mode, logit, fee of the guarantee."""
    usable = modes[looks[slot, Look.SETTING]]
    missing = _missing(words, looks, numbers, slot)
    logit = numbers[Param.LOGIT] + looks[slot, Look.OFFSET] + missing * numbers[Param.UNKNOWN_RULE]
    logit += _broken(words, rows, looks[slot, Look.SOFT] & soft, slot) * numbers[Param.SOFT_FAIL]
    best, worth = q.NO_VALUE, level[slot]
    if usable & UNSECURED:
        best = _level(worth, bands, prices, numbers, curve, slot, logit, 0, 0)
        out[0], out[1], out[2] = UNSECURED, logit, 0
    elif usable & COLLATERAL:
        bound = logit + numbers[Param.COLLATERAL] + numbers[Param.UNKNOWN_RULE]
        best = _level(worth, bands, prices, numbers, curve, slot, bound, 0, 0) - numbers[Param.MISSING_PPM]
        out[0], out[1], out[2] = COLLATERAL, bound, 0
    if usable & IP_PLEDGE:
        bound = logit + numbers[Param.IP_PLEDGED]
        value = _level(worth, bands, prices, numbers, curve, slot, bound, 0, 0)
        if value > best:
            best, out[0], out[1], out[2] = value, IP_PLEDGE, bound, 0
    if usable & GUARANTEE:
        bound, fee = logit + numbers[Param.GUARANTEED], fees[table[looks[slot, Look.SETTING], 2]]
        value = _level(worth, bands, prices, numbers, curve, slot, bound, worth.size // 2, fee)
        if value > best:
            best, out[0], out[1], out[2] = value, GUARANTEE, bound, fee
    return best - missing * numbers[Param.MISSING_PPM]


@_helper
def best_of(
    fits, words, rows, soft, looks, prices, table, modes, fees, numbers, curve, bands, level, least, keys,
    slots, how, best, tally,
):  # fmt: skip
    """The products that are worth most, best first, and of the first one how, at what cost, and how likely.

    Stops where no product further on can be better.
    """
    held = 0
    for word in range(fits.size):
        if held == best.size and least[word] < -keys[held - 1]:
            break
        left = fits[word]
        while left:
            slot = (word << 6) + int64(trailing_zeros(left))
            left &= left - uint64(1)
            value = _worth(
                words, rows, soft, looks, prices, table, modes, fees, numbers, curve, bands, level, slot, how
            )  # fmt: skip
            if held < best.size or -value <= keys[held - 1]:
                held = _keep_least(prices, keys, slots, held, -value, slot)
    for place in range(held):
        best[place] = slots[place]
    if held:
        slot = slots[0]
        _worth(words, rows, soft, looks, prices, table, modes, fees, numbers, curve, bands, level, slot, how)
        likelihood = curve[_place(how[1])]
        cost = _rate(prices, numbers, slot, likelihood) + _fees(prices, numbers, slot, how[2])
        tally[Tally.MODE], tally[Tally.COST], tally[Tally.LIKELIHOOD] = how[0], cost, likelihood
