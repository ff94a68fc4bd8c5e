"""The annual rates of a product, recomputed from its own terms, and what a bank may advertise."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.cost import cost_sheet
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.schedule import RepaymentMethod
from libs.registry.loan_terms import ProductKind, RateBase, RateBasis
from services.lending.domain.product import (
    ProductTerms,
    Rate,
    StatedRate,
    check_rate,
    rate_mistakes,
    rates_of,
)
from services.lending.operations import products
from tests.support.lending import new_product, terms
from tests.unit.lending.desk import MANAGER, OFFICER, Desk

ON = date(2025, 6, 3)  # the one-year LPR is 3.00 %
NOISE_PPM = 30  # instalments are whole fen


def fixed(ppm: int) -> Rate:
    return Rate(base=RateBase.FIXED, min_ppm=ppm, max_ppm=ppm)


def test_rates_follow_the_lpr_of_the_day() -> None:
    before, after = (rates_of(terms(), day).lender for day in (date(2025, 5, 19), ON))

    assert before is not None
    assert after is not None
    assert before.min.nominal_ppm - after.min.nominal_ppm == 1_000


def test_a_fee_that_leaves_nothing_of_the_smallest_loan_leaves_no_rate() -> None:
    fee = Fee(name="工本费", payee=FeePayee.LENDER, basis=FeeBasis.FIXED, amount_fen=10_000_000)
    stated = StatedRate(min_ppm=34_000, max_ppm=41_000, basis=RateBasis.NOMINAL)

    assert rates_of(terms(fees=(fee,)), ON).lender is None
    with pytest.raises(Violation, match="no annual rate"):
        check_rate(terms(fees=(fee,), stated_rate=stated), ON)


def test_a_letter_of_guarantee_has_no_rate() -> None:
    assert rates_of(terms(kind=ProductKind.LETTER_OF_GUARANTEE), ON).all_in is None


def test_a_refused_rate_is_told_with_what_is_possible() -> None:
    stated = StatedRate(min_ppm=30_000, max_ppm=50_000, basis=RateBasis.NOMINAL)

    low, high = rate_mistakes(terms(stated_rate=stated), ON)

    assert (low.field, high.field) == ("terms/stated_rate/min_ppm", "terms/stated_rate/max_ppm")
    assert low.mend == "Give 3.40 % to 4.40 % (NOMINAL), or mend the rate and the fees."
    assert low.source == "PBC Announcement [2021] No. 3"


def test_registering_a_rate_that_cannot_be_is_refused(one_desk: Desk) -> None:
    stated = StatedRate(min_ppm=20_000, max_ppm=41_000, basis=RateBasis.NOMINAL)

    with pytest.raises(Violation) as refused:
        one_desk.registered(new_product("R-1", stated_rate=stated))

    assert refused.value.field == "terms/stated_rate/min_ppm"


def test_every_answer_and_the_state_on_the_market_carry_the_rates(one_desk: Desk) -> None:
    product = one_desk.published(new_product("R-2"))

    listed = one_desk.ask(products.list_products, OFFICER).items

    assert product.rates is not None
    assert product.rates.lender is not None
    assert [one.rates for one in listed if one.id == product.id] == [product.rates]
    assert one_desk.act(products.suspend_product, MANAGER, product.id).rates == product.rates


def test_a_loan_that_ends_within_a_quarter_pays_its_last_interest_sooner() -> None:
    product = terms(
        term_min_months=3,
        term_max_months=6,
        interest_months=3,
        rate=fixed(120_000),
        repayment_methods=(RepaymentMethod.INTEREST_FIRST,),
    )

    span = rates_of(product, ON).lender

    assert span is not None
    assert (span.min.nominal_ppm, span.max.nominal_ppm) == (118_820, 119_108)


fees = st.builds(
    Fee,
    name=st.just("服务费"),
    payee=st.just(FeePayee.LENDER),
    basis=st.just(FeeBasis.PRINCIPAL),
    rate_ppm=st.integers(0, 20_000),
    timing=st.sampled_from([FeeTiming.UPFRONT, FeeTiming.ANNUAL, FeeTiming.AT_END]),
) | st.builds(
    Fee,
    name=st.just("管理费"),
    payee=st.just(FeePayee.LENDER),
    basis=st.just(FeeBasis.FIXED),
    amount_fen=st.integers(0, 100_000),
    timing=st.sampled_from([FeeTiming.UPFRONT, FeeTiming.ANNUAL, FeeTiming.AT_END]),
)


@st.composite
def offers(draw: st.DrawFn) -> tuple[ProductTerms, int, int, int, RepaymentMethod]:
    """A product, and a loan under it: amount, rate, months, method."""
    low, high = sorted(draw(st.tuples(st.integers(1, 60), st.integers(1, 60))))
    least, most = sorted(draw(st.tuples(st.integers(10**7, 10**10), st.integers(10**7, 10**10))))
    cheap, dear = sorted(draw(st.tuples(st.integers(20_000, 120_000), st.integers(20_000, 120_000))))
    methods = draw(st.lists(st.sampled_from(RepaymentMethod), min_size=1, max_size=3, unique=True))
    product = terms(
        amount_min_fen=least,
        amount_max_fen=most,
        term_min_months=low,
        term_max_months=high,
        rate=Rate(base=RateBase.FIXED, min_ppm=cheap, max_ppm=dear),
        fees=draw(st.just(()) | fees.map(lambda fee: (fee,))),
        repayment_methods=tuple(methods),
        interest_months=draw(st.sampled_from((1, 3))),
    )
    return (
        product,
        draw(st.integers(least, most)),
        draw(st.integers(cheap, dear)),
        draw(st.integers(low, high)),
        draw(st.sampled_from(methods)),
    )


@given(offers())
def test_no_loan_under_the_terms_costs_less_or_more_than_the_span(
    offer: tuple[ProductTerms, int, int, int, RepaymentMethod],
) -> None:
    product, amount_fen, rate_ppm, months, method = offer
    span = rates_of(product, ON).lender
    assume(span is not None)
    assert span is not None

    sheet = cost_sheet(
        amount_fen, rate_ppm, months, method, product.fees, interest_months=product.interest_months
    )

    assert span.min.effective_ppm - NOISE_PPM <= sheet.lender.effective_ppm
    assert sheet.lender.effective_ppm <= span.max.effective_ppm + NOISE_PPM
    inside = StatedRate(
        min_ppm=sheet.lender.effective_ppm, max_ppm=sheet.lender.effective_ppm, basis=RateBasis.EFFECTIVE
    )
    check_rate(replace(product, stated_rate=inside), ON)
