"""Two increases and two controls (两增两控): the regulator's yearly test of a bank's inclusive loans, by dated rules.

Comparisons multiply crosswise in whole numbers, so that a tie passes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.finance.money import BP, PPM, half_up
from services.lending.domain.returns.figures import Figures, Period


class Base(StrEnum):
    """What a period is compared with."""

    YEAR_AGO = "YEAR_AGO"
    YEAR_START = "YEAR_START"


class Measure(StrEnum):
    GROWTH = "GROWTH"
    """Inclusive loans grow no slower than all loans."""
    HOUSEHOLDS = "HOUSEHOLDS"
    """No fewer borrowers have a balance."""
    NPL = "NPL"
    """The non-performing ratio is above that of all loans by no more than the margin."""
    RATE = "RATE"
    """What is granted costs no more, or less by what the year asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncreaseRules(Shape):
    """Of one year: which measures are tested, against which base, and by how much the rate is to fall."""

    base: Base
    measures: tuple[Measure, ...]
    rate_cut_ppm: int
    npl_margin_bp: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested(Shape):
    """A measure with its value and the bound that it keeps or not; in millionths, households in numbers."""

    measure: Measure
    value: int
    bound: int
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment(Shape):
    """`base_period`: None where there is no accepted return to compare with, and then nothing is judged."""

    period: str
    base: Base
    base_period: str | None
    tests: tuple[Tested, ...] = ()
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """This period's figures beside the base's, and the rules of its year."""

    now: Figures
    then: Figures
    rules: IncreaseRules


def base_of(period: Period, base: Base) -> Period:
    return period.year_ago if base is Base.YEAR_AGO else period.year_start


def assessed(period: Period, now: Figures, then: Figures | None, rules: IncreaseRules) -> Assessment:
    """`then`: the figures of the base period, None where no return of it counts."""
    if then is None:
        return Assessment(period=str(period), base=rules.base, base_period=None)
    compared = Compared(now, then, rules)
    tests = tuple(_TESTS[measure](compared) for measure in rules.measures)
    return Assessment(
        period=str(period),
        base=rules.base,
        base_period=str(base_of(period, rules.base)),
        tests=tests,
        passed=all(test.passed for test in tests),
    )


def ratio_ppm(part: int, whole: int) -> int:
    """A part of a whole in millionths, for people; of nothing it is nothing."""
    return half_up(part * PPM, whole) if whole else 0


def _growth(one: Compared) -> Tested:
    now, then = one.now, one.then
    passed = now.inclusive_fen * then.all_loans_fen >= now.all_loans_fen * then.inclusive_fen
    grown = ratio_ppm(now.inclusive_fen - then.inclusive_fen, then.inclusive_fen)
    all_grown = ratio_ppm(now.all_loans_fen - then.all_loans_fen, then.all_loans_fen)
    return Tested(measure=Measure.GROWTH, value=grown, bound=all_grown, passed=passed)


def _households(one: Compared) -> Tested:
    now, then = one.now.households, one.then.households
    return Tested(measure=Measure.HOUSEHOLDS, value=now, bound=then, passed=now >= then)


def _npl(one: Compared) -> Tested:
    """x/X - y/Y <= margin, times X * Y."""
    now = one.now
    own, whole = now.inclusive_fen, now.all_loans_fen
    gap = now.inclusive_npl_fen * whole - now.all_npl_fen * own
    margin_ppm = one.rules.npl_margin_bp * PPM // BP
    return Tested(
        measure=Measure.NPL,
        value=ratio_ppm(now.inclusive_npl_fen, own),
        bound=ratio_ppm(now.all_npl_fen, whole) + margin_ppm,
        passed=gap * BP <= one.rules.npl_margin_bp * own * whole,
    )


def _rate(one: Compared) -> Tested:
    bound = one.then.granted_rate_ppm - one.rules.rate_cut_ppm
    now = one.now.granted_rate_ppm
    return Tested(measure=Measure.RATE, value=now, bound=bound, passed=now <= bound)


_TESTS: Mapping[Measure, Callable[[Compared], Tested]] = {
    Measure.GROWTH: _growth,
    Measure.HOUSEHOLDS: _households,
    Measure.NPL: _npl,
    Measure.RATE: _rate,
}
