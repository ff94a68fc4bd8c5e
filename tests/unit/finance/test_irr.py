from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.finance.irr import AnnualRate, NoUniqueRoot, annual_rate, monthly_irr, xirr_ppm
from libs.finance.schedule import RepaymentMethod, schedule


def test_one_payment_after_a_year_costs_its_interest() -> None:
    flows = [100_000_000, *[0] * 11, -104_350_000]

    assert annual_rate(flows) == AnnualRate(nominal_ppm=42_656, effective_ppm=43_500)


def test_dated_flows_count_the_days_they_span() -> None:
    flows = [(date(2022, 4, 20), -104_410_417), (date(2021, 4, 20), 100_000_000)]

    assert xirr_ppm(flows) == 44_104


def test_a_loan_that_costs_less_than_nothing_has_a_negative_rate() -> None:
    assert annual_rate([100_000, *[0] * 11, -99_000]).effective_ppm == -10_000


def test_a_subsidy_in_the_middle_leaves_one_answer() -> None:
    flows = [100_000_000, *[-362_500] * 5, 1_637_500, *[-362_500] * 5, -100_362_500]

    assert 0 < monthly_irr(flows) < 0.003625


@pytest.mark.parametrize("flows", [[], [0, 0], [100, 50], [-100, 230, -132], [100, -300, 205]])
def test_flows_without_a_single_rate_are_refused(flows: list[int]) -> None:
    with pytest.raises(NoUniqueRoot):
        monthly_irr(flows)


def test_a_rate_beyond_sense_is_refused() -> None:
    with pytest.raises(NoUniqueRoot, match="No rate between"):
        monthly_irr([1, -1_000_000])


@given(
    principal=st.integers(min_value=10**8, max_value=10**12),
    rate=st.integers(min_value=0, max_value=240_000),
    months=st.integers(min_value=1, max_value=120),
    method=st.sampled_from([method for method in RepaymentMethod if method is not RepaymentMethod.BULLET]),
)
def test_a_loan_without_fees_costs_its_own_rate(
    principal: int, rate: int, months: int, method: RepaymentMethod
) -> None:
    paid = {one.number: one.payment_fen for one in schedule(principal, rate, months, method)}

    found = annual_rate([principal, *(-paid[month] for month in range(1, months + 1))])

    assert abs(found.nominal_ppm - rate) <= 1
