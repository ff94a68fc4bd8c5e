"""A quote says what the cost sheet says, figure by figure."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.cost import CostSheet, Subsidy, cost_sheet
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeePayer, FeeTiming
from libs.finance.quote import Quote, quote
from libs.finance.schedule import RepaymentMethod


@st.composite
def fees(draw: st.DrawFn) -> Fee:
    basis = draw(st.sampled_from(FeeBasis))
    fixed = basis is FeeBasis.FIXED
    return Fee(
        name=draw(st.sampled_from(["a", "b", "c"])),
        payee=draw(st.sampled_from(FeePayee)),
        payer=draw(st.sampled_from(FeePayer)),
        basis=basis,
        rate_ppm=0 if fixed else draw(st.integers(0, 60_000)),
        amount_fen=draw(st.integers(0, 10_000_000)) if fixed else 0,
        timing=draw(st.sampled_from(FeeTiming)),
        mandatory=draw(st.booleans()),
    )


subsidies = st.one_of(
    st.builds(Subsidy, name=st.just("s"), payer=st.just("p"), rate_ppm=st.integers(0, 60_000)),
    st.builds(
        Subsidy,
        name=st.just("t"),
        payer=st.just("p"),
        amount_fen=st.integers(0, 5_000_000),
        month=st.none() | st.integers(1, 40),
    ),
)
loans = st.tuples(
    st.integers(1, 10**12), st.integers(0, 360_000), st.integers(1, 60), st.sampled_from(RepaymentMethod)
)


def outcome(price: Any, *args: Any, **more: Any) -> tuple[Any, ...]:
    try:
        return told(price(*args, **more))
    except Violation as refused:
        return refused.field, refused.message


def told(found: CostSheet | Quote) -> tuple[Any, ...]:
    items = [(item.name, item.payee, item.amount_fen, item.timing) for item in found.items]
    return items, found.total_fen, found.subsidies_fen, found.all_in, found.after_subsidy


@settings(max_examples=500, deadline=None)
@given(
    loans,
    st.lists(fees(), max_size=3),
    st.lists(subsidies, max_size=2),
    st.sampled_from([1, 3]),
    st.none() | st.integers(0, 10**12),
)
def test_a_quote_is_its_sheet_in_short(
    loan: tuple[int, int, int, RepaymentMethod],
    some: list[Fee],
    paid: list[Subsidy],
    interest_months: int,
    appraised_fen: int | None,
) -> None:
    more = {"interest_months": interest_months, "appraised_fen": appraised_fen}
    assert outcome(quote, *loan, some, paid, **more) == outcome(cost_sheet, *loan, some, paid, **more)


@pytest.mark.parametrize(
    "wrong", [(0, 40_000, 12), (100, -1, 12), (100, 40_000, 0)], ids=["principal", "rate", "months"]
)
def test_a_loan_that_cannot_be_is_refused_alike(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(Violation) as short:
        quote(*wrong, RepaymentMethod.EQUAL_INSTALMENT)
    with pytest.raises(Violation) as long:
        cost_sheet(*wrong, RepaymentMethod.EQUAL_INSTALMENT)
    assert short.value.field == long.value.field


def test_fees_that_eat_the_loan_leave_no_rate() -> None:
    fee = Fee(name="a", payee=FeePayee.OTHER, basis=FeeBasis.FIXED, amount_fen=200, timing=FeeTiming.UPFRONT)
    with pytest.raises(Violation, match="no annual rate"):
        quote(100, 40_000, 12, RepaymentMethod.BULLET, (fee,))
