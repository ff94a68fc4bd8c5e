"""The life of a loan: past due and cured, classed, extended, repriced, repaid early, claimed for, written off."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from libs.chassis.principal import Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.schedule import RepaymentMethod
from libs.registry.loan_terms import RateBase, RateReset
from rongqiao.guarantee.v1 import claims_pb2
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from rongqiao.lending.v1 import events_pb2
from services.lending.domain import drawdown
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.extension import Extension
from services.lending.domain.loan import Loan, LoanChange, LoanClass, LoanStatus
from services.lending.domain.loan_class import Classification
from services.lending.domain.loan_plan import PlanReason, Replan
from services.lending.domain.product import Rate
from services.lending.domain.repayment import Repayment, RepaymentKind
from services.lending.domain.write_off import WriteOff
from services.lending.operations import loan_life, loan_planning, loans
from tests.support.lending import OTHER_FIRM, new_product
from tests.unit.lending.desk import APPROVAL, MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk, later

TODAY = date(2026, 11, 22)
LENT = 80_000_000
FIRST_DUE = date(2026, 12, 22)
MONTHLY_INTEREST = 290_000
_numbers = count()


def lent(desk: Desk, approval: Any = APPROVAL, method: str = "INTEREST_FIRST", **product: Any) -> Loan:
    number = next(_numbers)
    how = RepaymentMethod(method)
    sold = desk.published(new_product(f"P-{number}", repayment_methods=(how,), **product))
    application = desk.opened(sold, request_id=f"req_{number}", repayment_method=how)
    told = Disbursement(disbursed_on=TODAY, external_id=f"L-{number}")
    return desk.disbursed(desk.contracted(application, approval), told)


def pay(desk: Desk, loan: Loan, principal_fen: int = 0, interest_fen: int = 0, **changes: Any) -> Loan:
    payment = Repayment(
        principal_fen=principal_fen,
        interest_fen=interest_fen,
        paid_on=desk.database.clock.now().date(),
        external_id=f"R-{next(_numbers)}",
    )
    return desk.repaid(loan, replace(payment, **changes))


def read(desk: Desk, loan: Loan) -> Loan:
    return desk.ask(loans.get_loan, OFFICER, loan.id)


def changes_of(desk: Desk, loan: Loan) -> list[str]:
    told = [event.decode(events_pb2.LoanChanged) for event in desk.events("LoanChanged")]
    names = events_pb2.LoanChange.Name
    return [names(one.change).removeprefix("LOAN_CHANGE_") for one in told if one.loan_id == loan.id]


def test_an_instalment_that_nobody_paid_is_past_due_the_day_after(desk: Desk) -> None:
    loan = lent(desk)
    with later(desk, (FIRST_DUE - TODAY).days):
        assert loan_life.review(desk.database) == 0
    with later(desk, (FIRST_DUE - TODAY).days + 1):
        loan_life.review(desk.database)
        again = loan_life.review(desk.database)

    late = read(desk, loan)
    assert (late.status, late.past_due_since, again) == (LoanStatus.PAST_DUE, FIRST_DUE, 0)
    assert late.loan_class is LoanClass.SPECIAL_MENTION
    assert changes_of(desk, loan) == ["DISBURSED", "PAST_DUE", "CLASSIFIED"]


def test_what_is_paid_in_time_is_never_past_due(one_desk: Desk) -> None:
    loan = lent(one_desk)
    with later(one_desk, 30):
        assert pay(one_desk, loan, interest_fen=MONTHLY_INTEREST).next_due_on == date(2027, 1, 22)
    with later(one_desk, 31):
        loan_life.review(one_desk.database)

    assert read(one_desk, loan).status is LoanStatus.ACTIVE


def test_paying_what_is_owed_cures_the_loan_and_leaves_its_class_to_the_bank(one_desk: Desk) -> None:
    loan = lent(one_desk)
    with later(one_desk, 40):
        loan_life.review(one_desk.database)
        cured = pay(one_desk, loan, interest_fen=MONTHLY_INTEREST)
        better = one_desk.act(
            loan_life.classify,
            OFFICER,
            loan.id,
            Classification(loan_class=LoanClass.NORMAL, classified_on=date(2027, 1, 1)),
        )

    assert (cured.status, cured.past_due_since) == (LoanStatus.ACTIVE, None)
    assert (cured.loan_class, better.loan_class) == (LoanClass.SPECIAL_MENTION, LoanClass.NORMAL)
    assert changes_of(one_desk, loan)[-2:] == ["CURED", "CLASSIFIED"]


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        (1, LoanClass.SPECIAL_MENTION),
        (90, LoanClass.SPECIAL_MENTION),
        (91, LoanClass.SUBSTANDARD),
        (271, LoanClass.DOUBTFUL),
        (361, LoanClass.LOSS),
    ],
)
def test_no_class_is_better_than_the_days_past_due_allow(
    one_desk: Desk, days: int, wanted: LoanClass
) -> None:
    loan = lent(one_desk, replace(APPROVAL, term_months=24), method="BULLET", term_max_months=24)
    order = list(LoanClass)
    with later(one_desk, (loan.matures_on - TODAY).days + days):
        loan_life.review(one_desk.database)
        better = Classification(loan_class=order[order.index(wanted) - 1], classified_on=TODAY)
        with pytest.raises(Violation, match=f"is at least {wanted}") as refused:
            one_desk.act(loan_life.classify, OFFICER, loan.id, better)

    assert read(one_desk, loan).loan_class is wanted
    assert "令〔2023〕第1号" in str(refused.value.source)


def test_a_bank_may_judge_worse(one_desk: Desk) -> None:
    worse = Classification(loan_class=LoanClass.DOUBTFUL, classified_on=TODAY)

    assert (
        one_desk.act(loan_life.classify, OFFICER, lent(one_desk).id, worse).loan_class is LoanClass.DOUBTFUL
    )


def test_a_loan_repaid_in_full_before_its_day_is_settled(desk: Desk) -> None:
    loan = lent(desk)

    settled = pay(desk, loan, LENT)

    assert (settled.status, settled.outstanding_fen, settled.next_due_on) == (LoanStatus.SETTLED, 0, None)
    assert changes_of(desk, loan) == ["DISBURSED", "SETTLED"]
    (payment,) = desk.ask(loans.list_repayments, OFFICER, loan.id).items
    assert (payment.kind, payment.expected_interest_fen) == (RepaymentKind.EARLY, 0)


def test_part_of_a_loan_repaid_early_is_planned_anew_as_told(desk: Desk) -> None:
    loan = lent(desk, method="EQUAL_PRINCIPAL")
    with later(desk, 30):
        pay(desk, loan, 6_666_667, 290_000)
        shorter = pay(desk, loan, 20_000_000, replan=Replan.SHORTER_TERM)
        lower = pay(desk, loan, 20_000_000, replan=Replan.LOWER_INSTALMENT)
        told = desk.ask(loans.get_schedule, OWNER, loan.id)

    assert shorter.matures_on == date(2027, 8, 22) < loan.matures_on
    assert lower.matures_on == shorter.matures_on
    assert [plan.reason for plan in (told.plan, *told.earlier)] == [
        PlanReason.EARLY_REPAYMENT,
        PlanReason.EARLY_REPAYMENT,
        PlanReason.DRAWDOWN,
    ]
    for plan in (told.plan, *told.earlier):
        assert sum(due.principal_fen for due in plan.dues) == LENT
    assert changes_of(desk, loan) == ["DISBURSED", "REPLANNED", "REPLANNED"]


def test_nothing_is_planned_anew_where_nothing_came_early(one_desk: Desk) -> None:
    loan = lent(one_desk)

    with pytest.raises(Violation) as refused:
        pay(one_desk, loan, interest_fen=1, replan=Replan.LOWER_INSTALMENT)

    assert refused.value.field == "replan"


def test_the_fee_for_repaying_early_is_told_beside_what_the_bank_took(one_desk: Desk) -> None:
    fee = Fee(
        name="提前还款手续费",
        payee=FeePayee.LENDER,
        basis=FeeBasis.PRINCIPAL,
        rate_ppm=5_000,
        timing=FeeTiming.EARLY_REPAYMENT,
    )
    loan = lent(one_desk, fees=(fee,))
    with later(one_desk, 10):
        pay(one_desk, loan, 10_000_000, 29_000, fee_fen=60_000, replan=Replan.LOWER_INSTALMENT)

    (payment,) = one_desk.ask(loans.list_repayments, OFFICER, loan.id).items
    assert (payment.fee_fen, payment.expected_fee_fen) == (60_000, 50_000)
    assert payment.expected_interest_fen == 12_083  # ten days of 360 on what came


def test_interest_that_differs_is_told_and_never_refused(one_desk: Desk) -> None:
    loan = lent(one_desk)
    with later(one_desk, 30):
        pay(one_desk, loan, interest_fen=299_667)
        told = one_desk.ask(loans.get_schedule, OFFICER, loan.id)

    assert (told.interest_due_fen, told.interest_paid_fen, told.interest_difference_fen) == (
        290_000,
        299_667,
        9_667,
    )


def test_a_loan_on_demand_is_planned_anew_by_each_payment(one_desk: Desk) -> None:
    loan = lent(one_desk, method="ON_DEMAND")
    with later(one_desk, 10):
        pay(one_desk, loan, 40_000_000)
        plan = one_desk.ask(loans.get_schedule, OFFICER, loan.id).plan

    by_days = 40_000_000 * 43_500 * (10 + 30) // 360_000_000
    assert plan.version == 2
    assert next(due.interest_fen for due in plan.dues if due.due_on == FIRST_DUE) == pytest.approx(
        by_days, abs=1
    )


def test_an_extended_loan_falls_due_later_under_the_same_contract(desk: Desk) -> None:
    loan = lent(desk)
    extended = desk.act(loan_life.extend, OFFICER, loan.id, Extension(months=12, asked_on=TODAY))

    assert (extended.matures_on, extended.extended_from) == (date(2028, 11, 22), date(2027, 11, 22))
    plan = desk.ask(loans.get_schedule, OFFICER, loan.id).plan
    assert (plan.reason, plan.ends_on, plan.dues[-1].principal_fen) == (
        PlanReason.EXTENSION,
        date(2028, 11, 22),
        LENT,
    )
    assert changes_of(desk, loan) == ["DISBURSED", "EXTENDED"]


def test_a_loan_is_extended_only_so_far_all_extensions_together(one_desk: Desk) -> None:
    loan = lent(one_desk)
    one_desk.act(loan_life.extend, OFFICER, loan.id, Extension(months=7, asked_on=TODAY))

    with pytest.raises(Violation, match="12 months at most, not 13") as refused:
        one_desk.act(loan_life.extend, OFFICER, loan.id, Extension(months=6, asked_on=TODAY))

    assert refused.value.source == "贷款通则，第十二条"


def test_an_extension_is_told_before_the_loan_falls_due(one_desk: Desk) -> None:
    loan = lent(one_desk)
    with later(one_desk, (loan.matures_on - TODAY).days), pytest.raises(Violation, match="before") as refused:
        one_desk.act(loan_life.extend, OFFICER, loan.id, Extension(months=1, asked_on=TODAY))

    assert refused.value.field == "asked_on"


def test_a_rate_over_the_lpr_follows_it_on_its_days(desk: Desk) -> None:
    rate = Rate(base=RateBase.LPR_1Y, min_ppm=4_000, max_ppm=14_000, reset=RateReset.ANNUAL)
    approval = replace(APPROVAL, rate_base=RateBase.LPR_1Y, spread_bp=85, term_months=24)
    loan = lent(desk, approval, rate=rate)
    assert (loan.rate_ppm, loan.reprices_on) == (38_500, date(2027, 11, 22))
    with later(desk, 366):
        loan_life.reprice(desk.database)
        again = loan_life.reprice(desk.database)

    reset = read(desk, loan)
    assert (reset.priced_on, reset.reprices_on, again) == (date(2027, 11, 22), None, 0)
    plan = desk.ask(loans.get_schedule, OFFICER, loan.id).plan
    assert (plan.reason, plan.from_on) == (PlanReason.RATE_RESET, date(2027, 11, 22))
    assert changes_of(desk, loan) == ["DISBURSED", "REPRICED"]


def floating(desk: Desk, months: int, every: RateReset, method: str = "INTEREST_FIRST") -> Loan:
    rate = Rate(base=RateBase.LPR_1Y, min_ppm=4_000, max_ppm=14_000, reset=every)
    approval = replace(APPROVAL, rate_base=RateBase.LPR_1Y, spread_bp=85, term_months=months)
    return lent(desk, approval, method, rate=rate)


def test_a_loan_that_ends_before_its_reset_has_none(one_desk: Desk) -> None:
    """And stands in the way of no other that is to be reset."""
    loan = floating(one_desk, 24, RateReset.ANNUAL, "EQUAL_PRINCIPAL")
    shorter = pay(one_desk, loan, 60_000_000, replan=Replan.SHORTER_TERM)
    with later(one_desk, 400):
        loan_life.review(one_desk.database)
        loan_life.reprice(one_desk.database)

    assert (shorter.matures_on < date(2027, 11, 22), shorter.reprices_on) == (True, None)


def test_a_reset_makes_no_rate_negative(one_desk: Desk) -> None:
    loan = floating(one_desk, 24, RateReset.ANNUAL)
    with one_desk.database.read() as tx:
        product = loan_planning.product_of(tx, loan)

    assert drawdown.repriced(replace(loan, spread_bp=-400), product).rate_ppm == 0


def test_an_extended_loan_follows_the_lpr_on(one_desk: Desk) -> None:
    loan = floating(one_desk, 12, RateReset.ANNUAL)
    longer = one_desk.act(loan_life.extend, OFFICER, loan.id, Extension(months=6, asked_on=TODAY))

    assert (loan.reprices_on, longer.reprices_on) == (None, date(2027, 11, 22))


def claim(
    loan: Loan, status: int, paid_fen: int = 0, claim_id: str = "clm_1"
) -> guarantee_events.ClaimChanged:
    parts = [claims_pb2.Part(party="local", bears_fen=paid_fen), claims_pb2.Part(party="bank", bears_fen=7)]
    return guarantee_events.ClaimChanged(claim_id=claim_id, loan_id=loan.id, status=status, parts=parts)  # type: ignore[arg-type]


def hear(desk: Desk, told: guarantee_events.ClaimChanged) -> None:
    desk.database.transact(lambda tx: loan_life.follow_claim(tx, told))


def test_a_loan_whose_guarantee_was_called_is_claimed_and_paid_for(desk: Desk) -> None:
    loan = lent(desk)
    hear(desk, claim(loan, claims_pb2.CLAIM_STATUS_NOTIFIED))
    hear(desk, claim(loan, claims_pb2.CLAIM_STATUS_ACCEPTED, 64_000_000))
    assert read(desk, loan).claim_paid_fen == 0

    hear(desk, claim(loan, claims_pb2.CLAIM_STATUS_PAID, 64_000_000))
    hear(desk, claim(loan, claims_pb2.CLAIM_STATUS_SETTLED, 64_000_000))

    known = read(desk, loan)
    assert (known.status, known.claim_paid_fen, known.outstanding_fen) == (
        LoanStatus.CLAIMED,
        64_000_000,
        16_000_000,
    )
    assert changes_of(desk, loan) == ["DISBURSED", "CLAIMED", "CLAIMED"]


def test_a_refused_claim_leaves_the_loan_as_it_was(one_desk: Desk) -> None:
    loan = lent(one_desk)
    hear(one_desk, claim(loan, claims_pb2.CLAIM_STATUS_NOTIFIED, claim_id=f"clm_{loan.id}"))
    hear(one_desk, claim(loan, claims_pb2.CLAIM_STATUS_REFUSED, claim_id=f"clm_{loan.id}"))

    assert read(one_desk, loan) == loan
    assert changes_of(one_desk, loan) == ["DISBURSED", "CLAIMED", "CLAIM_REFUSED"]


def test_after_a_refused_claim_the_rate_follows_the_lpr_again(one_desk: Desk) -> None:
    loan = floating(one_desk, 24, RateReset.ANNUAL)
    hear(one_desk, claim(loan, claims_pb2.CLAIM_STATUS_NOTIFIED, claim_id=f"clm_{loan.id}"))
    hear(one_desk, claim(loan, claims_pb2.CLAIM_STATUS_REFUSED, claim_id=f"clm_{loan.id}"))

    assert read(one_desk, loan) == loan


def test_what_the_borrower_brought_while_the_claim_stood_settles_the_loan_when_it_is_refused(
    one_desk: Desk,
) -> None:
    loan = lent(one_desk)
    hear(one_desk, claim(loan, claims_pb2.CLAIM_STATUS_NOTIFIED, claim_id=f"clm_{loan.id}"))
    pay(one_desk, loan, LENT)
    hear(one_desk, claim(loan, claims_pb2.CLAIM_STATUS_REFUSED, claim_id=f"clm_{loan.id}"))

    assert (read(one_desk, loan).status, read(one_desk, loan).outstanding_fen) == (LoanStatus.SETTLED, 0)
    assert changes_of(one_desk, loan) == ["DISBURSED", "CLAIMED", "CLAIM_REFUSED", "SETTLED"]


def test_a_claim_never_pays_more_than_is_owed(one_desk: Desk) -> None:
    loan = lent(one_desk)
    hear(one_desk, claim(loan, claims_pb2.CLAIM_STATUS_PAID, LENT + 5, claim_id=f"clm_{loan.id}"))

    known = read(one_desk, loan)
    assert (known.claim_paid_fen, known.outstanding_fen) == (LENT, 0)


def test_a_claim_on_a_loan_of_a_banks_list_is_not_ours(one_desk: Desk) -> None:
    stranger = replace(lent(one_desk), id="loan_of_a_list")

    hear(one_desk, claim(stranger, claims_pb2.CLAIM_STATUS_NOTIFIED, claim_id="clm_list"))

    with pytest.raises(NotFound):
        read(one_desk, stranger)


def gone_bad(desk: Desk) -> Loan:
    """A loan that the guarantee paid for in part."""
    loan = lent(desk)
    hear(desk, claim(loan, claims_pb2.CLAIM_STATUS_PAID, 64_000_000, claim_id=f"clm_{loan.id}"))
    return read(desk, loan)


GIVEN_UP = WriteOff(written_off_on=TODAY)


def test_what_nobody_brought_is_written_off_and_may_still_come_back(desk: Desk) -> None:
    loan = gone_bad(desk)

    lost = desk.act(loan_life.write_off_loan, MANAGER, loan.id, GIVEN_UP)
    back = pay(desk, loan, 6_000_000)

    assert (lost.status, lost.loan_class, lost.written_off_fen) == (
        LoanStatus.WRITTEN_OFF,
        LoanClass.LOSS,
        16_000_000,
    )
    assert (back.recovered_fen, back.outstanding_fen, back.repaid_fen) == (6_000_000, 0, 0)
    with pytest.raises(Violation, match="10000000 fen owed"):
        pay(desk, loan, 10_000_001)
    assert changes_of(desk, loan)[-2:] == ["WRITTEN_OFF", "RECOVERED"]
    (payment,) = desk.ask(loans.list_repayments, OFFICER, loan.id).items
    assert payment.kind is RepaymentKind.RECOVERY


def test_only_a_manager_writes_off_and_only_what_went_wrong(one_desk: Desk) -> None:
    bad, good = gone_bad(one_desk), lent(one_desk)
    undecided = lent(one_desk)
    hear(one_desk, claim(undecided, claims_pb2.CLAIM_STATUS_NOTIFIED, claim_id=f"clm_{undecided.id}"))

    with pytest.raises(Forbidden):
        one_desk.act(loan_life.write_off_loan, OFFICER, bad.id, GIVEN_UP)
    for loan, why in ((good, "ACTIVE, not PAST_DUE or CLAIMED"), (undecided, "not decided yet")):
        with pytest.raises(Violation, match=why):
            one_desk.act(loan_life.write_off_loan, MANAGER, loan.id, GIVEN_UP)


ON_ONE: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "class": (loan_life.classify, (Classification(loan_class=LoanClass.LOSS, classified_on=TODAY),)),
    "extend": (loan_life.extend, (Extension(months=1, asked_on=TODAY),)),
    "write off": (loan_life.write_off_loan, (GIVEN_UP,)),
    "read": (loans.get_loan, ()),
    "plan": (loans.get_schedule, ()),
    "payments": (loans.list_repayments, ()),
}


@pytest.mark.parametrize(("operation", "told"), ON_ONE.values(), ids=ON_ONE.keys())
def test_nobody_else_touches_a_loan(one_desk: Desk, operation: Any, told: tuple[Any, ...]) -> None:
    loan = lent(one_desk)
    stranger = replace(OWNER, organisation=OTHER_FIRM)

    for by in (THEIR_MANAGER, stranger, replace(OFFICER, role=Role.REGULATOR)):
        with pytest.raises(Forbidden):
            one_desk.act(operation, by, loan.id, *told)
    with pytest.raises(NotFound):
        one_desk.act(operation, MANAGER, "loan_none", *told)
    assert read(one_desk, loan) == loan


def test_every_word_of_a_change_is_in_the_contract() -> None:
    names = {name.removeprefix("LOAN_CHANGE_") for name in events_pb2.LoanChange.keys()}  # noqa: SIM118 - an enum of protobuf

    assert names - {"UNSPECIFIED"} == set(LoanChange)


def test_dates_before_the_loan_or_to_come_are_refused(one_desk: Desk) -> None:
    loan = gone_bad(one_desk)
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(Violation, match="before the loan or to come"):
            told = Classification(loan_class=LoanClass.LOSS, classified_on=day)
            one_desk.act(loan_life.classify, OFFICER, loan.id, told)
        with pytest.raises(Violation, match="before the loan or to come"):
            one_desk.act(loan_life.write_off_loan, MANAGER, loan.id, replace(GIVEN_UP, written_off_on=day))
