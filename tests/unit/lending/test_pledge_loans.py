"""Loans on pledged rights: nothing before the registration, never more than the rights carry, free at the end."""

import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from libs.registry.loan_terms import ProductKind
from services.lending.domain.application import Application, Contracts, Renewal
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.extension import Extension
from services.lending.domain.loan import Loan
from services.lending.domain.pledge import IpTerms, PledgeStatus, RightKind
from services.lending.domain.renewal import RenewalCondition
from services.lending.domain.repayment import Repayment
from services.lending.operations import choices, decisions, loan_life, loans, pledges
from services.lending.store import metadata
from tests.support.services import opened
from tests.unit.lending.desk import OTHER_BANK, OWNER, Desk
from tests.unit.lending.pledging import INVENTION, TODAY, Lender, invention, pledge_product

PAPERS = Contracts(loan_contract="C-1", pledge_contract="Z-1", signed_on=TODAY)
_numbers = count()


def agreed(lender: Lender, application: Application, amount_fen: int = 180_000_000) -> Application:
    """Approved, accepted by the firm, and signed with all its papers."""
    lender.approved(application, amount_fen)
    lender.desk.act(choices.accept_offer, OWNER, application.id)
    return lender.desk.act(decisions.sign_contracts, lender.officer, application.id, PAPERS)


def drawn(lender: Lender, application: Application, amount_fen: int | None = None) -> Loan:
    told = Disbursement(disbursed_on=TODAY, external_id=f"L-{next(_numbers)}", amount_fen=amount_fen)
    return lender.desk.act(loans.disburse, lender.officer, application.id, told)


def repaid(lender: Lender, loan: Loan, principal_fen: int) -> Loan:
    number = f"R-{next(_numbers)}"
    told = Repayment(principal_fen=principal_fen, paid_on=TODAY, external_id=number)
    return lender.desk.act(loans.repay, lender.officer, loan.id, told)


def status_of(lender: Lender, pledge_id: str) -> PledgeStatus:
    return lender.desk.ask(pledges.get_pledge, lender.officer, pledge_id).status


def test_an_invention_of_2015_secures_a_loan_of_three_years(desk: Desk) -> None:
    lender, other = Lender(desk), Lender(desk, OTHER_BANK)
    application = lender.opened(ip_rights=(INVENTION,))
    pledge = lender.proposed(invention(application))
    agreed(lender, application)

    with pytest.raises(Violation, match="it arises with its registration"):
        drawn(lender, application)
    lender.entered(pledge)
    loan = drawn(lender, application)

    assert (loan.amount_fen, loan.matures_on) == (180_000_000, date(2029, 11, 22))
    with pytest.raises(Violation, match="carry"):
        lender.released(pledge)
    repaid(lender, loan, 180_000_000)
    assert status_of(lender, pledge.id) is PledgeStatus.RELEASED
    assert other.proposed(invention(other.opened())).status is PledgeStatus.PROPOSED


def test_a_utility_model_of_2017_secures_none(one_desk: Desk) -> None:
    lender = Lender(one_desk)
    model = IpTerms(runs_from=date(2017, 5, 1), fee_paid_until=date(2027, 5, 1))
    application = lender.opened()

    with pytest.raises(Violation, match="outlasts") as refused:
        lender.proposed(
            invention(application, kind=RightKind.UTILITY_MODEL, number="ZL201720000001.1", ip=model)
        )

    assert refused.value.field == "debt_ends_on"


