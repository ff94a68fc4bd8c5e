from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.finance.cost import CostSheet, Subsidy, cost_sheet
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeePayer, FeeTiming, early_charge
from libs.finance.irr import AnnualRate
from libs.finance.schedule import RepaymentMethod

LOAN = 100_000_000
RATE = 43_500

GUARANTEE = Fee(
    name="担保费",
    payee=FeePayee.GUARANTOR,
    basis=FeeBasis.PRINCIPAL,
    timing=FeeTiming.UPFRONT,
    rate_ppm=10_000,
)
APPRAISAL = Fee(
    name="评估费",
    payee=FeePayee.APPRAISER,
    basis=FeeBasis.FIXED,
    timing=FeeTiming.UPFRONT,
    amount_fen=300_000,
)
YEARLY_GUARANTEE = Fee(
    name="担保费",
    payee=FeePayee.GUARANTOR,
    basis=FeeBasis.PRINCIPAL,
    timing=FeeTiming.ANNUAL,
    rate_ppm=10_000,
)


def interest_first(*fees: Fee, subsidies: tuple[Subsidy, ...] = (), months: int = 12) -> CostSheet:
    return cost_sheet(LOAN, RATE, months, RepaymentMethod.INTEREST_FIRST, fees, subsidies)


def test_fees_raise_the_cost_of_equal_instalments_more_than_their_percentage() -> None:
    sheet = cost_sheet(LOAN, RATE, 12, RepaymentMethod.EQUAL_INSTALMENT, [GUARANTEE, APPRAISAL])

    assert sheet.all_in == AnnualRate(nominal_ppm=67_977, effective_ppm=70_136)
    assert sheet.total_fen == 3_671_879


def test_the_lenders_rate_counts_only_the_lenders_own_fees() -> None:
    sheet = interest_first(GUARANTEE, APPRAISAL)

    assert sheet.lender == AnnualRate(nominal_ppm=43_500, effective_ppm=44_378)
    assert sheet.all_in == AnnualRate(nominal_ppm=56_904, effective_ppm=58_412)


def test_a_subsidy_lowers_only_the_rate_after_subsidy() -> None:
    subsidy = Subsidy(name="贴息", payer="财政", rate_ppm=20_000)

    sheet = interest_first(GUARANTEE, APPRAISAL, subsidies=(subsidy,))

    assert (sheet.subsidy_fen, sheet.all_in.effective_ppm) == (2_000_000, 58_412)
    assert sheet.after_subsidy == AnnualRate(nominal_ppm=37_101, effective_ppm=37_738)


def test_the_sheet_lists_interest_first_and_every_fee_with_its_payee() -> None:
    sheet = interest_first(GUARANTEE, APPRAISAL)

    assert [(item.name, item.payee, item.amount_fen) for item in sheet.items] == [
        ("利息", FeePayee.LENDER, 4_350_000),
        ("担保费", FeePayee.GUARANTOR, 1_000_000),
        ("评估费", FeePayee.APPRAISER, 300_000),
    ]


def test_the_simple_rate_divides_by_the_declining_balance() -> None:
    sheet = cost_sheet(LOAN, RATE, 12, RepaymentMethod.EQUAL_INSTALMENT)

    assert sheet.simple_ppm == RATE


def test_a_yearly_fee_counts_a_part_year_by_its_months() -> None:
    sheet = cost_sheet(LOAN, RATE, 18, RepaymentMethod.EQUAL_PRINCIPAL, [YEARLY_GUARANTEE])

    assert sheet.items[1].amount_fen == 1_000_000 + 500_000


def test_a_yearly_sum_is_due_in_full_for_every_year_begun() -> None:
    fee = Fee(
        name="账户管理费",
        payee=FeePayee.LENDER,
        basis=FeeBasis.FIXED,
        timing=FeeTiming.ANNUAL,
        amount_fen=30_000,
    )

    assert interest_first(fee, months=25).items[1].amount_fen == 90_000


def test_a_fee_at_the_end_costs_less_than_the_same_fee_at_the_start() -> None:
    at_end = Fee(
        name="担保费",
        payee=FeePayee.GUARANTOR,
        basis=FeeBasis.PRINCIPAL,
        timing=FeeTiming.AT_END,
        rate_ppm=10_000,
    )

    assert interest_first(at_end).all_in.effective_ppm < interest_first(GUARANTEE).all_in.effective_ppm


def test_a_subsidy_after_maturity_counts_when_it_comes() -> None:
    early = interest_first(subsidies=(Subsidy(name="贴息", payer="财政", amount_fen=2_000_000, month=12),))
    late = interest_first(subsidies=(Subsidy(name="贴息", payer="财政", amount_fen=2_000_000, month=18),))

    assert early.after_subsidy and late.after_subsidy
    assert early.after_subsidy.effective_ppm < late.after_subsidy.effective_ppm < RATE


def test_a_subsidy_above_the_cost_has_no_rate_to_show() -> None:
    sheet = interest_first(subsidies=(Subsidy(name="贴息", payer="财政", amount_fen=9_000_000, month=6),))

    assert sheet.after_subsidy is None


