"""Renewals (续贷): the old loan is settled by the new one, in the transaction of its drawdown."""

from dataclasses import replace
from datetime import date

from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx, WriteTx
from libs.criteria.violation import Violation
from services.lending.domain import renewal, repayment
from services.lending.domain.application import Application, Renewal
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.loan import OPEN, Loan, LoanChange, LoanStatus, expect
from services.lending.domain.renewal import OldLoan, Renewing
from services.lending.domain.repayment import RecordedRepayment, Repayment, RepaymentKind
from services.lending.operations import loan_life, loan_planning, loan_rules, loan_telling
from services.lending.store import applications as application_store
from services.lending.store import loans as loan_store


def check_signing(tx: ReadTx, application: Application, signed_on: date) -> None:
    """Before the contract of a renewal without repayment is taken: all that stands against it, with its source."""
    asked = application.renewal
    if asked is None or not asked.without_repayment:
        return
    old = loan_store.get(tx, asked.loan_id)
    _check_own(application, old)
    renewal.check(
        _old_loan(tx, old), _renewing(application, signed_on), loan_rules.renewal(tx.policies, signed_on)
    )


def prepare(
    tx: WriteTx, application: Application, loan: Loan, told: Disbursement
) -> tuple[Loan, Loan | None]:
    """The new loan with the class that the renewal leaves it, and the old one, locked; None where it renews nothing.

    Violation where the old one may not be renewed so.
    """
    asked = application.renewal
    if asked is None or application.drawn_fen > loan.amount_fen:  # a later drawdown renews nothing
        return _only_loan(asked, loan), None
    old = loan_store.to_change(tx, asked.loan_id)
    _check_own(application, old)
    if old.renewed_by is not None:
        raise Violation("renewal/loan_id", f"Loan {old.renewed_by} renews it already.", "Lend anew.")
    if loan.disbursed_on < old.disbursed_on:
        mend = f"Give {old.disbursed_on} or a later day."
        raise Violation("disbursed_on", f"The old loan was paid out on {old.disbursed_on}.", mend)
    if asked.without_repayment:
        return _unpaid(tx, application, loan, old, told), old
    if old.status is not LoanStatus.SETTLED:
        mend = "Report its repayment first, or agree on a renewal without repayment."
        raise Violation("renewal/loan_id", f"{old.outstanding_fen} fen of it are not repaid.", mend)
    return replace(loan, renews=old.id), old


def settle(tx: WriteTx, loan: Loan, old: Loan | None) -> None:
    """Book the new loan's money on the old one, where it is not repaid, and link the two."""
    if old is None:
        return
    linked = replace(old, renewed_by=loan.id)
    if not old.outstanding_fen:
        loan_telling.keep(tx, linked, LoanChange.RENEWED, loan.disbursed_on)
        return
    paid = Repayment(principal_fen=loan.amount_fen, paid_on=loan.disbursed_on, external_id=loan.external_id)
    after = repayment.repaid(linked, paid, tx.today)
    form = loan_planning.form_of(after, loan_planning.product_of(tx, after))
    after = loan_planning.standing(tx, after, loan_planning.current(tx, after, form))
    booked = RecordedRepayment(
        id=tx.new_id("rep"),
        loan_id=old.id,
        kind=RepaymentKind.RENEWAL,
        principal_fen=paid.principal_fen,
        interest_fen=0,
        paid_on=paid.paid_on,
        external_id=paid.external_id,
    )
    loan_store.record_repayment(tx, booked)
    loan_telling.keep(tx, after, LoanChange.RENEWED, paid.paid_on)
    loan_telling.repaid(tx, after, booked)
    loan_life.tell_changes(tx, old, after, booked, replanned=False)


def _unpaid(tx: ReadTx, application: Application, loan: Loan, old: Loan, told: Disbursement) -> Loan:
    """The new loan of a renewal without repayment, classed by the five conditions."""
    expect(old, *OPEN)
    signed_on = application.contracts.signed_on if application.contracts else loan.disbursed_on
    before, conditions = _old_loan(tx, old), frozenset(told.renewal_conditions)
    new = replace(_renewing(application, signed_on), amount_fen=loan.amount_fen, conditions=conditions)
    renewal.check(before, new, loan_rules.renewal(tx.policies, signed_on))
    return replace(loan, renews=old.id, loan_class=renewal.class_of(before, conditions))


def _only_loan(asked: Renewal | None, loan: Loan) -> Loan:
    if asked is not None and asked.without_repayment:
        mend = "Apply for fresh money by itself."
        raise Violation("amount_fen", "A renewal without repayment is drawn once.", mend)
    return loan


def _check_own(application: Application, old: Loan) -> None:
    if (old.bank, old.party) != (application.bank, application.party):
        mend = "Name a loan of this firm at this bank."
        raise Violation("renewal/loan_id", "The loan is another firm's or another bank's.", mend)


def _renewing(application: Application, signed_on: date) -> Renewing:
    return Renewing(asked_on=business_date(application.submitted_at), signed_on=signed_on)


def _old_loan(tx: ReadTx, old: Loan) -> OldLoan:
    before = application_store.get(tx, old.application_id)
    return OldLoan(
        kind=before.product_kind,
        size=before.dimensions.size,
        owner_kind=before.dimensions.owner_kind,
        matures_on=old.matures_on,
        outstanding_fen=old.outstanding_fen,
        loan_class=old.loan_class,
    )
