"""Payments: a due is paid, and what follows from it; or the money came back; or a line is disputed."""

from dataclasses import replace
from datetime import date

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, NotFound
from services.guarantee.domain import due as rules
from services.guarantee.domain import ledger as ledger_rules
from services.guarantee.domain.claim import Claim
from services.guarantee.domain.due import UNPAID, Due, DueKind, DueStatus, Payment, Reason
from services.guarantee.domain.ledger import Kind, Movement
from services.guarantee.domain.recovery import RecoveryStatus
from services.guarantee.operations import claims, dues, ledger, losses
from services.guarantee.store import claims as claim_store
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import dues as due_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import ledger as ledger_store

_TREASURERS = (Role.BANK_MANAGER, Role.GUARANTOR_MANAGER, Role.REGUARANTOR)
_OF_CLAIMS = (DueKind.CLAIM, DueKind.TOP_UP, DueKind.CAP_RETURN, DueKind.REIMBURSEMENT)
_TO_THE_BANK = (DueKind.CLAIM, DueKind.TOP_UP)


def pay(tx: WriteTx, by: Principal, due_id: str, payment: Payment) -> Due:
    """The debtor paid. The same payment again is the same; a claim that is paid lets the tiers owe their parts."""
    due, claim = _to_change(tx, by, due_id)
    if due.status is DueStatus.PAID and (due.paid_on, due.payment_reference) == _told(payment):
        return due
    paid = rules.paid(due, payment, tx.today)
    due_store.update(tx, paid)
    movements = rules.payment_movements(paid, dues.books(tx), payment.paid_on)
    if claim is not None and due.kind in _OF_CLAIMS:
        movements += _follow(tx, claim, due, payment.paid_on)
    ledger.post(tx, movements)
    return paid


def take_back(tx: WriteTx, by: Principal, due_id: str, reason: Reason) -> Due:
    """The payment came back: it is open again. What it led to is undone with it, or stands in the way."""
    due, claim = _to_change(tx, by, due_id)
    open_again = replace(rules.unpaid(due), note=reason.reason)
    movements = rules.payment_movements(due, dues.books(tx), tx.today, back=True)
    if claim is not None and due.kind in _TO_THE_BANK:
        movements += _unfollow(tx, claim)
    due_store.update(tx, open_again)
    if claim is not None:
        claims.keep(tx, losses.as_it_stands(tx, claim), tx.today)
    ledger.post(tx, movements)
    return open_again


def dispute(tx: WriteTx, by: Principal, due_id: str, reason: Reason) -> Due:
    """One side says that a single line of the statement is wrong: it is not paid until they agree."""
    due, _ = _to_change(tx, by, due_id, both=True)
    disputed = rules.disputed(due, by.organisation, reason.reason)
    due_store.update(tx, disputed)
    return disputed


def withdraw_dispute(tx: WriteTx, by: Principal, due_id: str) -> Due:
    """Whoever disputed a line takes that back."""
    due, _ = _to_change(tx, by, due_id, both=True)
    agreed = rules.undisputed(due, by.organisation)
    due_store.update(tx, agreed)
    return agreed


def cancel(tx: WriteTx, by: Principal, due_id: str, reason: Reason) -> Due:
    """The creditor gives up a fee, for one that was charged wrongly; the entries are answered by their opposites."""
    due, _ = _to_change(tx, by, due_id, both=True)
    by.require_organisation(due.creditor)
    cancelled = replace(rules.cancelled(due), note=reason.reason)
    due_store.update(tx, cancelled)
    ledger.post(tx, _opposites(tx, due))
    return cancelled


def _to_change(tx: WriteTx, by: Principal, due_id: str, *, both: bool = False) -> tuple[Due, Claim | None]:
    """The due with its claim, locked in the order of guarantee, claim, due; for the debtor, or for both sides.

    A debtor that keeps no book here (a bank) may be answered for by its creditor, who saw the money come.
    """
    by.require(*_TREASURERS)
    known = due_store.get(tx, due_id)
    may = {known.debtor, known.creditor} if both or known.debtor not in dues.books(tx) else {known.debtor}
    if by.organisation not in {known.debtor, known.creditor}:
        raise NotFound(f"There is no due {due_id}.", field="due_id", mend="See GET /v1/dues.")
    if by.organisation not in may:
        by.require_organisation(known.debtor)
    claim = None
    if known.kind in _OF_CLAIMS:
        guarantee_store.to_change(tx, claim_store.get(tx, known.reference).guarantee_id)
        claim = claim_store.to_change(tx, known.reference)
    return due_store.to_change(tx, due_id), claim


def _told(payment: Payment) -> tuple[date, str]:
    return payment.paid_on, payment.reference


def _follow(tx: WriteTx, claim: Claim, due: Due, on: date) -> list[Movement]:
    """What a payment on a claim leads to: cover ends once the bank is paid, then the tiers owe their parts."""
    movements: list[Movement] = []
    if due.kind is not DueKind.REIMBURSEMENT:
        guarantee = guarantee_store.get(tx, claim.guarantee_id)
        terms = losses.contract(tx, guarantee, drawdown_store.get(tx, claim.loan_id))
        movements = losses.owe_the_payer(tx, claim, terms.reimbursement_days, on)
    claim, released = claims.leave_cover(tx, claim, on)
    claims.keep(tx, losses.as_it_stands(tx, claim), on)
    return movements + released


def _unfollow(tx: WriteTx, claim: Claim) -> list[Movement]:
    """Take back what the tiers owe for a payment that came back; Conflict once money has moved on from it."""
    refunds = [one for one in due_store.of_reference(tx, claim.id) if one.kind is DueKind.REIMBURSEMENT]
    booked = [one for one in claim_store.recoveries_of(tx, claim.id) if one.status is RecoveryStatus.BOOKED]
    if booked or any(one.status is DueStatus.PAID for one in refunds):
        raise Conflict(
            "Refunds or recoveries followed this payment.",
            field="due_id",
            mend="Take those back first, the latest first.",
        )
    open_ones = [one for one in refunds if one.status in UNPAID]
    return [
        movement for refund in open_ones for movement in losses.give_up_refund(tx, claim, refund, tx.today)
    ]


def _opposites(tx: WriteTx, fee: Due) -> list[Movement]:
    """What undoes a fee. Payments of it that came back have their own opposites."""
    charged = (one for one in ledger_store.of_reference(tx, fee.id) if one.kind == Kind.FEE_CHARGED)
    return [ledger_rules.opposite(ledger_rules.movement_of(entry), tx.today, fee.id) for entry in charged]
