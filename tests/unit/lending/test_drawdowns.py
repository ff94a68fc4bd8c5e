"""Drawdowns: several loans under one application, never more than the line, each priced and planned by itself."""

import threading
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from libs.chassis.problems import Conflict, Problem
from libs.criteria.violation import Violation
from libs.finance.schedule import PrincipalPart, RepaymentMethod
from libs.registry.loan_terms import ProductKind, RateBase, RateReset
from services.lending.domain.application import Application, ApplicationStatus
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.loan import Loan, LoanStatus
from services.lending.domain.product import Rate
from services.lending.domain.repayment import Repayment
from services.lending.operations import loans
from tests.support import patience
from tests.support.lending import new_product
from tests.unit.lending.desk import APPROVAL, OFFICER, Desk, later

TODAY = date(2026, 11, 22)
LINE = 80_000_000
REVOLVING = replace(APPROVAL, revolving=True)


_numbers = count()


def told(number: object, amount_fen: int | None = None, **changes: Any) -> Disbursement:
    return Disbursement(disbursed_on=TODAY, external_id=f"L-{number}", amount_fen=amount_fen, **changes)


def paid(number: object, principal_fen: int) -> Repayment:
    return Repayment(principal_fen=principal_fen, paid_on=TODAY, external_id=f"R-{number}")


def ready(desk: Desk, approval: Any = APPROVAL, **product: Any) -> Application:
    """An application of which only the money is still to come."""
    number = next(_numbers)
    sold = desk.published(new_product(f"P-{number}", **product))
    return desk.contracted(desk.opened(sold, request_id=f"req_{number}"), approval)


def test_a_loan_is_drawn_in_parts_until_nothing_is_left(desk: Desk) -> None:
    application = ready(desk)

    first = desk.disbursed(application, told(1, 50_000_000))
    rest = desk.disbursed(application, told(2))

    assert (first.amount_fen, rest.amount_fen) == (50_000_000, 30_000_000)
    seen = desk.seen(application)
    assert (seen.status, seen.drawn_fen) == (ApplicationStatus.DISBURSED, LINE)
    assert desk.ask(loans.list_loans, OFFICER, application.id).items == (rest, first)


@pytest.mark.parametrize("amount_fen", [0, -1, 30_000_001])
def test_no_more_is_drawn_than_is_left(one_desk: Desk, amount_fen: int) -> None:
    application = ready(one_desk)
    one_desk.disbursed(application, told(f"{application.id}-1", 50_000_000))

    with pytest.raises(Violation, match="30000000 of 80000000 fen are left") as refused:
        one_desk.disbursed(application, told(f"{application.id}-2", amount_fen))

    assert refused.value.field == "amount_fen"


def test_a_drawdown_told_again_is_known_though_nothing_is_left(one_desk: Desk) -> None:
    application = ready(one_desk)
    known = one_desk.disbursed(application, told(application.id))

    with pytest.raises(Conflict, match=known.id) as refused:
        one_desk.disbursed(application, told(application.id))

    assert refused.value.field == "external_id"


def test_what_is_repaid_of_a_line_is_drawn_again_and_of_another_loan_is_not(one_desk: Desk) -> None:
    for approval, again in ((REVOLVING, True), (APPROVAL, False)):
        application = ready(one_desk, approval)
        loan = one_desk.disbursed(application, told(f"{application.id}-1"))
        one_desk.repaid(loan, paid(1, 20_000_000))
        if again:
            assert one_desk.disbursed(application, told(f"{application.id}-2")).amount_fen == 20_000_000
        else:
            with pytest.raises(Violation, match="0 of 80000000"):
                one_desk.disbursed(application, told(f"{application.id}-2"))


