from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.cost import Extras, Subsidy
from libs.finance.dated import Use, interest_of, sheet_of_uses
from libs.finance.fees import Fee, FeeBasis, FeePayee

LOAN, RATE, START = 100_000_000, 43_500, date(2021, 4, 20)


def use(start: date, days: int, amount_fen: int = LOAN) -> Use:
    return Use(drawn_on=start, repaid_on=start + timedelta(days), amount_fen=amount_fen)


def test_a_lump_sum_bears_interest_for_its_days_of_a_year_of_360() -> None:
    year = use(START, 365)

    sheet = sheet_of_uses([year], RATE, LOAN, START, 12, Extras())

    assert (interest_of(year, RATE), sheet.lender.effective_ppm) == (4_410_417, 44_104)
    assert sheet.simple_ppm == 44_104


def test_each_use_of_a_line_bears_interest_for_its_own_days() -> None:
    uses = [use(START, 31, 10_000_000), use(date(2021, 8, 1), 122, 30_000_000)]

    sheet = sheet_of_uses(uses, RATE, LOAN, START, 12, Extras())

    assert [interest_of(one, RATE) for one in uses] == [37_458, 442_250]
    assert sheet.items[0].amount_fen == 37_458 + 442_250
    assert 44_104 < sheet.lender.effective_ppm < 46_000  # paid before the year is out


def test_a_fee_for_the_whole_line_weighs_on_the_little_that_is_used() -> None:
    fee = Fee(name="管理费", payee=FeePayee.LENDER, basis=FeeBasis.PRINCIPAL, rate_ppm=1_000)

    sheet = sheet_of_uses([use(START, 31, 10_000_000)], RATE, LOAN, START, 12, Extras(fees=[fee]))

    assert sheet.items[1].amount_fen == 100_000
    assert sheet.lender.effective_ppm > 150_000


def test_a_subsidy_of_a_line_is_counted_by_days_too() -> None:
    subsidy = Subsidy(name="贴息", payer="财政", rate_ppm=20_000)

    sheet = sheet_of_uses([use(START, 365)], RATE, LOAN, START, 12, Extras(subsidies=[subsidy]))

    assert sheet.subsidies_fen == (2_027_778,)
    assert sheet.after_subsidy is not None
    assert sheet.after_subsidy.effective_ppm == 23_826


@pytest.mark.parametrize(
    ("days", "amount_fen", "field"), [(0, LOAN, "repaid_on"), (-1, LOAN, "repaid_on"), (30, 0, "amount_fen")]
)
def test_a_use_has_an_amount_and_an_end_after_its_start(days: int, amount_fen: int, field: str) -> None:
    with pytest.raises(Violation) as caught:
        use(START, days, amount_fen)

    assert caught.value.field == field


@given(
    st.lists(
        st.tuples(st.integers(0, 700), st.integers(20, 360), st.integers(10**7, 10**10)),
        min_size=1,
        max_size=6,
    ),
    st.integers(min_value=10_000, max_value=200_000),
)
def test_any_uses_cost_between_the_shortest_and_the_longest_of_them(
    drawn: list[tuple[int, int, int]], rate: int
) -> None:
    """Simple interest compounds to more the sooner it is paid: the whole lies between its parts."""
    uses = [use(START + timedelta(after), days, fen) for after, days, fen in drawn]

    whole = sheet_of_uses(uses, rate, LOAN, START, 36, Extras()).lender.effective_ppm

    alone = [sheet_of_uses([one], rate, LOAN, START, 36, Extras()).lender.effective_ppm for one in uses]
    assert min(alone) - 2 <= whole <= max(alone) + 2