def test_a_renewal_without_repayment_takes_over_the_pledges(desk: Desk) -> None:
    lender = Lender(desk)
    working = lender.published(pledge_product("P-W", kind=ProductKind.WORKING_CAPITAL))
    first = lender.opened(working, term_months=12, ip_rights=(INVENTION,))
    pledge = lender.proposed(invention(first))
    agreed(lender, first)
    lender.entered(pledge)
    old = drawn(lender, first)

    renewal = Renewal(loan_id=old.id, without_repayment=True)
    second = agreed(lender, lender.opened(working, term_months=36, ip_rights=(INVENTION,), renewal=renewal))
    told = Disbursement(disbursed_on=TODAY, external_id="L-NEW", renewal_conditions=tuple(RenewalCondition))
    new = desk.act(loans.disburse, lender.officer, second.id, told)

    taken = desk.ask(pledges.get_pledge, lender.officer, pledge.id)
    assert (taken.application_id, taken.status) == (second.id, PledgeStatus.REGISTERED)
    assert taken.debt_ends_on == new.matures_on
    repaid(lender, new, 180_000_000)
    assert status_of(lender, pledge.id) is PledgeStatus.RELEASED


def test_a_renewal_for_less_leaves_the_pledge_with_what_is_still_owed(one_desk: Desk) -> None:
    lender, right = Lender(one_desk), "ZL201510000201.1"
    working = lender.published(pledge_product("P-W2", kind=ProductKind.WORKING_CAPITAL))
    first = lender.opened(working, term_months=12, ip_rights=(right,))
    pledge = lender.proposed(invention(first, number=right))
    agreed(lender, first)
    lender.entered(pledge)
    old = drawn(lender, first)
    renewal = Renewal(loan_id=old.id, without_repayment=True)
    second = agreed(lender, lender.opened(working, term_months=36, ip_rights=(right,), renewal=renewal))

    with pytest.raises(Violation, match="is not pledged"):
        drawn(lender, second, 100_000_000)

    repaid(lender, old, 80_000_000)
    drawn(lender, second, 100_000_000)
    taken = one_desk.ask(pledges.get_pledge, lender.officer, pledge.id)
    assert (taken.application_id, taken.status) == (second.id, PledgeStatus.REGISTERED)


def test_a_loan_is_not_extended_beyond_the_right_behind_it(one_desk: Desk) -> None:
    lender = Lender(one_desk)
    application = lender.opened()
    right = IpTerms(runs_from=date(2010, 3, 10), fee_paid_until=date(2027, 3, 10))  # until 2030-03-10
    pledge = lender.proposed(invention(application, number="ZL201010000301.1", ip=right))
    agreed(lender, application)
    lender.entered(pledge)
    loan = drawn(lender, application)

    longer = one_desk.act(loan_life.extend, lender.officer, loan.id, Extension(months=3, asked_on=TODAY))
    with pytest.raises(Violation, match="the debt outlasts it"):
        one_desk.act(loan_life.extend, lender.officer, loan.id, Extension(months=1, asked_on=TODAY))

    assert longer.matures_on == date(2030, 2, 22)


def test_a_pledge_that_a_renewal_takes_over_is_not_given_up_meanwhile(desk: Desk) -> None:
    lender = Lender(desk)
    working = lender.published(pledge_product("P-W", kind=ProductKind.WORKING_CAPITAL))
    first = lender.opened(working, term_months=12, ip_rights=(INVENTION,))
    pledge = lender.proposed(invention(first))
    agreed(lender, first)
    lender.entered(pledge)
    renewal = Renewal(loan_id=drawn(lender, first).id, without_repayment=True)
    second = agreed(lender, lender.opened(working, term_months=36, ip_rights=(INVENTION,), renewal=renewal))

    with ThreadPoolExecutor(1) as pool:
        with desk.database.write() as tx:
            loans.disburse(
                tx, lender.officer, second.id, Disbursement(disbursed_on=TODAY, external_id="L-NEW")
            )
            released = pool.submit(lender.released, pledge)
            wait([released], timeout=0.3)
        with pytest.raises((Conflict, Violation)):
            released.result()

    assert status_of(lender, pledge.id) is PledgeStatus.REGISTERED


