"""Loans: paid out, repaid, and what anybody may read of them."""

from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from services.lending.domain import drawdown, life
from services.lending.domain import loan_plan as plans
from services.lending.domain import repayment as repayments
from services.lending.domain.application import Application
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.inclusive import judged
from services.lending.domain.loan import Inclusive, Loan, LoanPage, LoanStatus, days_past_due
from services.lending.domain.loan_plan import Schedule
from services.lending.domain.product import Product
from services.lending.domain.repayment import RecordedRepayment, Repayment, RepaymentPage
from services.lending.operations import (
    endings,
    first_loans,
    loan_life,
    loan_planning,
    loan_rules,
    loan_telling,
    pledges,
    renewals,
    rights,
    telling,
)
from services.lending.store import applications as application_store
from services.lending.store import loan_plans as plan_store
from services.lending.store import loans as loan_store
from services.lending.store import products as product_store


def list_loans(
    tx: ReadTx,
    by: Principal,
    application_id: str | None = None,
    status: LoanStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> LoanPage:
    """The bank's own loans, or the firm's; those of an application where its id is given."""
    by.require(*BANK, Role.SME)
    bank, party = (by.organisation, None) if by.role in BANK else (None, by.organisation)
    branches = rights.branches_of(tx, by)
    return loan_store.page_of(tx, bank, party, branches, application_id, status, cursor, limit)


def get_loan(tx: ReadTx, by: Principal, loan_id: str) -> Loan:
    by.require(*BANK, Role.SME)
    loan = loan_store.get(tx, loan_id)
    if by.role is Role.SME:
        by.require_organisation(loan.party)
    else:
        rights.may_see(tx, by, loan.bank, loan.branch)
    return loan


def get_schedule(tx: ReadTx, by: Principal, loan_id: str) -> Schedule:
    """The plan in force and those before it, and how the payments stand against it today."""
    loan = get_loan(tx, by, loan_id)
    form = loan_planning.form_of(loan, loan_planning.product_of(tx, loan))
    known = plan_store.versions(tx, loan_id) or [loan_planning.current(tx, loan, form)]
    principal_fen, interest_fen = plans.due_until(known[0], tx.today)
    return Schedule(
        loan_id=loan.id,
        plan=known[0],
        earlier=tuple(known[1:]),
        as_of=tx.today,
        principal_due_fen=principal_fen,
        principal_paid_fen=loan.repaid_fen,
        interest_due_fen=interest_fen,
        interest_paid_fen=loan.interest_paid_fen,
        interest_difference_fen=loan.interest_paid_fen - interest_fen,
        days_past_due=days_past_due(loan, tx.today),
    )


def list_repayments(
    tx: ReadTx, by: Principal, loan_id: str, cursor: str | None = None, limit: int = 0
) -> RepaymentPage:
    return loan_store.repayments_of(tx, get_loan(tx, by, loan_id).id, cursor, limit)


def disburse(tx: WriteTx, by: Principal, application_id: str, disbursement: Disbursement) -> Loan:
    """The bank reports that it paid out. From here the guarantee takes effect, by the event."""
    by.require(*BANK)
    application_store.lock_request(tx, application_id)
    before = rights.own_application(tx, by, application_id)
    loan_store.expect_new(tx, before.bank, disbursement.external_id)
    life.expect(before, life.Act.DRAW)
    product = product_store.get(tx, before.product_id, before.product_version)
    drawn = loan_store.of_application(tx, application_id)
    loan = drawdown.loan_of(before, product, drawn, disbursement, tx.new_id("loan"), tx.today)
    application = life.drawn(before, loan.amount_fen, tx.now)
    pledges.secure(tx, application, loan)
    loan, renewed = renewals.prepare(tx, application, loan, disbursement)
    loan = replace(loan, inclusive=_inclusive(tx, loan, application, product))
    loan, moved = first_loans.count(tx, loan, application)
    loan = _planned(tx, loan, product, disbursement)
    telling.keep(tx, application)
    endings.close_others(tx, application)
    loan_telling.disbursed(tx, loan, application, renewed)
    renewals.settle(tx, loan, renewed)
    first_loans.move(tx, moved, loan)
    return loan


def _inclusive(tx: ReadTx, loan: Loan, application: Application, product: Product) -> Inclusive | None:
    """None for a loan from before there was a definition."""
    decision = application.decision
    assert decision is not None  # it was drawn on
    line_fen = decision.borrower_line_fen or decision.amount_fen
    rules = loan_rules.inclusive_if_any(tx.policies, loan.disbursed_on)
    return None if rules is None else judged(application.dimensions, product.terms.kind, line_fen, rules)


def _planned(tx: WriteTx, loan: Loan, product: Product, told: Disbursement) -> Loan:
    """The loan and its first plan, stored."""
    form = loan_planning.form_of(loan, product)
    plan = plans.opening(form, loan.rate_ppm, loan.term_months, told.plan)
    loan = loan_planning.standing(tx, loan, plan)
    loan_store.insert(tx, loan)
    plan_store.insert(tx, loan.id, plan)
    return loan


def repay(tx: WriteTx, by: Principal, loan_id: str, repayment: Repayment) -> Loan:
    """The bank reports a payment, once under its own number."""
    by.require(*BANK)
    loan = rights.own_loan(tx, by, loan_id)
    product = loan_planning.product_of(tx, loan)
    form = loan_planning.form_of(loan, product)
    plan = loan_planning.current(tx, loan, form)
    earlier = plan_store.versions(tx, loan_id)[1:]
    expected = repayments.expected(loan, repayment, plan, form, earlier)
    after = repayments.repaid(loan, repayment, tx.today)
    after, planned = loan_planning.after_payment(tx, after, plan, form, repayment, expected.early_fen)
    if planned is not plan:
        after = drawdown.reset_anew(after, product)
    after = loan_planning.standing(tx, after, planned)
    booked = RecordedRepayment(
        id=tx.new_id("rep"),
        loan_id=loan.id,
        kind=expected.kind,
        principal_fen=repayment.principal_fen,
        interest_fen=repayment.interest_fen,
        fee_fen=repayment.fee_fen,
        paid_on=repayment.paid_on,
        external_id=repayment.external_id,
        expected_interest_fen=expected.interest_fen,
        expected_fee_fen=repayments.expected_fee(expected, product.terms.fees),
    )
    loan_store.record_repayment(tx, booked)
    loan_store.update(tx, after)
    loan_telling.repaid(tx, after, booked)
    loan_life.tell_changes(tx, loan, after, booked, replanned=planned is not plan)
    return after
