import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod, level_payment, schedule

LOAN = 100_000_000
RATE = 43_500

principals = st.integers(min_value=1, max_value=10**13)
rates = st.integers(min_value=0, max_value=360_000)
terms = st.integers(min_value=1, max_value=120)
methods = st.sampled_from(RepaymentMethod)


def test_equal_instalments_differ_only_in_the_last_fen() -> None:
    plan = schedule(LOAN, RATE, 12, RepaymentMethod.EQUAL_INSTALMENT)

    assert {instalment.payment_fen for instalment in plan[:-1]} == {8_530_990}
    assert plan[-1].payment_fen == 8_530_989


def test_equal_principal_costs_less_interest_every_month() -> None:
    plan = schedule(LOAN, RATE, 12, RepaymentMethod.EQUAL_PRINCIPAL)

    assert (plan[0].payment_fen, plan[-1].payment_fen, plan[-1].principal_fen) == (
        8_695_833,
        8_363_545,
        8_333_337,
    )


def test_interest_first_leaves_the_principal_to_the_last_month() -> None:
    plan = schedule(LOAN, RATE, 12, RepaymentMethod.INTEREST_FIRST)

    assert [instalment.principal_fen for instalment in plan] == [0] * 11 + [LOAN]


def test_a_bullet_is_one_payment_in_its_last_month() -> None:
    (only,) = schedule(LOAN, RATE, 6, RepaymentMethod.BULLET)

    assert (only.number, only.principal_fen, only.interest_fen, only.balance_fen) == (6, LOAN, 2_175_000, 0)


def test_a_loan_on_demand_is_planned_as_drawn_for_the_whole_term() -> None:
    on_demand = schedule(LOAN, RATE, 12, RepaymentMethod.ON_DEMAND)

    assert on_demand == schedule(LOAN, RATE, 12, RepaymentMethod.INTEREST_FIRST)


def test_without_interest_the_level_payment_is_the_principal_over_the_months() -> None:
    assert level_payment(120_000, 0, 12) == 10_000


@pytest.mark.parametrize(
    ("principal_fen", "rate_ppm", "months", "field"),
    [(0, RATE, 12, "principal_fen"), (LOAN, -1, 12, "rate_ppm"), (LOAN, RATE, 0, "months")],
)
def test_impossible_terms_are_named(principal_fen: int, rate_ppm: int, months: int, field: str) -> None:
    with pytest.raises(Violation) as caught:
        schedule(principal_fen, rate_ppm, months, RepaymentMethod.BULLET)

    assert caught.value.field == field


@given(principals, rates, terms, methods)
def test_a_plan_repays_the_principal_exactly(
    principal: int, rate: int, months: int, method: RepaymentMethod
) -> None:
    plan = schedule(principal, rate, months, method)

    assert sum(instalment.principal_fen for instalment in plan) == principal
    assert plan[-1].balance_fen == 0


@given(principals, rates, terms, methods)
def test_no_part_of_a_plan_is_negative(
    principal: int, rate: int, months: int, method: RepaymentMethod
) -> None:
    for instalment in schedule(principal, rate, months, method):
        assert min(instalment.principal_fen, instalment.interest_fen, instalment.balance_fen) >= 0