def test_two_last_loans_repaid_at_once_free_the_pledge(desk: Desk) -> None:
    lender = Lender(desk)
    application = lender.opened()
    pledge = lender.proposed(invention(application, number="ZL201510000401.1"))
    agreed(lender, application)
    lender.entered(pledge)
    both = [drawn(lender, application, 90_000_000) for _ in range(2)]

    with ThreadPoolExecutor(1) as pool:
        with desk.database.write() as tx:
            told = Repayment(principal_fen=90_000_000, paid_on=TODAY, external_id="R-first")
            loans.repay(tx, lender.officer, both[0].id, told)
            other = pool.submit(repaid, lender, both[1], 90_000_000)
            wait([other], timeout=0.3)
        other.result()

    assert status_of(lender, pledge.id) is PledgeStatus.RELEASED


class Lending(RuleBasedStateMachine):
    """A line on two rights, drawn on, repaid and stripped of a right in any order: what is lent is always carried."""

    def __init__(self) -> None:
        super().__init__()
        self.ending = ExitStack()
        folder = self.ending.enter_context(tempfile.TemporaryDirectory())
        database = self.ending.enter_context(opened(f"sqlite:///{Path(folder) / 'p.db'}", metadata))
        self.lender = Lender(Desk(database))
        self.loans: dict[str, Loan] = {}

    @initialize()
    def agree(self) -> None:
        line = self.lender.published(pledge_product("P-L", kind=ProductKind.REVOLVING_LINE))
        application = self.lender.opened(line, amount_fen=400_000_000)
        self.pledges = [
            self.lender.proposed(invention(application, number=f"ZL20150000000{at}.0")) for at in range(2)
        ]
        self.application = agreed(self.lender, application, 400_000_000)
        self.pledges = [self.lender.entered(pledge) for pledge in self.pledges]

    @property
    def carried_fen(self) -> int:
        return sum(pledge.lendable_fen for pledge in self.pledges)

    @property
    def lent_fen(self) -> int:
        return sum(loan.outstanding_fen for loan in self.loans.values())

    @rule(amount_fen=st.integers(1, 250_000_000))
    def draw(self, amount_fen: int) -> None:
        if self.lent_fen + amount_fen > (self.carried_fen or 400_000_000):
            with pytest.raises(Violation):
                drawn(self.lender, self.application, amount_fen)
        else:
            loan = drawn(self.lender, self.application, amount_fen)
            self.loans[loan.id] = loan

    @rule(data=st.data())
    def repay(self, data: st.DataObject) -> None:
        owed = {loan_id: loan for loan_id, loan in self.loans.items() if loan.outstanding_fen}
        if owed:
            loan = owed[data.draw(st.sampled_from(sorted(owed)))]
            part = data.draw(st.integers(1, loan.outstanding_fen))
            self.loans[loan.id] = repaid(self.lender, loan, part)

    @rule()
    def strip(self) -> None:
        if len(self.pledges) < 2:
            return
        rest = self.pledges[1].lendable_fen
        if self.lent_fen > rest:
            with pytest.raises(Violation):
                self.lender.released(self.pledges[0])
        else:
            self.lender.released(self.pledges.pop(0))

    @invariant()
    def what_is_lent_is_carried(self) -> None:
        listed = self.lender.desk.ask(loans.list_loans, self.lender.officer, limit=200).items
        assert sum(loan.outstanding_fen for loan in listed) == self.lent_fen
        if self.loans:
            assert self.lent_fen <= self.carried_fen

    def teardown(self) -> None:
        self.ending.close()


class TestLending(Lending.TestCase):
    settings = settings(max_examples=5, stateful_step_count=8, deadline=None)


def test_a_pledge_is_replaced_by_another_before_it_is_given_up(one_desk: Desk) -> None:
    lender = Lender(one_desk)
    application = lender.opened()
    first = lender.proposed(invention(application, number="ZL201510000101.1"))
    agreed(lender, application)
    lender.entered(first)
    drawn(lender, application)
    second = invention(application, number="ZL201510000102.2")
    better = replace(second, valuation=replace(second.valuation, amount_fen=700_000_000))

    lender.registered(better)

    assert lender.released(first).status is PledgeStatus.RELEASED
