"""What lending tells of its loans: the others by event, the bank by its feed. Of a sandbox only its bank hears."""

from datetime import date

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.lending import messages
from services.lending.domain.application import Application
from services.lending.domain.loan import Loan, LoanChange
from services.lending.domain.repayment import RecordedRepayment, RepaymentKind
from services.lending.operations import feed
from services.lending.store import applications as application_store
from services.lending.store import loans as loan_store
from services.lending.store import products as product_store


def keep(tx: WriteTx, loan: Loan, change: LoanChange, on: date, counted_loan_id: str | None = None) -> Loan:
    """Store what a loan has become and tell it."""
    loan_store.update(tx, loan)
    tell(tx, loan, change, on, counted_loan_id)
    return loan


def tell(tx: WriteTx, loan: Loan, change: LoanChange, on: date, counted_loan_id: str | None = None) -> None:
    _tell(tx, loan, application_store.get(tx, loan.application_id), change, on, counted_loan_id)


def disbursed(tx: WriteTx, loan: Loan, application: Application, renewed: Loan | None) -> None:
    """A loan was paid out; `renewed`: what it renews."""
    if not loan.sandbox:
        product = product_store.get(tx, application.product_id, application.product_version)
        fact = messages.loan_disbursed(loan, application, product, renewed)
        emit(tx, topics.LENDING_LOAN, loan.id, fact)
    _tell(tx, loan, application, LoanChange.DISBURSED, loan.disbursed_on)


def repaid(tx: WriteTx, loan: Loan, repayment: RecordedRepayment) -> None:
    """A payment was booked, and the loan is stored as it stands after it."""
    application = application_store.get(tx, loan.application_id)
    if not loan.sandbox:
        fact = messages.repayment_received(repayment, loan, application)
        emit(tx, topics.LENDING_REPAYMENT, loan.id, fact)
    what = "recovered" if repayment.kind is RepaymentKind.RECOVERY else "repaid"
    notice = messages.loan_notice(loan, repayment.paid_on) | messages.repayment_notice(repayment)
    feed.note(tx, loan.bank, f"loan.{what}", loan.id, notice)


def _tell(
    tx: WriteTx,
    loan: Loan,
    application: Application,
    change: LoanChange,
    on: date,
    counted_loan_id: str | None = None,
) -> None:
    feed.note(tx, loan.bank, f"loan.{change.lower()}", loan.id, messages.loan_notice(loan, on))
    if not loan.sandbox:
        fact = messages.loan_changed(loan, application, change, on, tx.today, counted_loan_id)
        emit(tx, topics.LENDING_LOAN_STATE, loan.id, fact)