def test_fees_that_eat_the_loan_are_refused() -> None:
    fee = Fee(
        name="服务费",
        payee=FeePayee.LENDER,
        basis=FeeBasis.PRINCIPAL,
        timing=FeeTiming.UPFRONT,
        rate_ppm=1_000_000,
    )

    with pytest.raises(Violation, match="no annual rate"):
        interest_first(fee)


@pytest.mark.parametrize(
    ("basis", "rate_ppm", "amount_fen", "field"),
    [
        (FeeBasis.FIXED, 10_000, 5, "rate_ppm"),
        (FeeBasis.FIXED, 0, -5, "amount_fen"),
        (FeeBasis.PRINCIPAL, 10_000, 5, "amount_fen"),
        (FeeBasis.PRINCIPAL, -1, 0, "rate_ppm"),
    ],
)
def test_a_fee_is_a_rate_or_a_sum(basis: FeeBasis, rate_ppm: int, amount_fen: int, field: str) -> None:
    with pytest.raises(Violation) as caught:
        Fee(name="费", payee=FeePayee.OTHER, basis=basis, rate_ppm=rate_ppm, amount_fen=amount_fen)

    assert caught.value.field == field


@pytest.mark.parametrize(("rate_ppm", "amount_fen", "month"), [(20_000, 5, 1), (0, -5, 1), (0, 5, -1)])
def test_a_subsidy_is_a_rate_or_a_sum(rate_ppm: int, amount_fen: int, month: int) -> None:
    with pytest.raises(Violation):
        Subsidy(name="贴息", payer="财政", rate_ppm=rate_ppm, amount_fen=amount_fen, month=month)


def test_only_what_the_borrower_pays_is_his_cost_and_the_rest_is_listed_apart() -> None:
    free = replace(APPRAISAL, payer=FeePayer.GOVERNMENT)

    sheet = interest_first(GUARANTEE, free)

    assert [item.name for item in sheet.items] == ["利息", "担保费"]
    assert [(one.name, one.payer, one.amount_fen) for one in sheet.not_counted] == [
        ("评估费", FeePayer.GOVERNMENT, 300_000)
    ]
    assert sheet.all_in == interest_first(GUARANTEE).all_in


def test_a_fee_that_may_be_left_counts_where_it_is_taken() -> None:
    choice = replace(APPRAISAL, mandatory=False)

    left = interest_first(choice)
    taken = cost_sheet(LOAN, RATE, 12, RepaymentMethod.INTEREST_FIRST, [choice], taken={"评估费"})

    assert (left.total_fen, taken.total_fen) == (4_350_000, 4_650_000)
    assert [item.mandatory for item in left.not_counted] == [False]


def test_a_fee_on_the_appraised_value_needs_that_value() -> None:
    fee = Fee(name="评估费", payee=FeePayee.APPRAISER, basis=FeeBasis.APPRAISED_VALUE, rate_ppm=1_000)

    sheet = cost_sheet(LOAN, RATE, 12, RepaymentMethod.BULLET, [fee], appraised_fen=200_000_000)

    assert sheet.items[1].amount_fen == 200_000
    with pytest.raises(Violation) as caught:
        interest_first(fee)
    assert caught.value.field == "appraised_fen"


def test_a_fee_for_early_repayment_is_in_no_plan_and_due_on_what_is_repaid_early() -> None:
    fee = replace(GUARANTEE, name="提前还款违约金", timing=FeeTiming.EARLY_REPAYMENT)

    sheet = interest_first(fee)

    assert (sheet.total_fen, [one.amount_fen for one in sheet.not_counted]) == (4_350_000, [0])
    assert (early_charge(fee, 30_000_000), early_charge(GUARANTEE, 30_000_000)) == (300_000, 0)


def test_every_item_says_how_often_and_when_it_is_paid() -> None:
    fixed_yearly = replace(YEARLY_GUARANTEE, basis=FeeBasis.FIXED, rate_ppm=0, amount_fen=100)

    sheet = interest_first(fixed_yearly, months=25)

    assert [(item.times, item.first_month, item.last_month) for item in sheet.items] == [
        (25, 1, 25),
        (3, 0, 24),
    ]


@given(
    principal=st.integers(min_value=10**7, max_value=10**11),
    rate=st.integers(min_value=10_000, max_value=150_000),
    months=st.integers(min_value=1, max_value=60),
    method=st.sampled_from(RepaymentMethod),
    fee_ppm=st.integers(min_value=1_000, max_value=30_000),
    timing=st.sampled_from([one for one in FeeTiming if one is not FeeTiming.EARLY_REPAYMENT]),
)
def test_a_third_partys_fee_always_raises_the_all_in_rate(
    principal: int, rate: int, months: int, method: RepaymentMethod, fee_ppm: int, timing: FeeTiming
) -> None:
    fee = Fee(
        name="担保费", payee=FeePayee.GUARANTOR, basis=FeeBasis.PRINCIPAL, timing=timing, rate_ppm=fee_ppm
    )

    sheet = cost_sheet(principal, rate, months, method, [fee])

    assert sheet.all_in.effective_ppm > sheet.lender.effective_ppm
    assert sheet.total_fen == sum(item.amount_fen for item in sheet.items)
