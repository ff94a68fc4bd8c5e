"""Loans: paid out, and repaid."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Conflict
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.lending import messages
from services.lending.domain import life
from services.lending.domain import loan as loan_rules
from services.lending.domain.application import Disbursement
from services.lending.domain.loan import Loan, LoanPage, Repayment
from services.lending.operations import endings, rights, telling
from services.lending.store import applications as application_store
from services.lending.store import loans as loan_store
from services.lending.store import products as product_store


def list_loans(
    tx: ReadTx,
    by: Principal,
    application_id: str | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> LoanPage:
    """The bank's own loans, or the firm's; the one of an application where its id is given."""
    by.require(*BANK, Role.SME)
    bank, party = (by.organisation, None) if by.role in BANK else (None, by.organisation)
    return loan_store.page_of(tx, bank, party, application_id, cursor, limit)


def disburse(tx: WriteTx, by: Principal, application_id: str, disbursement: Disbursement) -> Loan:
    """The bank reports that it paid the loan out. From here the guarantee takes effect, by the event."""
    by.require(*BANK)
    application_store.lock_request(tx, application_id)
    before = rights.own_application(tx, by, application_id)
    approved_fen = before.decision.amount_fen if before.decision else 0
    application = life.drawn(before, approved_fen, tx.now)
    loan = loan_rules.loan_of(application, disbursement, tx.new_id("loan"), tx.today)
    loan_store.insert(tx, loan)
    telling.keep(tx, application)
    endings.close_others(tx, application)
    product = product_store.get(tx, application.product_id, application.product_version)
    emit(tx, topics.LENDING_LOAN, loan.id, messages.loan_disbursed(loan, application, product))
    return loan


def repay(tx: WriteTx, by: Principal, loan_id: str, repayment: Repayment) -> Loan:
    """The bank reports a payment, once under its own number."""
    by.require(*BANK)
    loan = loan_store.to_change(tx, loan_id)
    by.require_organisation(loan.bank)
    if loan_store.repayment_known(tx, loan_id, repayment.external_id):
        raise Conflict(
            "A payment with this number is known.",
            field="external_id",
            mend="Give each payment its own number.",
        )
    after = loan_rules.repaid(loan, repayment, tx.today)
    repayment_id = tx.new_id("rep")
    loan_store.record_repayment(tx, repayment_id, after, repayment)
    application = application_store.get(tx, loan.application_id)
    fact = messages.repayment_received(repayment_id, repayment, after, application)
    emit(tx, topics.LENDING_REPAYMENT, loan.id, fact)
    return after
