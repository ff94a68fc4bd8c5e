"""What the terms of a product cost a year, recomputed from the terms themselves (PBC Announcement [2021] No. 3).

The span runs over the edges of the terms: lowest and highest rate, every repayment method, shortest and longest term,
smallest and largest amount. Interest by days (BULLET, ON_DEMAND) is act/360, so a year of it is 365/360 of the rate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.cost import cost_sheet
from libs.finance.daycount import DayBase
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeeTiming, must_be_paid
from libs.finance.irr import AnnualRate, of_month
from libs.finance.money import PPM
from libs.finance.rates import MONTHS_PER_YEAR
from libs.finance.schedule import MONTHLY, QUARTERLY, RepaymentMethod
from libs.registry.loan_terms import ProductKind, RateBase, RateBasis
from libs.registry.lpr import LprTenor, lpr_on
from services.lending.domain.product.checks import RATE_DISCLOSURE

if TYPE_CHECKING:
    from services.lending.domain.product.terms import ProductTerms

TOLERANCE_PPM = 100  # rates are told with two decimals
_LARGE_FEN = 10**11  # where no fee is a fixed sum: so large that no rounding of instalments shows
_BY_DAYS = (RepaymentMethod.BULLET, RepaymentMethod.ON_DEMAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSpan(Shape):
    """From the cheapest to the dearest loan that the terms allow."""

    min: AnnualRate
    max: AnnualRate


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRates(Shape):
    """`lender` counts interest and the lender's own fees, `all_in` every fee that the borrower must pay.

    A fee on an appraised value is counted on the principal: no less than that is appraised. None where a loan at the
    edge of the terms has no annual rate, and for what lends nothing.
    """

    priced_on: date
    lender: RateSpan | None = None
    all_in: RateSpan | None = None


@dataclass(frozen=True, slots=True)
class _Edges:
    """The part of the terms on which annual rates depend, with the rates of the day."""

    rates_ppm: tuple[int, int]
    amounts_fen: tuple[int, int]
    months: tuple[int, int]
    methods: tuple[RepaymentMethod, ...]
    interest_months: int


def base_ppm(base: RateBase, on: date) -> int:
    """What a rate is counted from on a day; Violation before the first LPR."""
    return 0 if base is RateBase.FIXED else lpr_on(LprTenor(base), on).rate_ppm


def highest_ppm(terms: "ProductTerms", on: date) -> int:
    """The highest rate that the terms state, at the LPR of a day; Violation before the first LPR."""
    return max(0, base_ppm(terms.rate.base, on) + terms.rate.max_ppm)


def rates_of(terms: "ProductTerms", on: date) -> ProductRates:
    """The annual rates of the terms, at the LPR of a day."""
    if terms.kind is ProductKind.LETTER_OF_GUARANTEE:
        return ProductRates(priced_on=on)
    base = base_ppm(terms.rate.base, on)
    edges = _Edges(
        (max(0, base + terms.rate.min_ppm), highest_ppm(terms, on)),
        (terms.amount_min_fen, terms.amount_max_fen),
        (terms.term_min_months, terms.longest_use_months),
        terms.repayment_methods,
        terms.interest_months,
    )
    due = tuple(fee for fee in terms.fees if must_be_paid(fee))
    own = tuple(fee for fee in due if fee.payee is FeePayee.LENDER)
    return ProductRates(priced_on=on, lender=_span(edges, own), all_in=_span(edges, due))


def rate_mistakes(terms: "ProductTerms", on: date) -> Iterator[Violation]:
    """A stated rate that the terms cannot give, with what they can."""
    stated = terms.stated_rate
    if stated is None:
        return
    span = rates_of(terms, on).lender
    if span is None:
        mend = "Mend amounts and fees, or leave the stated rate out."
        why = "The smallest loan under these terms has no annual rate."
        yield Violation("terms/stated_rate", why, mend, RATE_DISCLOSURE)
        return
    low, high = (_in_basis(rate, stated.basis) for rate in (span.min, span.max))
    possible = f"Give {_percent(low)} to {_percent(high)} ({stated.basis}), or mend the rate and the fees."
    for name, value in (("min_ppm", stated.min_ppm), ("max_ppm", stated.max_ppm)):
        if not low - TOLERANCE_PPM <= value <= high + TOLERANCE_PPM:
            why = f"These terms cannot give {_percent(value)} a year on {on}."
            yield Violation(f"terms/stated_rate/{name}", why, possible, RATE_DISCLOSURE)


def check_rate(terms: "ProductTerms", on: date) -> None:
    """Raise the first of `rate_mistakes`."""
    for mistake in rate_mistakes(terms, on):
        raise mistake


@lru_cache(maxsize=20_000)
def _span(edges: _Edges, fees: tuple[Fee, ...]) -> RateSpan | None:
    try:
        return RateSpan(
            min=min(_edge(edges, fees, 0), key=_effective), max=max(_edge(edges, fees, 1), key=_effective)
        )
    except Violation:  # the fees leave nothing of the smallest loan
        return None


def _effective(rate: AnnualRate) -> int:
    return rate.effective_ppm


def _edge(edges: _Edges, fees: tuple[Fee, ...], side: int) -> list[AnnualRate]:
    """Loans of which one is the cheapest (side 0) or the dearest (side 1)."""
    fixed = any(fee.basis is FeeBasis.FIXED for fee in fees)
    amount_fen = edges.amounts_fen[1 - side] if fixed else _LARGE_FEN
    return [
        _annual(edges, fees, amount_fen, rate_ppm, months, method)
        for method in edges.methods
        for months in _terms(edges, fees)
        for rate_ppm in _rates(edges.rates_ppm[side], method)
    ]


def _terms(edges: _Edges, fees: tuple[Fee, ...]) -> set[int]:
    """Shortest and longest, and what may be dearer or cheaper than both.

    With a yearly fee: where a year has just begun, and the last full year. With interest by the quarter: terms that
    end with a quarter, and those that end within one, so that the last interest is paid sooner.
    """
    short, long = edges.months
    found = {short, long}
    if any(fee.timing is FeeTiming.ANNUAL for fee in fees):
        begun = -(-(short - 1) // MONTHS_PER_YEAR) * MONTHS_PER_YEAR + 1
        found |= {begun, long // MONTHS_PER_YEAR * MONTHS_PER_YEAR}
    if edges.interest_months == QUARTERLY:
        found |= {short + 1, short + 2, long - 1, long - 2}
    return {months for months in found if short <= months <= long}


def _rates(rate_ppm: int, method: RepaymentMethod) -> tuple[int, ...]:
    by_days = rate_ppm * DayBase.ACT_365 // DayBase.ACT_360
    return (rate_ppm, by_days) if method in _BY_DAYS else (rate_ppm,)


def _annual(
    edges: _Edges, fees: tuple[Fee, ...], amount_fen: int, rate_ppm: int, months: int, method: RepaymentMethod
) -> AnnualRate:
    if not fees and method is RepaymentMethod.BULLET:
        return of_month((1 + rate_ppm * months / (PPM * MONTHS_PER_YEAR)) ** (1 / months) - 1)
    if not fees and (edges.interest_months == MONTHLY or method in _MONTHLY):
        return of_month(rate_ppm / PPM / MONTHS_PER_YEAR)
    sheet = cost_sheet(
        amount_fen,
        rate_ppm,
        months,
        method,
        fees,
        interest_months=edges.interest_months,
        appraised_fen=amount_fen,
    )
    return sheet.all_in


_MONTHLY = (RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.EQUAL_PRINCIPAL)


def _in_basis(rate: AnnualRate, basis: RateBasis) -> int:
    return rate.nominal_ppm if basis is RateBasis.NOMINAL else rate.effective_ppm


def _percent(ppm: int) -> str:
    return f"{ppm / 10_000:.2f} %"
