from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.daycount import DayBase, add_months, add_years, days_between, interest_for_days
from libs.finance.rates import linked_rate_ppm, monthly_interest, spread_bp


def test_a_linked_rate_is_the_prime_rate_plus_its_spread() -> None:
    assert [linked_rate_ppm(38_500, 50), linked_rate_ppm(38_500, -30)] == [43_500, 35_500]


def test_a_linked_rate_is_never_negative() -> None:
    with pytest.raises(Violation, match="negative"):
        linked_rate_ppm(30_000, -301)


def test_the_spread_is_read_back_from_the_rate() -> None:
    assert spread_bp(43_500, 38_500) == 50


def test_a_months_interest_is_a_twelfth_of_the_annual_rate() -> None:
    assert monthly_interest(100_000_000, 43_500) == 362_500


def test_a_lump_sum_is_charged_by_days_on_360() -> None:
    days = days_between(date(2021, 4, 20), date(2022, 4, 20))

    assert (days, interest_for_days(100_000_000, 43_500, days)) == (365, 4_410_417)


def test_a_rate_on_365_is_lower_than_on_360() -> None:
    assert interest_for_days(100_000_000, 43_500, 365, DayBase.ACT_365) == 4_350_000


def test_interest_never_runs_backwards() -> None:
    with pytest.raises(Violation, match="before"):
        days_between(date(2022, 4, 20), date(2021, 4, 20))


def test_a_month_without_the_day_ends_on_its_last_day() -> None:
    assert [add_years(date(2024, 2, 29), 3), add_years(date(2025, 6, 30), 3)] == [
        date(2027, 2, 28),
        date(2028, 6, 30),
    ]
    assert [add_months(date(2026, 1, 31), 1), add_months(date(2026, 3, 31), -1)] == [date(2026, 2, 28)] * 2


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(min_value=0, max_value=360))
def test_later_by_months_is_the_right_month(start: date, months: int) -> None:
    end = add_months(start, months)

    assert (end.year - start.year) * 12 + end.month - start.month == months
