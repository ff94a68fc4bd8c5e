"""Parts of compiled kernels, all of them put into the kernels that use them: masks of a product, its cost, its value.

Only this file and those of the kernels import numba. It asks for its cache by the file of a kernel alone, so here the
cache gets a place of its own for each state of all files that go into a kernel.
"""
# pyright: basic, reportCallIssue=false, reportAttributeAccessIssue=false

from collections.abc import Iterable
from functools import partial
from hashlib import blake2b
from pathlib import Path

from numba import config, int64, njit, uint64
from numba.cpython.unsafe.numbers import trailing_zeros

from libs.finance.money import PPM
from libs.finance.rates import MONTHS_PER_YEAR
from services.matching.domain import likelihood, pricing
from services.matching.domain.likelihood import STEP, WIDEST
from services.matching.domain.pricing import BASIS_POINT
from services.matching.index import columns, layout, population_market, terms
from services.matching.index import query as q
from services.matching.index.columns import SOFT, Price, Scan
from services.matching.index.layout import BITS, COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED, Bit
from services.matching.index.query import Param, Pool
from services.matching.index.terms import FIRST_LOAN

_SOURCES = (columns, layout, likelihood, population_market, pricing, q, terms)


def _state_of(files: Iterable[Path]) -> str:
    state = blake2b(digest_size=8)
    for file in files:
        state.update(file.read_bytes())
    return state.hexdigest()


if config.CACHE_DIR:
    _beside = sorted(Path(__file__).parent.glob("*kernel*.py"))
    _state = _state_of([*_beside, *(Path(str(source.__file__)) for source in _SOURCES)])
    config.CACHE_DIR = str(Path(config.CACHE_DIR) / _state)

# A helper allocates nothing and so needs to count no references to arrays: each took longer than what it is called for.
_helper = njit(nogil=True, error_model="numpy", forceinline=True, _nrt=False)
_kernel = partial(njit, nogil=True, cache=True, error_model="numpy")
_LONGS, _TABLE, _WORDS, _PLANES = int64[::1], int64[:, ::1], uint64[::1], uint64[:, ::1]


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
def _usable(table, reached, fees, setting):
    """settings.feasible_modes of one setting."""
    usable = UNSECURED | COLLATERAL
    if reached[table[setting, 1]] > 0:
        usable |= IP_PLEDGE
    if fees[table[setting, 2]] >= 0:
        usable |= GUARANTEE
    return table[setting, 0] & usable


@_helper
def _unsecurable(table, reached, fees, setting):
    """The bits of what would secure the loan and cannot be had; 0 where something can."""
    if _usable(table, reached, fees, setting):
        return 0
    taken = table[setting, 0]
    mask = 0
    if taken & IP_PLEDGE:
        mask |= 1 << Bit.IP_PLEDGE
    if taken & GUARANTEE:
        mask |= 1 << Bit.GUARANTEE
    return mask


@_helper
def _hard(words, rows, slot):
    """The hard rules among the planes that it fails, without that of the kind."""
    mask = 0
    for bit in range(SOFT):
        if _has(words, rows[bit], slot):
            mask |= 1 << bit
    return mask


@_helper
def _waived(words, rows, waivers, slot):
    """The rules that it fails and that are not held against the firm."""
    for at in range(len(waivers)):
        if waivers[at, 0] == slot:
            return _hard(words, rows, slot) & waivers[at, 1]
    return 0


@_helper
def _failed(words, rows, prices, table, reached, fees, numbers, waivers, slot):
    mask = _hard(words, rows, slot) & ~_waived(words, rows, waivers, slot)
    mask |= _unsecurable(table, reached, fees, prices[slot, Price.SETTING])
    if _has(words, numbers[Param.ROW_KIND], slot):
        mask |= 1 << Bit.KIND
    return mask


@_helper
def _fees(prices, numbers, slot, guarantee_ppm):
    """Fees as a yearly rate: pricing.yearly_fees_ppm."""
    term = numbers[Param.TERM]
    life = (term + 2) // 2 if prices[slot, Price.AMORTISING] else term
    once, annual = prices[slot, Price.ONCE_PPM], prices[slot, Price.ANNUAL_PPM] + guarantee_ppm
    if prices[slot, Price.ONCE_FEN]:
        once += prices[slot, Price.ONCE_FEN] * PPM // numbers[Param.AMOUNT]
    if once == 0 and (life == term or annual == 0):
        return annual  # dividing takes longer than all the rest
    return (once * MONTHS_PER_YEAR + annual * term) // life


