"""The one rate at which a series of cash flows is worth nothing: the true annual cost of a loan.

Flows are seen from the borrower, positive when money comes in, in whole fen. The search is in floating point;
answers are rounded half-up to millionths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from math import floor

from libs.criteria.shape import Shape
from libs.finance.money import PPM
from libs.finance.rates import MONTHS_PER_YEAR

# A period's rate is looked for between -50 % and 200 %; a figure beyond that would mean nothing to anyone.
LOWEST, HIGHEST = -0.5, 2.0
FIRST_GUESS = 0.005
PRECISION = 1e-12
STEPS = 200
LOOKS = 500  # half a percentage point apart

# The present value at a rate, and its slope there.
_Curve = Callable[[float], tuple[float, float]]


class NoUniqueRoot(ArithmeticError):
    """The flows have no internal rate of return, or may have several: no annual rate may be shown for them."""


@dataclass(frozen=True, slots=True)
class AnnualRate(Shape):
    """One cost by two customs: `nominal_ppm` is twelve times the monthly rate, `effective_ppm` compounds it."""

    nominal_ppm: int
    effective_ppm: int


def monthly_irr(flows: Sequence[int], guess: float = FIRST_GUESS) -> float:
    """The monthly rate of flows one month apart, the first at drawdown. Raises NoUniqueRoot.

    The nearer the `guess`, the sooner it is found; what is found is the same.
    """
    backwards = [float(flow) for flow in reversed(flows)]
    if _is_plain(flows):
        return _plain_root(backwards, min(max(guess, 0.0), 1.0))
    return _root(lambda rate: _monthly_value(backwards, rate), _lower_bound(flows))


def annual_rate(flows: Sequence[int], guess: float = FIRST_GUESS) -> AnnualRate:
    """The annual rate of monthly flows, nominal and effective. Raises NoUniqueRoot."""
    return of_month(monthly_irr(flows, guess))


def of_month(rate: float) -> AnnualRate:
    """The annual rate of a monthly one."""
    return AnnualRate(_ppm(rate * MONTHS_PER_YEAR), _ppm((1 + rate) ** MONTHS_PER_YEAR - 1))


def xirr_ppm(flows: Sequence[tuple[date, int]]) -> int:
    """The effective annual rate of dated flows, act/365 from the earliest date. Raises NoUniqueRoot."""
    ordered = sorted(flows)
    start = ordered[0][0]
    timed = [((day - start).days / 365, amount) for day, amount in ordered]

    def curve(rate: float) -> tuple[float, float]:
        return _dated_value(timed, rate)

    return _ppm(_root(curve, _dated_bound(curve, [amount for _, amount in ordered])))


def dated_rate(flows: Sequence[tuple[date, int]]) -> AnnualRate:
    """The annual rate of dated flows: effective by XIRR, nominal as twelve times the month's rate that compounds to it.

    Raises NoUniqueRoot.
    """
    effective_ppm = xirr_ppm(flows)
    month = (1 + effective_ppm / PPM) ** (1 / MONTHS_PER_YEAR) - 1
    return AnnualRate(_ppm(month * MONTHS_PER_YEAR), effective_ppm)


def _lower_bound(flows: Sequence[int]) -> float:
    """Where to look from, once it is certain that there is one root only.

    One change of sign means one root (Descartes). One change in the running sum means one positive root (Norstrom):
    a subsidy paid in the middle of a loan turns one month's flow around and still leaves one answer.
    """
    if _sign_changes(flows) == 1:
        return LOWEST
    if _sign_changes(list(accumulate(flows))) == 1:
        return 0.0
    raise NoUniqueRoot("The flows change sign more than once, or never: they have no single annual rate.")


def _dated_bound(curve: _Curve, flows: Sequence[int]) -> float:
    """The same, or for a line that is drawn and repaid again and again: its value is looked at all along."""
    try:
        return _lower_bound(flows)
    except NoUniqueRoot:
        above = [curve(LOWEST + step * (HIGHEST - LOWEST) / LOOKS)[0] > 0 for step in range(LOOKS + 1)]
        if sum(before != after for before, after in pairwise(above)) != 1:
            raise
        return LOWEST


def _sign_changes(flows: Sequence[int]) -> int:
    signs = [flow > 0 for flow in flows if flow]
    return sum(before != after for before, after in pairwise(signs))


def _monthly_value(backwards: Sequence[float], rate: float) -> tuple[float, float]:
    discount = 1 / (1 + rate)
    value = slope = 0.0
    for flow in backwards:
        slope = slope * discount + value
        value = value * discount + flow
    return value, -slope * discount * discount


def _dated_value(timed: Sequence[tuple[float, int]], rate: float) -> tuple[float, float]:
    grown = 1 + rate
    worth = [(years, amount * grown**-years) for years, amount in timed]
    return sum(value for _, value in worth), -sum(years * value for years, value in worth) / grown


def _is_plain(flows: Sequence[int]) -> bool:
    """Money in once, then only out, and more of it, by less than three times as much: one root from 0 to HIGHEST."""
    if len(flows) < 2:
        return False
    first, rest = flows[0], flows[1:]
    return max(rest) <= 0 and 0 < first <= -sum(rest) < 3 * first


def _plain_root(backwards: Sequence[float], rate: float) -> float:
    """Newton's method: the value of such flows rises with the rate and bends down, so that no step leaves for good."""
    for _ in range(STEPS):
        value, slope = _monthly_value(backwards, rate)
        following = max(rate - value / slope, LOWEST)
        if abs(following - rate) < PRECISION:
            return following
        rate = following
    return rate


def _root(curve: _Curve, low: float) -> float:
    """Newton's method, kept inside a bracket that every step narrows; where it would leave it, bisection."""
    high, rising = HIGHEST, curve(HIGHEST)[0] > 0
    if (curve(low)[0] > 0) is rising:
        raise NoUniqueRoot(
            f"No rate between {low:.0%} and {HIGHEST:.0%} a period makes the flows worth nothing."
        )
    rate = FIRST_GUESS
    for _ in range(STEPS):
        value, slope = curve(rate)
        low, high = (low, rate) if (value > 0) is rising else (rate, high)
        step = rate - value / slope if slope else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - rate) < PRECISION:
            return following
        rate = following
    return rate


def _ppm(rate: float) -> int:
    """Half-up, as percentages are printed."""
    return floor(rate * PPM + 0.5)