def test_a_line_of_a_year_is_not_drawn_after_it(one_desk: Desk) -> None:
    application = ready(one_desk, kind=ProductKind.REVOLVING_LINE)
    one_desk.disbursed(application, told(f"{application.id}-1", 10_000_000))
    late = replace(told(f"{application.id}-2"), disbursed_on=date(2027, 11, 22))

    with later(one_desk, days=365), pytest.raises(Violation, match="The line ended on 2027-11-22"):
        one_desk.disbursed(application, late)


def test_a_drawdown_has_a_term_of_its_own_within_the_products(one_desk: Desk) -> None:
    application = ready(one_desk, drawdown_term_max_months=6)

    loan = one_desk.disbursed(application, told(f"{application.id}-1", 1_000_000))
    short = one_desk.disbursed(application, told(f"{application.id}-2", 1_000_000, term_months=3))

    assert (loan.term_months, loan.matures_on) == (6, date(2027, 5, 22))
    assert (short.term_months, short.matures_on) == (3, date(2027, 2, 22))
    with pytest.raises(Violation, match="1 to 6 months"):
        one_desk.disbursed(application, told(f"{application.id}-3", 1_000_000, term_months=7))


def test_nothing_is_paid_out_before_the_contract(one_desk: Desk) -> None:
    application = ready(one_desk)

    with pytest.raises(Violation, match="signed on 2026-11-22") as refused:
        one_desk.disbursed(application, replace(told(1), disbursed_on=date(2026, 11, 21)))

    assert refused.value.field == "disbursed_on"


def test_a_rate_over_the_lpr_is_priced_on_the_day(one_desk: Desk) -> None:
    rate = Rate(base=RateBase.LPR_1Y, min_ppm=4_000, max_ppm=14_000, reset=RateReset.QUARTERLY)
    approval = replace(APPROVAL, rate_base=RateBase.LPR_1Y, spread_bp=85)
    application = ready(one_desk, approval, rate=rate)

    loan = one_desk.disbursed(application, told(f"{application.id}-1", 10_000_000))
    cheaper = one_desk.disbursed(application, told(f"{application.id}-2", 10_000_000, rate_ppm=38_000))

    assert (loan.rate_ppm, loan.rate_base, loan.spread_bp) == (38_500, RateBase.LPR_1Y, 85)
    assert (loan.priced_on, loan.reprices_on) == (TODAY, date(2027, 2, 22))
    assert (cheaper.rate_ppm, cheaper.spread_bp) == (38_000, 80)
    with pytest.raises(Violation, match="not what the firm agreed to"):
        one_desk.disbursed(application, told(f"{application.id}-3", 10_000_000, rate_ppm=38_501))


def test_a_fixed_rate_is_never_reset(one_desk: Desk) -> None:
    loan = one_desk.disbursed(ready(one_desk), told("fixed"))

    assert (loan.rate_base, loan.rate_ppm, loan.reprices_on) == (RateBase.FIXED, 43_500, None)


def test_a_loan_is_repaid_as_its_plan_says(one_desk: Desk) -> None:
    methods = (RepaymentMethod.INTEREST_FIRST, RepaymentMethod.PLANNED)
    application = ready(one_desk, repayment_methods=methods)
    parts = (
        PrincipalPart(month=4, principal_fen=30_000_000),
        PrincipalPart(month=12, principal_fen=50_000_000),
    )

    loan = one_desk.disbursed(
        application, told(application.id, repayment_method=RepaymentMethod.PLANNED, plan=parts)
    )

    plan = one_desk.ask(loans.get_schedule, OFFICER, loan.id).plan
    assert [(due.due_on, due.principal_fen) for due in plan.dues if due.principal_fen] == [
        (date(2027, 3, 22), 30_000_000),
        (date(2027, 11, 22), 50_000_000),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"repayment_method": RepaymentMethod.BULLET}, "repayment_method"),
        ({"plan": (PrincipalPart(month=12, principal_fen=LINE),)}, "parts"),
    ],
)
def test_ways_that_the_product_has_not_are_refused(one_desk: Desk, changes: Any, field: str) -> None:
    application = ready(one_desk)

    with pytest.raises(Violation) as refused:
        one_desk.disbursed(application, told(application.id, **changes))

    assert refused.value.field == field