@_helper
def _rate(prices, numbers, slot, likelihood):
    """Within the bank's range: pricing.rate_ppm."""
    most, least = prices[slot, Price.MAX_PPM], prices[slot, Price.MIN_PPM]
    rate = numbers[Param.BASE + prices[slot, Price.BASE]] + most - (most - least) * likelihood // PPM
    return max(0, rate // BASIS_POINT * BASIS_POINT)


@_helper
def _floor(prices, numbers, slot):
    """The cheapest that the product can be for anyone."""
    return _rate(prices, numbers, slot, PPM) + _fees(prices, numbers, slot, 0)


@_helper
def _value(prices, numbers, curve, slot, logit, missing, guarantee_ppm):
    """What a plan is worth: ranking.value_ppm on the estimated cost."""
    likelihood = curve[(min(max(logit, -WIDEST), WIDEST) + WIDEST) // STEP]
    cost = _rate(prices, numbers, slot, likelihood) + _fees(prices, numbers, slot, guarantee_ppm)
    gain = likelihood * (numbers[Param.REFERENCE_PPM] - cost) // PPM
    worth = gain - prices[slot, Price.DAYS] * numbers[Param.DAY_PPM] - missing * numbers[Param.MISSING_PPM]
    return worth + prices[slot, Price.EXPLORE]


@_helper
def _ways(words, rows, prices, table, usable, fees, numbers, curve, slot):
    """What a product is worth secured plainly, by a pledge, by a guarantee; q.NO_VALUE where it cannot be."""
    missing = _popcount(_unknown(words, prices, numbers, slot))
    broken = _popcount(_soft(words, rows, prices, slot))
    logit = numbers[Param.LOGIT] + prices[slot, Price.OFFSET]
    logit += broken * numbers[Param.SOFT_FAIL] + missing * numbers[Param.UNKNOWN_RULE]
    plain = pledged = guaranteed = q.NO_VALUE
    if usable & UNSECURED:
        plain = _value(prices, numbers, curve, slot, logit, missing, 0)
    elif usable & COLLATERAL:
        bound = logit + numbers[Param.COLLATERAL] + numbers[Param.UNKNOWN_RULE]
        plain = _value(prices, numbers, curve, slot, bound, missing + 1, 0)
    if usable & IP_PLEDGE:
        pledged = _value(prices, numbers, curve, slot, logit + numbers[Param.IP_PLEDGED], missing, 0)
    if usable & GUARANTEE:
        fee = fees[table[prices[slot, Price.SETTING], 2]]
        guaranteed = _value(prices, numbers, curve, slot, logit + numbers[Param.GUARANTEED], missing, fee)
    return plain, pledged, guaranteed


@_helper
def _is_first(prices, numbers, slot):
    return numbers[Param.FIRST_TIME] != 0 and prices[slot, Price.FLAGS] & FIRST_LOAN != 0


@_helper
def _rank(words, rows, prices, table, usable, fees, numbers, curve, slot, values):
    """The values of a product in each pool, q.NO_VALUE where it does not stand in it."""
    plain, pledged, guaranteed = _ways(words, rows, prices, table, usable, fees, numbers, curve, slot)
    best, first = max(plain, pledged, guaranteed), _is_first(prices, numbers, slot)
    later = q.LATER if first else 0
    values[Pool.ALL] = best
    values[Pool.FIRST_LOAN] = best if first else q.NO_VALUE
    values[Pool.IP_PLEDGE] = pledged - later if usable & IP_PLEDGE else q.NO_VALUE
    values[Pool.GUARANTEE] = guaranteed - later if usable & GUARANTEE else q.NO_VALUE


@_helper
def _best_way(words, rows, prices, table, usable, fees, numbers, curve, slot):
    """The way to secure the loan in which the product is worth most; of equals the plain one, then the pledge."""
    plain = UNSECURED if usable & UNSECURED else COLLATERAL
    if usable & (IP_PLEDGE | GUARANTEE) == 0:
        return plain
    alone, pledged, guaranteed = _ways(words, rows, prices, table, usable, fees, numbers, curve, slot)
    if alone >= pledged and alone >= guaranteed:
        return plain
    return IP_PLEDGE if pledged >= guaranteed else GUARANTEE


@_helper
def _least(least, numbers, slot):
    """The product costs no firm less: its rate goes down to whole basis points, and is not below nothing."""
    return numbers[Param.BASE + (least[slot] & 3)] + (least[slot] >> 2) - (BASIS_POINT - 1)


@_helper
def _likeliest(numbers, usable):
    """The most that the logit can be in these ways to secure the loan, but for the product's offset."""
    unknown, most = numbers[Param.UNKNOWN_RULE], 0
    if usable & UNSECURED == 0:
        most = numbers[Param.COLLATERAL] + unknown if usable & COLLATERAL else q.NO_VALUE
    if usable & IP_PLEDGE:
        most = max(most, numbers[Param.IP_PLEDGED])
    if usable & GUARANTEE:
        most = max(most, numbers[Param.GUARANTEED])
    return numbers[Param.LOGIT] + most + BITS * (max(0, unknown) + max(0, numbers[Param.SOFT_FAIL]))


@_helper
def _bound(scan, least, numbers, curve, usable, slot):
    """No value of the product is above this."""
    logit = _likeliest(numbers, usable) + scan[slot, Scan.OFFSET]
    likelihood = curve[(min(max(logit, -WIDEST), WIDEST) + WIDEST) // STEP]
    gain = max(0, likelihood * (numbers[Param.REFERENCE_PPM] - _least(least, numbers, slot)) // PPM)
    gain += BITS * max(0, -numbers[Param.MISSING_PPM]) + scan[slot, Scan.EXPLORE]
    return gain - scan[slot, Scan.DAYS] * numbers[Param.DAY_PPM]


@_helper
def _before(prices, key, slot, other_key, other):
    """Whether a product stands before another in a list by ascending keys."""
    return key < other_key or (key == other_key and prices[slot, Price.TIE] < prices[other, Price.TIE])


@_helper
def _keep_least(prices, keys, slots, held, key, slot):
    """Insert into the lists, ascending. Returns the new length."""
    most = keys.size
    if held == most and not _before(prices, key, slot, keys[most - 1], slots[most - 1]):
        return held
    place = held if held < most else most - 1
    while place > 0 and _before(prices, key, slot, keys[place - 1], slots[place - 1]):
        keys[place], slots[place] = keys[place - 1], slots[place - 1]
        place -= 1
    keys[place], slots[place] = key, slot
    return held + 1 if held < most else held
