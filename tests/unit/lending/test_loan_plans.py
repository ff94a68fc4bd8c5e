"""Plans of loans: each version is whole, sums to the principal, and pays interest on what was owed."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from libs.finance.schedule import PrincipalPart, RepaymentMethod, schedule
from services.lending.domain.loan_plan import (
    Change,
    DueKind,
    Form,
    Plan,
    PlanReason,
    due_until,
    fewest_months,
    interest_run_up,
    months_until,
    oldest_unpaid,
    opening,
    replanned,
)

START = date(2025, 6, 3)
MILLION = 100_000_000


def form(method: RepaymentMethod, amount_fen: int = MILLION, interest_months: int = 1) -> Form:
    return Form(amount_fen=amount_fen, starts=START, method=method, interest_months=interest_months)


def early(on: date, repaid_fen: int, months: int, rate_ppm: int = 36_000) -> Change:
    return Change(
        reason=PlanReason.EARLY_REPAYMENT, on=on, repaid_fen=repaid_fen, rate_ppm=rate_ppm, months=months
    )


def principal_of(plan: Plan) -> int:
    return sum(due.principal_fen for due in plan.dues)


def test_the_first_plan_is_the_schedule_on_its_days() -> None:
    plan = opening(form(RepaymentMethod.EQUAL_INSTALMENT, 300_000_000), 38_500, 12)

    assert [due.due_on for due in plan.dues[:2]] == [date(2025, 7, 3), date(2025, 8, 3)]
    assert {due.principal_fen + due.interest_fen for due in plan.dues[:-1]} == {25_524_416}
    assert plan.dues[-1].principal_fen + plan.dues[-1].interest_fen == 25_524_413
    assert due_until(plan, plan.ends_on) == (300_000_000, 6_292_989)


def test_the_days_keep_the_day_of_the_drawdown() -> None:
    plan = opening(
        Form(amount_fen=1_200, starts=date(2025, 1, 31), method=RepaymentMethod.EQUAL_PRINCIPAL), 0, 3
    )

    assert [due.due_on for due in plan.dues] == [date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30)]


def test_part_of_a_loan_repaid_early_lowers_the_instalments() -> None:
    before = opening(form(RepaymentMethod.EQUAL_PRINCIPAL, 120_000_000), 36_000, 12)

    after = replanned(
        before, form(RepaymentMethod.EQUAL_PRINCIPAL, 120_000_000), early(date(2025, 9, 3), 75_000_000, 12)
    )

    assert [due.kind for due in after.dues[:4]] == [*[DueKind.INSTALMENT] * 3, DueKind.EARLY]
    assert (after.dues[3].principal_fen, after.dues[3].balance_fen) == (45_000_000, 45_000_000)
    assert {due.principal_fen for due in after.dues[4:]} == {5_000_000}
    assert after.ends_on == before.ends_on


def test_or_it_shortens_the_term() -> None:
    how = form(RepaymentMethod.EQUAL_PRINCIPAL, 120_000_000)
    before = opening(how, 36_000, 12)

    months = fewest_months(before, how, date(2025, 9, 3), 45_000_000)
    after = replanned(before, how, early(date(2025, 9, 3), 75_000_000, months))

    assert (months, after.ends_on) == (8, date(2026, 2, 3))
    assert [due.principal_fen for due in after.dues[4:]] == [9_000_000] * 5


def test_equal_instalments_are_kept_where_the_term_gets_shorter() -> None:
    how = form(RepaymentMethod.EQUAL_INSTALMENT)
    before = opening(how, 36_000, 24)
    usual_fen = before.dues[0].principal_fen + before.dues[0].interest_fen
    paid_fen = sum(due.principal_fen for due in before.dues[:6]) + 30_000_000

    months = fewest_months(before, how, before.dues[5].due_on, MILLION - paid_fen)
    after = replanned(before, how, early(before.dues[5].due_on, paid_fen, months))

    coming = [due.principal_fen + due.interest_fen for due in after.dues[7:]]
    assert len(coming) < 18
    assert max(coming) <= usual_fen
    assert principal_of(after) == MILLION


@pytest.mark.parametrize("method", [RepaymentMethod.INTEREST_FIRST, RepaymentMethod.BULLET])
def test_a_method_without_instalments_has_none_to_keep(method: RepaymentMethod) -> None:
    before = opening(form(method), 36_000, 12)

    with pytest.raises(Violation, match="LOWER_INSTALMENT"):
        fewest_months(before, form(method), date(2025, 9, 3), 50_000_000)


def test_what_came_early_bears_interest_by_days_until_it_came() -> None:
    how = form(RepaymentMethod.INTEREST_FIRST)
    before = opening(how, 36_000, 12)

    after = replanned(before, how, early(date(2025, 7, 13), 50_000_000, 12))

    first = next(due for due in after.dues if due.due_on == date(2025, 8, 3))
    assert (
        first.interest_fen == 150_000 + 50_000
    )  # half a million: a month of it, and ten days of 360 of what came
    assert after.dues[-1].principal_fen == 50_000_000


def test_a_loan_on_demand_bears_interest_by_days() -> None:
    how = form(RepaymentMethod.ON_DEMAND)
    before = opening(how, 36_000, 3)

    after = replanned(before, how, early(date(2025, 6, 13), 90_000_000, 3))

    assert [due.interest_fen for due in before.dues] == [300_000, 310_000, 310_000]  # 30, 31, 31 days of 360
    assert [due.interest_fen for due in after.dues] == [0, 90_000 + 30_000, 31_000, 31_000]


def test_another_rate_holds_from_its_day() -> None:
    how = form(RepaymentMethod.INTEREST_FIRST)
    before = opening(how, 36_000, 24)
    reset = Change(
        reason=PlanReason.RATE_RESET, on=date(2026, 6, 3), repaid_fen=0, rate_ppm=30_000, months=24
    )

    after = replanned(before, how, reset)

    assert [due.interest_fen for due in after.dues] == [300_000] * 12 + [250_000] * 12
    assert (after.version, after.rate_ppm, after.from_on) == (2, 30_000, date(2026, 6, 3))


def test_quarterly_interest_keeps_its_quarters() -> None:
    how = form(RepaymentMethod.INTEREST_FIRST, interest_months=3)
    before = opening(how, 36_000, 12)

    after = replanned(before, how, early(date(2025, 10, 3), 50_000_000, 12))

    days = [due.due_on for due in after.dues if due.kind is DueKind.INSTALMENT]
    assert days == [date(2025, 9, 3), date(2025, 12, 3), date(2026, 3, 3), date(2026, 6, 3)]


def test_a_planned_loan_is_cut_in_proportion() -> None:
    how = form(RepaymentMethod.PLANNED)
    parts = (
        PrincipalPart(month=6, principal_fen=60_000_000),
        PrincipalPart(month=12, principal_fen=40_000_000),
    )
    before = opening(how, 36_000, 12, parts)

    after = replanned(before, how, early(date(2025, 8, 3), 50_000_000, 12))

    paid = [(due.due_on, due.principal_fen) for due in after.dues if due.principal_fen]
    assert paid == [
        (date(2025, 8, 3), 50_000_000),
        (date(2025, 12, 3), 30_000_000),
        (date(2026, 6, 3), 20_000_000),
    ]


def test_each_rate_holds_for_its_days_where_interest_is_paid_at_the_end() -> None:
    """A million at 3.6 % for 92 days, at 3.0 % for 91, then at 2.4 %."""
    how = form(RepaymentMethod.BULLET)
    first = opening(how, 36_000, 12)
    second = replanned(first, how, early(date(2025, 9, 3), 0, 12, 30_000))
    third = replanned(second, how, early(date(2025, 12, 3), 0, 12, 24_000), (first,))

    assert second.dues[-1].interest_fen == 3_000_000 + 153_333  # 0.6 % for 92 days
    assert third.dues[-1].interest_fen == 2_400_000 + 458_333  # 1.2 % for 92 days, 0.6 % for 91
    assert interest_run_up(third, how, MILLION, date(2025, 12, 3), (second, first)) == 1_678_333


def test_an_early_payment_told_late_is_no_instalment() -> None:
    how = form(RepaymentMethod.PLANNED)
    parts = (
        PrincipalPart(month=6, principal_fen=60_000_000),
        PrincipalPart(month=12, principal_fen=40_000_000),
    )
    before = opening(how, 36_000, 12, parts)
    known = replanned(before, how, early(date(2025, 10, 3), 20_000_000, 12))

    after = replanned(known, how, early(date(2025, 8, 3), 50_000_000, 12), (before,))

    paid = [due.principal_fen for due in after.dues if due.principal_fen]
    assert paid == [50_000_000, 30_000_000, 20_000_000]


def test_nothing_is_planned_anew_when_the_plan_has_ended() -> None:
    how = form(RepaymentMethod.BULLET)

    with pytest.raises(Violation) as refused:
        replanned(opening(how, 36_000, 12), how, early(date(2026, 6, 3), 1, 12))

    assert refused.value.field == "replan"


def test_interest_may_be_short_by_a_few_days() -> None:
    plan = opening(form(RepaymentMethod.INTEREST_FIRST), 36_000, 12)

    assert oldest_unpaid(plan, 0, 270_000, 1_000) == date(2025, 8, 3)
    assert oldest_unpaid(plan, 0, 269_999, 1_000) == date(2025, 7, 3)
    assert oldest_unpaid(plan, MILLION, 3_600_000, 0) is None


def test_interest_runs_from_the_last_payment_of_it() -> None:
    how = form(RepaymentMethod.INTEREST_FIRST)
    plan = opening(how, 36_000, 12)

    assert interest_run_up(plan, how, 50_000_000, date(2025, 7, 13)) == 50_000
    assert interest_run_up(plan, how, 50_000_000, date(2025, 7, 3)) == 0


@dataclass
class Lending:
    how: Form
    months: int
    rate_ppm: int


@st.composite
def lendings(draw: st.DrawFn) -> Lending:
    method = draw(st.sampled_from(RepaymentMethod))
    months = draw(st.integers(1, 36))
    amount_fen = draw(st.integers(1, 10**10))
    starts = draw(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
    how = Form(
        amount_fen=amount_fen, starts=starts, method=method, interest_months=draw(st.sampled_from([1, 3]))
    )
    return Lending(how, months, draw(st.integers(0, 240_000)))


@given(lendings(), st.data())
@settings(max_examples=200, deadline=None)
def test_every_version_sums_to_the_principal_and_never_goes_below_zero(
    one: Lending, data: st.DataObject
) -> None:
    """Whatever comes early, at whatever rate the loan is reset, and however it is extended."""
    plan, repaid_fen, months = opening(one.how, one.rate_ppm, one.months), 0, one.months
    on, rate_ppm = one.how.starts, one.rate_ppm
    for _ in range(data.draw(st.integers(0, 4))):
        last = add_months(one.how.starts, months)
        on = min(on + timedelta(days=data.draw(st.integers(0, 120))), last - timedelta(days=1))
        repaid_fen += data.draw(st.integers(0, one.how.amount_fen - repaid_fen))
        rate_ppm = data.draw(st.sampled_from([rate_ppm, 0, 30_000]))
        months += data.draw(st.integers(0, 6))
        change = Change(
            reason=PlanReason.RATE_RESET, on=on, repaid_fen=repaid_fen, rate_ppm=rate_ppm, months=months
        )
        plan = replanned(plan, one.how, change)

        assert principal_of(plan) == one.how.amount_fen
        assert min(min(due.principal_fen, due.interest_fen, due.balance_fen) for due in plan.dues) >= 0
        assert [due.due_on for due in plan.dues] == sorted(due.due_on for due in plan.dues)
        assert plan.dues[-1].balance_fen == 0
        nothing_left = due_until(plan, on)[0] == one.how.amount_fen
        assert nothing_left or plan.ends_on == add_months(one.how.starts, months)


@given(lendings())
@settings(max_examples=100, deadline=None)
def test_who_pays_each_due_is_never_past_due(one: Lending) -> None:
    plan = opening(one.how, one.rate_ppm, one.months)
    principal_fen = interest_fen = 0
    for due in plan.dues:
        assert oldest_unpaid(plan, principal_fen, interest_fen, 0) in (due.due_on, None) or not (
            due.principal_fen or due.interest_fen
        )
        principal_fen += due.principal_fen
        interest_fen += due.interest_fen

    assert oldest_unpaid(plan, principal_fen, interest_fen, 0) is None


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_months_are_counted_as_they_are_added(start: date, months: int) -> None:
    assert months_until(start, add_months(start, months)) == months


def test_the_plan_of_equal_instalments_is_that_of_the_library() -> None:
    known = schedule(MILLION, 43_500, 12, RepaymentMethod.EQUAL_INSTALMENT)
    plan = opening(form(RepaymentMethod.EQUAL_INSTALMENT), 43_500, 12)

    assert [(due.principal_fen, due.interest_fen) for due in plan.dues] == [
        (one.principal_fen, one.interest_fen) for one in known
    ]
