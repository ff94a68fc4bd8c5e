"""Loans: paid out once, repaid never beyond what is owed; and what others are told of it names nobody."""

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import events_pb2
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.repayment import Repayment
from services.lending.operations import loans
from services.lending.store import metadata
from tests.support.lending import DIMENSIONS, FIRM, GUARANTEED, OTHER_FIRM, new_product
from tests.support.services import opened
from tests.unit.lending.desk import (
    CONFIRMED,
    MANAGER,
    OFFICER,
    OWNER,
    PAID_OUT,
    THEIR_MANAGER,
    Desk,
)

TODAY = date(2026, 11, 22)
REPAYMENT = Repayment(principal_fen=5_000_000, interest_fen=290_000, paid_on=TODAY, external_id="R-1")


def test_a_loan_is_what_the_bank_approved(desk: Desk) -> None:
    loan = desk.lent()

    assert (loan.amount_fen, loan.rate_ppm, loan.term_months) == (80_000_000, 43_500, 12)
    assert (loan.outstanding_fen, loan.disbursed_on, loan.party) == (80_000_000, date(2026, 11, 22), FIRM)


def test_a_loan_is_paid_out_once(desk: Desk) -> None:
    application = desk.contracted(desk.opened())
    desk.disbursed(application)

    with pytest.raises(Violation, match="0 of 80000000 fen are left") as refused:
        desk.disbursed(application, replace(PAID_OUT, external_id="L-2"))

    assert refused.value.field == "amount_fen"


def test_a_number_of_a_loan_is_used_once(desk: Desk) -> None:
    product = desk.published()
    one, other = (desk.contracted(desk.opened(product, request_id=f"req_{n}")) for n in range(2))
    desk.disbursed(one)

    with pytest.raises(Conflict) as refused:
        desk.disbursed(other)

    assert refused.value.field == "external_id"


def test_an_application_that_nobody_signed_is_not_paid_out(desk: Desk) -> None:
    application = desk.opened()

    with pytest.raises(Violation, match="SUBMITTED, not CONTRACTED"):
        desk.disbursed(application)


def test_tomorrow_nothing_was_paid_out_yet(desk: Desk) -> None:
    application = desk.contracted(desk.opened())

    with pytest.raises(Violation, match="still to come") as refused:
        desk.disbursed(application, replace(PAID_OUT, disbursed_on=date(2026, 11, 23)))

    assert refused.value.field == "disbursed_on"


@pytest.mark.parametrize("number", ["", "L" * 65])
def test_a_number_has_a_length(number: str) -> None:
    with pytest.raises(Violation):
        Disbursement(disbursed_on=TODAY, external_id=number)
    with pytest.raises(Violation):
        replace(REPAYMENT, external_id=number)


def test_a_repayment_lowers_what_is_owed_by_its_principal(desk: Desk) -> None:
    loan = desk.lent()

    assert desk.repaid(loan, REPAYMENT).outstanding_fen == 75_000_000


def test_a_repayment_counts_once(desk: Desk) -> None:
    loan = desk.lent()
    desk.repaid(loan, REPAYMENT)

    with pytest.raises(Conflict, match="number is known"):
        desk.repaid(loan, REPAYMENT)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"principal_fen": 80_000_001}, "principal_fen"),
        ({"paid_on": date(2026, 11, 19)}, "paid_on"),
        ({"paid_on": date(2026, 11, 23)}, "paid_on"),
    ],
)
def test_a_repayment_that_cannot_be_is_refused(desk: Desk, changes: dict[str, object], field: str) -> None:
    loan = desk.lent()

    with pytest.raises(Violation) as refused:
        desk.repaid(loan, replace(REPAYMENT, **changes))

    assert refused.value.field == field


@pytest.mark.parametrize(
    "changes",
    [{"principal_fen": -1}, {"interest_fen": -1}, {"principal_fen": 0, "interest_fen": 0}],
)
def test_a_repayment_of_nothing_or_less_is_none(changes: dict[str, int]) -> None:
    with pytest.raises(Violation):
        replace(REPAYMENT, **changes)


def test_only_the_bank_of_the_loan_reports_repayments(desk: Desk) -> None:
    loan = desk.lent()

    for by in (THEIR_MANAGER, OWNER):
        with pytest.raises(Forbidden):
            desk.act(loans.repay, by, loan.id, REPAYMENT)
    with pytest.raises(NotFound):
        desk.act(loans.repay, OFFICER, "loan_none", REPAYMENT)


def test_the_bank_and_the_firm_list_the_loan_and_nobody_else(desk: Desk) -> None:
    loan = desk.lent()

    for by in (OFFICER, MANAGER, OWNER):
        assert desk.ask(loans.list_loans, by).items == (loan,)
    for by in (THEIR_MANAGER, Principal("acc_other", Role.SME, OTHER_FIRM)):
        assert desk.ask(loans.list_loans, by).items == ()
    with pytest.raises(Forbidden):
        desk.ask(loans.list_loans, Principal("acc_r", Role.REGULATOR, "org_r"))