def test_two_who_draw_the_same_line_at_once_draw_it_once(desk: Desk) -> None:
    """Four officers, each for the half of it: two get it, whatever the engine."""
    application = ready(desk)
    found: list[object] = []

    def draw(number: int) -> None:
        try:
            found.append(desk.disbursed(application, told(number, LINE // 2)))
        except (Problem, Violation) as refused:
            found.append(refused)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience.SECONDS)

    assert sorted(type(one).__name__ for one in found) == ["Loan", "Loan", "Violation", "Violation"]
    assert desk.seen(application).drawn_fen == LINE


def test_drawing_and_repaying_at_once_never_exceeds_a_line(desk: Desk) -> None:
    application = ready(desk, REVOLVING)
    loan = desk.disbursed(application, told(0))
    work = [lambda n=n: desk.repaid(loan, paid(n, LINE // 4)) for n in range(4)]
    work += [lambda n=n: desk.disbursed(application, told(f"again-{n}", LINE // 4)) for n in range(4)]

    def attempt(one: Any) -> None:
        try:
            one()
        except (Problem, Violation):
            return

    threads = [threading.Thread(target=attempt, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience.SECONDS)

    known = desk.ask(loans.list_loans, OFFICER, application.id).items
    assert sum(one.outstanding_fen for one in known) <= LINE
    assert next(one for one in known if one.id == loan.id).status is LoanStatus.SETTLED


class Lines(RuleBasedStateMachine):
    """Any order of drawdowns and repayments: what is outstanding is within the line, and the sums are right."""

    desk: Desk  # one for all examples, each of which has an application of its own

    def __init__(self) -> None:
        super().__init__()
        self.loans = dict[str, Loan]()

    @initialize(revolving=st.booleans())
    def grant(self, revolving: bool) -> None:
        self.revolving = revolving
        self.application = ready(self.desk, REVOLVING if revolving else APPROVAL)

    @property
    def left_fen(self) -> int:
        used = sum(one.outstanding_fen if self.revolving else one.amount_fen for one in self.loans.values())
        return LINE - used

    @rule(amount_fen=st.integers(1, LINE // 2))
    def draw(self, amount_fen: int) -> None:
        number = next(_numbers)
        if amount_fen > self.left_fen:
            with pytest.raises(Violation):
                self.desk.disbursed(self.application, told(number, amount_fen))
            return
        loan = self.desk.disbursed(self.application, told(number, amount_fen))
        self.loans[loan.id] = loan

    @precondition(lambda self: self.loans)
    @rule(which=st.integers(0, 20), part=st.integers(1, 12))
    def repay(self, which: int, part: int) -> None:
        loan = list(self.loans.values())[which % len(self.loans)]
        number = next(_numbers)
        principal_fen = loan.amount_fen * part // 10
        if not 0 < principal_fen <= loan.outstanding_fen:
            return
        self.loans[loan.id] = self.desk.repaid(loan, paid(number, principal_fen))

    @invariant()
    def nothing_is_over_the_line(self) -> None:
        known = self.desk.ask(loans.list_loans, OFFICER, self.application.id).items
        assert {one.id: one for one in known} == self.loans
        assert sum(one.outstanding_fen for one in known) <= LINE
        assert all(0 <= one.outstanding_fen <= one.amount_fen for one in known)
        assert all((one.status is LoanStatus.SETTLED) == (not one.outstanding_fen) for one in known)


def test_any_interleaving_of_drawdowns_and_repayments_stays_within_the_line(one_desk: Desk) -> None:
    Lines.desk = one_desk
    run_state_machine_as_test(Lines, settings=settings(max_examples=8, stateful_step_count=10, deadline=None))
