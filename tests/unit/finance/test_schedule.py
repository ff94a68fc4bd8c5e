import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.schedule import (
    PrincipalPart,
    RepaymentMethod,
    check_parts,
    even_parts,
    level_payment,
    schedule,
)

LOAN = 100_000_000
RATE = 43_500

principals = st.integers(min_value=1, max_value=10**13)
rates = st.integers(min_value=0, max_value=360_000)
terms = st.integers(min_value=1, max_value=120)
methods = st.sampled_from(RepaymentMethod)
periods = st.sampled_from((1, 3))


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


def part(month: int, principal_fen: int) -> PrincipalPart:
    return PrincipalPart(month=month, principal_fen=principal_fen)


PLAN = (part(4, 30_000_000), part(12, 70_000_000))


def test_a_planned_loan_repays_in_the_parts_of_its_plan() -> None:
    plan = schedule(LOAN, RATE, 12, RepaymentMethod.PLANNED, parts=PLAN)

    assert {one.number: one.principal_fen for one in plan if one.principal_fen} == {
        4: 30_000_000,
        12: 70_000_000,
    }
    assert (plan[3].interest_fen, plan[4].interest_fen) == (362_500, 253_750)


def test_a_planned_loan_without_a_plan_repays_every_half_year() -> None:
    plan = schedule(LOAN, RATE, 15, RepaymentMethod.PLANNED)

    parts = {one.number: one.principal_fen for one in plan if one.principal_fen}
    assert parts == {6: 33_333_333, 12: 33_333_333, 15: 33_333_334}


def test_interest_by_the_quarter_is_paid_every_three_months_and_at_the_end() -> None:
    plan = schedule(LOAN, RATE, 8, RepaymentMethod.INTEREST_FIRST, interest_months=3)

    assert [(one.number, one.interest_fen) for one in plan] == [(3, 1_087_500), (6, 1_087_500), (8, 725_000)]


def test_a_part_inside_a_quarter_bears_interest_only_until_it_is_paid() -> None:
    plan = schedule(LOAN, RATE, 12, RepaymentMethod.PLANNED, interest_months=3, parts=PLAN)

    assert [(one.number, one.principal_fen, one.interest_fen) for one in plan] == [
        (3, 0, 1_087_500),
        (4, 30_000_000, 0),
        (6, 0, 362_500 + 2 * 253_750),
        (9, 0, 761_250),
        (12, 70_000_000, 761_250),
    ]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ((part(4, 30_000_000),), "parts"),
        ((part(12, 99_999_999),), "parts"),
        ((part(4, 0), part(12, LOAN)), "parts/0/principal_fen"),
        ((part(4, 30_000_000), part(4, 70_000_000)), "parts/1/month"),
        ((part(13, LOAN),), "parts/0/month"),
    ],
)
def test_what_is_no_plan_is_told_where(parts: tuple[PrincipalPart, ...], field: str) -> None:
    with pytest.raises(Violation) as caught:
        schedule(LOAN, RATE, 12, RepaymentMethod.PLANNED, parts=parts)

    assert caught.value.field == field


def test_only_a_planned_loan_has_parts_and_interest_comes_by_month_or_quarter() -> None:
    with pytest.raises(Violation, match="no plan of parts"):
        schedule(LOAN, RATE, 12, RepaymentMethod.BULLET, parts=PLAN)
    with pytest.raises(Violation, match="every 6 months"):
        schedule(LOAN, RATE, 12, RepaymentMethod.INTEREST_FIRST, interest_months=6)


@given(principals, terms, st.integers(min_value=1, max_value=24))
def test_even_parts_are_a_plan(principal: int, months: int, every: int) -> None:
    parts = even_parts(principal, months, every)

    check_parts(parts, principal, months)


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


@given(principals, rates, terms, methods, periods)
def test_a_plan_repays_the_principal_exactly(
    principal: int, rate: int, months: int, method: RepaymentMethod, period: int
) -> None:
    plan = schedule(principal, rate, months, method, interest_months=period)

    assert sum(instalment.principal_fen for instalment in plan) == principal
    assert plan[-1].balance_fen == 0


@given(principals, rates, terms, methods, periods)
def test_no_part_of_a_plan_is_negative(
    principal: int, rate: int, months: int, method: RepaymentMethod, period: int
) -> None:
    for instalment in schedule(principal, rate, months, method, interest_months=period):
        assert min(instalment.principal_fen, instalment.interest_fen, instalment.balance_fen) >= 0