class Repayments(RuleBasedStateMachine):
    """Payments of any size in any order, some of them reported again: what is owed is what was not yet paid."""

    def __init__(self) -> None:
        super().__init__()
        self.ending = ExitStack()
        folder = self.ending.enter_context(tempfile.TemporaryDirectory())
        database = self.ending.enter_context(opened(f"sqlite:///{Path(folder) / 'loans.db'}", metadata))
        self.desk, self.paid_fen, self.payments = Desk(database), 0, 0

    @initialize()
    def lend(self) -> None:
        self.loan = self.desk.lent()

    @property
    def owed_fen(self) -> int:
        return self.loan.amount_fen - self.paid_fen

    def payment(self, principal_fen: int, number: int) -> Repayment:
        return replace(REPAYMENT, principal_fen=principal_fen, external_id=f"R-{number}")

    @rule(principal_fen=st.integers(0, 60_000_000))
    def pay(self, principal_fen: int) -> None:
        self.payments += 1
        payment = self.payment(principal_fen, self.payments)
        if principal_fen > self.owed_fen:
            with pytest.raises(Violation):
                self.desk.repaid(self.loan, payment)
            return
        self.desk.repaid(self.loan, payment)
        self.paid_fen += principal_fen

    @precondition(lambda self: self.owed_fen > 0)
    @rule()
    def pay_all(self) -> None:
        self.payments += 1
        self.desk.repaid(self.loan, self.payment(self.owed_fen, self.payments))
        self.paid_fen = self.loan.amount_fen

    @precondition(lambda self: self.payments > 0 and self.paid_fen > 0)
    @rule()
    def report_the_last_again(self) -> None:
        with pytest.raises((Conflict, Violation)):
            self.desk.repaid(self.loan, self.payment(self.loan.amount_fen, self.payments))

    @invariant()
    def what_is_owed_is_what_was_not_paid(self) -> None:
        (known,) = self.desk.ask(loans.list_loans, OFFICER).items
        assert known.outstanding_fen == self.owed_fen
        assert 0 <= known.outstanding_fen <= known.amount_fen

    def teardown(self) -> None:
        self.ending.close()


class TestRepayments(Repayments.TestCase):
    settings = settings(max_examples=15, stateful_step_count=12, deadline=None)


def whole_life(desk: Desk) -> None:
    product = desk.published(new_product("P-9"))
    application = desk.contracted(desk.opened(product, **GUARANTEED))
    desk.heard(application, CONFIRMED)
    loan = desk.disbursed(application, replace(PAID_OUT, external_id="L-9"))
    desk.repaid(loan, REPAYMENT)
    desk.declined(desk.opened(product), "FIRM_AGE")
    desk.withdrawn(desk.opened(product))


def test_no_event_names_the_firm_or_a_person(desk: Desk) -> None:
    whole_life(desk)

    events = desk.events("Product", "ApplicationChanged", "LoanDisbursed", "LoanChanged", "RepaymentReceived")

    assert len(events) == 14
    for event in events:
        said = event.data + event.subject.encode()
        assert FIRM.encode() not in said
        assert FIRM.removeprefix("uscc:").encode() not in said
        assert OWNER.subject.encode() not in said


def test_every_fact_carries_its_dimensions_and_business_date(desk: Desk) -> None:
    whole_life(desk)
    kinds = (
        events_pb2.ApplicationChanged,
        events_pb2.LoanDisbursed,
        events_pb2.LoanChanged,
        events_pb2.RepaymentReceived,
    )

    for kind in kinds:
        for event in desk.events(kind.DESCRIPTOR.name):
            fact = event.decode(kind)
            assert fact.dimensions.firm_key == DIMENSIONS.firm_key
            assert (fact.dimensions.county, fact.dimensions.industry_division) == ("640104", "14")
            assert date.fromisoformat(fact.business_date) <= TODAY
            assert fact.product_kind == pb.PRODUCT_KIND_WORKING_CAPITAL
            assert fact.bank


def test_facts_say_what_happened(desk: Desk) -> None:
    whole_life(desk)

    (lent,) = (event.decode(events_pb2.LoanDisbursed) for event in desk.events("LoanDisbursed"))
    (paid,) = (event.decode(events_pb2.RepaymentReceived) for event in desk.events("RepaymentReceived"))
    changed = [event.decode(events_pb2.ApplicationChanged) for event in desk.events("ApplicationChanged")]

    assert (lent.amount_fen, lent.business_date, lent.guarantee_id) == (80_000_000, "2026-11-22", "gua_1")
    assert lent.product_flags == [pb.PRODUCT_FLAG_FIRST_LOAN]
    assert (paid.principal_fen, paid.outstanding_fen, paid.guarantee_id) == (5_000_000, 75_000_000, "gua_1")
    assert [list(fact.reason_codes) for fact in changed if fact.status == pb.APPLICATION_STATUS_DECLINED] == [
        ["FIRM_AGE"]
    ]


def test_events_of_one_application_are_numbered_without_holes(desk: Desk) -> None:
    whole_life(desk)
    numbers: dict[str, list[int]] = {}
    for event in desk.events("ApplicationChanged"):
        numbers.setdefault(event.subject, []).append(event.sequence)

    assert sorted(numbers.values()) == [[1, 2], [1, 2], [1, 2, 3, 4, 5, 6]]
