"""Dues: what one party owes another, from the moment it is owed until it is paid.

All money between the parties of the chain takes this one form, so that a payment, a dispute and a line of a statement
are the same thing whatever they are for.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.guarantee.domain.ledger import Account, Kind, Movement, transfer


class DueKind(StrEnum):
    """CLAIM: the payer to the bank. REIMBURSEMENT: a tier to the payer (代偿补偿). RECOVERY: the lead to those who bore
    the loss. FEE: a re-guarantee fee. TOP_UP: what the settlement of a cap adds to a claim; CAP_RETURN: what the bank
    gives back by it."""

    CLAIM = "CLAIM"
    REIMBURSEMENT = "REIMBURSEMENT"
    RECOVERY = "RECOVERY"
    FEE = "FEE"
    TOP_UP = "TOP_UP"
    CAP_RETURN = "CAP_RETURN"


class DueStatus(StrEnum):
    OPEN = "OPEN"
    DISPUTED = "DISPUTED"
    PAID = "PAID"
    CANCELLED = "CANCELLED"


UNPAID = (DueStatus.OPEN, DueStatus.DISPUTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due(Shape):
    """`reference` is the claim, recovery or filing that it comes from; `guarantor` the direct guarantor of the loan.

    `note`: why its payment was taken back, or it was given up, last.
    """

    id: str
    kind: DueKind
    debtor: str
    creditor: str
    amount_fen: int
    guarantor: str
    loan_id: str
    reference: str
    arisen_on: date
    due_by: date
    status: DueStatus = DueStatus.OPEN
    paid_on: date | None = None
    payment_reference: str | None = None
    disputed_by: str | None = None
    dispute: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage(Shape):
    items: tuple[Due, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Shape):
    """A payment as the debtor reports it; `reference` is its own number, the same again is the same payment."""

    paid_on: date
    reference: str

    def __post_init__(self) -> None:
        if not self.reference.strip():
            raise Violation(
                "reference", "A payment without a number cannot be found.", "Give the bank's number."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason(Shape):
    """Why a line is disputed, or a payment taken back."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Violation("reason", "Nothing is changed without a reason.", "Say why.")


def paid(due: Due, payment: Payment, today: date) -> Due:
    """The due once it is paid; Violation before it arose, in the future, or while it is disputed."""
    if due.status is not DueStatus.OPEN:
        raise Violation("status", f"The due is {due.status}.", "Only an open due is paid.")
    if not due.arisen_on <= payment.paid_on <= today:
        raise Violation(
            "paid_on",
            f"{payment.paid_on} is not between {due.arisen_on}, when the due arose, and today, {today}.",
            "Give the day on which the money moved.",
        )
    return replace(due, status=DueStatus.PAID, paid_on=payment.paid_on, payment_reference=payment.reference)


def unpaid(due: Due) -> Due:
    """The due after its payment came back."""
    if due.status is not DueStatus.PAID:
        raise Violation("status", f"The due is {due.status}.", "Only a payment that was made can come back.")
    return replace(due, status=DueStatus.OPEN, paid_on=None, payment_reference=None)


def disputed(due: Due, by: str, reason: str) -> Due:
    if due.status is not DueStatus.OPEN:
        raise Violation("status", f"The due is {due.status}.", "Only an open due is disputed.")
    return replace(due, status=DueStatus.DISPUTED, disputed_by=by, dispute=reason)


def undisputed(due: Due, by: str) -> Due:
    """The due once its dispute was withdrawn; what was said stays."""
    if due.status is not DueStatus.DISPUTED:
        raise Violation("status", f"The due is {due.status}.", "Only a disputed due is taken up again.")
    if due.disputed_by != by:
        message = f"{due.disputed_by} disputed it."
        raise Violation("disputed_by", message, "Let the one who disputed it withdraw that.")
    return replace(due, status=DueStatus.OPEN)


def cancelled(due: Due) -> Due:
    if due.kind is not DueKind.FEE or due.status not in UNPAID:
        message = f"A {due.kind} that is {due.status} is not given up."
        raise Violation("status", message, "Only a fee that is not paid is given up by its creditor.")
    return replace(due, status=DueStatus.CANCELLED)


def payment_movements(due: Due, books: frozenset[str], on: date, *, back: bool = False) -> list[Movement]:
    """The payment of a due in the books of those sides that keep one here, or its way back."""
    sign = -1 if back else 1
    out = transfer((Account.PAYABLE, due.creditor), (Account.CASH, due.creditor), sign * due.amount_fen)
    into = transfer((Account.CASH, due.debtor), (Account.RECEIVABLE, due.debtor), sign * due.amount_fen)
    kind = Kind.REVERSAL if back else Kind.PAYMENT
    return [
        Movement(book=book, kind=kind, on=on, reference=due.id, postings=lines, loan_id=due.loan_id)
        for book, lines in ((due.debtor, out), (due.creditor, into))
        if book in books
    ]
