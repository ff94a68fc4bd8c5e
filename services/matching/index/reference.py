"""The same answer as `kernels`, read from the columns with numpy: the readable second implementation.

It serves until the compiled one is loaded, and the two are tested to be equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from libs.finance.money import PPM
from libs.finance.rates import MONTHS_PER_YEAR
from services.matching.domain.likelihood import STEP, WIDEST
from services.matching.domain.pricing import BASIS_POINT
from services.matching.index import sets
from services.matching.index.columns import INTERVAL_ROW, SET_ROW, SOFT, Columns, Price
from services.matching.index.layout import COLLATERAL, FACT_BITS, GUARANTEE, IP_PLEDGE, UNSECURED, Bit
from services.matching.index.query import (
    COUNT_ELIGIBLE,
    COUNT_NEAR,
    COUNT_POOLS,
    CURVE_TABLE,
    EVERY_FACT,
    LATER,
    MOST_NEAR,
    NO_VALUE,
    POOL_ROWS,
    SET_BACK,
    Out,
    Param,
    Pool,
    Pooled,
    Query,
)
from services.matching.index.settings import feasible_modes
from services.matching.index.terms import FIRST_LOAN

Int64s = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """Of every slot: the rules that fail, that cannot be judged, soft rules broken, modes that can be had.

    `waived`: hard rules that would fail, and are not held against the firm.
    """

    fail: Int64s
    unknown: Int64s
    soft: Int64s
    modes: Int64s
    waived: Int64s


def judge(
    columns: Columns,
    query: Query,
    numbers: Int64s,
    reached: Int64s,
    fees: Int64s,
    waivers: Int64s,
    *,
    wishes: bool = True,
) -> Judged:
    """The masks of every slot, withdrawn products included (they fail OFF_MARKET); soft rules only with `wishes`."""
    values = query.values()
    table = columns.settings.table
    setting = columns.prices[: columns.count, Price.SETTING]
    modes = feasible_modes(table, reached, fees)[setting]
    region = sets.verdicts(columns.regions, sets.judge_region, query.county)[
        columns.region_sets[: columns.count]
    ]
    scope = sets.verdicts(columns.industries, sets.judge_industry, query.industry)
    industry = scope[columns.industry_sets[: columns.count]]
    judged = sets.tier_verdicts(columns.tiers, query.amount_fen, query.facts)
    tier = np.frombuffer(judged, np.uint8)[columns.tier_sets[: columns.count]]
    fail = _rules(columns, values, 0, 64) | _unsecurable(table[setting, 0], modes)
    fail |= _bit(region == sets.FAIL, Bit.REGION) | _bit(industry == sets.FAIL, Bit.INDUSTRY)
    fail |= _bit(tier == sets.FAIL, Bit.AMOUNT_TIER)
    fail |= _bit(~columns.active[: columns.count], Bit.OFF_MARKET)
    unknown = columns.prices[: columns.count, Price.ASKED] & numbers[Param.UNKNOWN]
    unknown |= _bit(region == sets.UNKNOWN, Bit.REGION) | _bit(industry == sets.UNKNOWN, Bit.INDUSTRY)
    unknown |= _bit(tier == sets.UNKNOWN, Bit.AMOUNT_TIER)
    soft = _rules(columns, values, SOFT, FACT_BITS) if wishes else np.zeros(columns.count, np.int64)
    if query.real is not None:
        fail, unknown, soft = _unshown_as_they_are(columns, query, query.real, (fail, unknown, soft))
    waived = np.zeros(columns.count, np.int64)
    waived[waivers[:, 0]] = waivers[:, 1] & fail[waivers[:, 0]]
    return Judged(fail & ~waived, unknown, soft, modes, waived)


def _unshown_as_they_are(
    columns: Columns, query: Query, real: Mapping[str, int], imagined: tuple[Int64s, Int64s, Int64s]
) -> tuple[Int64s, Int64s, Int64s]:
    """The FAIL, UNKNOWN and soft masks, with each fact on which a product hides a rule judged by the real firm."""
    values, prices = replace(query, facts=real).values(), columns.prices[: columns.count]
    hidden, unknown = prices[:, Price.HIDDEN], EVERY_FACT & ~sum(1 << bit for bit in values)
    judged = (
        _rules(columns, values, 0, FACT_BITS),
        prices[:, Price.ASKED] & unknown,
        _rules(columns, values, SOFT, FACT_BITS),
    )
    fail, open_, soft = (
        (one & ~hidden) | (as_real & hidden) for one, as_real in zip(imagined, judged, strict=True)
    )
    return fail, open_, soft


def search(
    columns: Columns,
    query: Query,
    numbers: Int64s,
    reached: Int64s,
    fees: Int64s,
    waivers: Int64s,
    out: Int64s,
) -> Judged:
    """Fill `out` as the kernel does."""
    judged = judge(columns, query, numbers, reached, fees, waivers)
    eligible = np.flatnonzero(judged.fail == 0)
    out[Out.COUNTS, COUNT_ELIGIBLE] = len(eligible)
    _fill_near(columns, numbers, judged, out)
    worth = _worth(columns, numbers, judged, fees, eligible)
    for pool in Pool:
        _fill_pool(pool, worth, eligible, columns, numbers, judged, out)
    return judged


def nearest(
    columns: Columns, numbers: Int64s, judged: Judged, members: Int64s, wanted: int, lacking: int
) -> Int64s:
    """Slot (-1: no members), FAIL and UNKNOWN mask of the member with fewest failed rules, then the cheapest."""
    if not len(members):
        return np.array((-1, 0, 0), np.int64)
    masks = judged.fail[members]
    if wanted:
        masks = masks | _bit((judged.modes[members] & wanted) == 0, lacking)
    order = np.lexsort(
        (columns.prices[members, Price.TIE], _floor(columns, numbers, members), np.bitwise_count(masks))
    )
    slot = members[order[0]]
    return np.array((slot, masks[order[0]], judged.unknown[slot]), np.int64)


def _rules(columns: Columns, values: dict[int, int], base: int, below: int) -> Int64s:
    """The mask of interval and set rules that fail at these values, of hard rules (base 0) or soft ones."""
    count = columns.count
    masks = np.zeros((8, count), np.uint8)  # by byte, since whole words take eight times as long
    for bit, value in values.items():
        row = base + bit
        if bit < below and row in INTERVAL_ROW:
            flags = columns.low[INTERVAL_ROW[row], :count] > value
            flags |= columns.high[INTERVAL_ROW[row], :count] < value
        elif bit < below and row in SET_ROW:
            flags = columns.allowed[SET_ROW[row], :count] & value == 0
        else:
            continue
        masks[bit >> 3] |= flags.view(np.uint8) << np.uint8(bit & 7)
    return np.ascontiguousarray(masks.T).view("<i8")[:, 0].astype(np.int64, copy=False)


def _bit(flags: Flags, bit: int) -> Int64s:
    return flags.astype(np.int64) << bit


def _unsecurable(taken: Int64s, modes: Int64s) -> Int64s:
    lost = modes == 0
    pledge, guarantee = lost & (taken & IP_PLEDGE != 0), lost & (taken & GUARANTEE != 0)
    return _bit(pledge, Bit.IP_PLEDGE) | _bit(guarantee, Bit.GUARANTEE)


def _fill_near(columns: Columns, numbers: Int64s, judged: Judged, out: Int64s) -> None:
    counts = np.bitwise_count(judged.fail)
    barred = judged.fail & (1 << Bit.OFF_MARKET | 1 << Bit.KIND)
    slots = np.flatnonzero((counts > 0) & (counts <= 2) & (barred == 0))
    order = np.lexsort((columns.prices[slots, Price.TIE], _floor(columns, numbers, slots), counts[slots]))[
        :MOST_NEAR
    ]
    near = slots[order]
    out[Out.COUNTS, COUNT_NEAR] = len(near)
    out[Out.NEAR_SLOT, : len(near)] = near
    out[Out.NEAR_FAIL, : len(near)] = judged.fail[near]
    out[Out.NEAR_UNKNOWN, : len(near)] = judged.unknown[near]


@dataclass(frozen=True, slots=True)
class Worth:
    """Of eligible products what each is worth in each pool, secured in which way, and whether it is a first loan."""

    values: tuple[Int64s, ...]
    modes: tuple[Int64s, ...]
    first: Flags


def _worth(columns: Columns, numbers: Int64s, judged: Judged, fees: Int64s, slots: Int64s) -> Worth:
    prices, modes = columns.prices[slots], judged.modes[slots]
    missing = np.bitwise_count(judged.unknown[slots]).astype(np.int64)
    broken = np.bitwise_count(judged.soft[slots]).astype(np.int64)
    logit = numbers[Param.LOGIT] + prices[:, Price.OFFSET]
    logit += broken * numbers[Param.SOFT_FAIL] + missing * numbers[Param.UNKNOWN_RULE]
    fee = fees[columns.settings.table[prices[:, Price.SETTING], 2]]

    def value(mode: int, extra: int, more_missing: int = 0, guarantee: Int64s | int = 0) -> Int64s:
        worth = _value(prices, numbers, logit + extra, missing + more_missing, guarantee)
        return np.where(modes & mode, worth, NO_VALUE)

    plain = value(UNSECURED, 0)
    bound = value(COLLATERAL, int(numbers[Param.COLLATERAL] + numbers[Param.UNKNOWN_RULE]), 1)
    plain = np.where(modes & UNSECURED, plain, bound)
    pledged = value(IP_PLEDGE, int(numbers[Param.IP_PLEDGED]))
    guaranteed = value(GUARANTEE, int(numbers[Param.GUARANTEED]), guarantee=fee)
    best = np.maximum(plain, np.maximum(pledged, guaranteed))
    way = np.where(pledged == best, IP_PLEDGE, GUARANTEE)
    way = np.where(plain == best, np.where(modes & UNSECURED, UNSECURED, COLLATERAL), way)
    first = (prices[:, Price.FLAGS] & FIRST_LOAN != 0) & (numbers[Param.FIRST_TIME] != 0)
    later = np.where(first, LATER, 0)
    values = (
        best,
        np.where(first, best, NO_VALUE),
        np.where(modes & IP_PLEDGE, pledged - later, NO_VALUE),
        np.where(modes & GUARANTEE, guaranteed - later, NO_VALUE),
    )
    return Worth(values, (way, way, np.full_like(way, IP_PLEDGE), np.full_like(way, GUARANTEE)), first)


def best_values(columns: Columns, numbers: Int64s, judged: Judged, fees: Int64s, slots: Int64s) -> Int64s:
    """What eligible products are worth, each secured in its best way."""
    return _worth(columns, numbers, judged, fees, slots).values[Pool.ALL]


def _value(
    prices: Int64s, numbers: Int64s, logit: Int64s, missing: Int64s, guarantee: Int64s | int
) -> Int64s:
    likelihood = CURVE_TABLE[(np.clip(logit, -WIDEST, WIDEST) + WIDEST) // STEP]
    cost = _rate(prices, numbers, likelihood) + _fees(prices, numbers, guarantee)
    gain = likelihood * (numbers[Param.REFERENCE_PPM] - cost) // PPM
    worth = gain - prices[:, Price.DAYS] * numbers[Param.DAY_PPM] - missing * numbers[Param.MISSING_PPM]
    return worth + prices[:, Price.EXPLORE]


def _rate(prices: Int64s, numbers: Int64s, likelihood: Int64s | int) -> Int64s:
    most, least = prices[:, Price.MAX_PPM], prices[:, Price.MIN_PPM]
    rate = numbers[Param.BASE + prices[:, Price.BASE]] + most - (most - least) * likelihood // PPM
    return np.maximum(0, rate // BASIS_POINT * BASIS_POINT)


def _fees(prices: Int64s, numbers: Int64s, guarantee: Int64s | int) -> Int64s:
    term = numbers[Param.TERM]
    life = np.array(np.where(prices[:, Price.AMORTISING], (term + 2) // 2, term), np.int64)
    once: Int64s = prices[:, Price.ONCE_PPM] + prices[:, Price.ONCE_FEN] * PPM // numbers[Param.AMOUNT]
    return (once * MONTHS_PER_YEAR + (prices[:, Price.ANNUAL_PPM] + guarantee) * term) // life


def _floor(columns: Columns, numbers: Int64s, slots: Int64s) -> Int64s:
    """The cheapest that the product can be for anyone."""
    prices = columns.prices[slots]
    return _rate(prices, numbers, PPM) + _fees(prices, numbers, 0)


def _fill_pool(
    pool: Pool,
    worth: Worth,
    slots: Int64s,
    columns: Columns,
    numbers: Int64s,
    judged: Judged,
    out: Int64s,
) -> None:
    values = worth.values[pool]
    standing = np.flatnonzero(values != NO_VALUE)
    most = numbers[Param.BEST if pool == Pool.ALL else Param.BEST_OF_FAMILY]
    order = np.lexsort((columns.prices[slots[standing], Price.TIE], -values[standing]))[:most]
    best = standing[order]
    held, first = len(best), Out.POOLS + POOL_ROWS * pool
    out[Out.COUNTS, COUNT_POOLS + pool] = held
    out[first + Pooled.SLOT, :held] = slots[best]
    out[first + Pooled.VALUE, :held] = np.where(values < SET_BACK, values + LATER, values)[best]
    out[first + Pooled.UNKNOWN, :held] = judged.unknown[slots[best]]
    out[first + Pooled.SOFT, :held] = judged.soft[slots[best]]
    out[first + Pooled.WAIVED, :held] = judged.waived[slots[best]]
    out[first + Pooled.MODE, :held] = worth.modes[pool][best]
    out[first + Pooled.FIRST, :held] = worth.first[best]
