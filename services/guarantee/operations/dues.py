"""Dues: brought up with their entries in both books, and read by their two sides."""

from datetime import date, timedelta

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from libs.chassis.problems import NotFound
from libs.finance.tiers import reguarantee_fee
from services.guarantee.domain.drawdown import Drawdown
from services.guarantee.domain.due import Due, DueKind, DuePage, DueStatus
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.ledger import Account, Kind, Movement, transfer
from services.guarantee.domain.programme import Programme
from services.guarantee.store import dues as due_store
from services.guarantee.store import guarantors as guarantor_store

PARTIES = (*BANK, *GUARANTOR, Role.REGUARANTOR)


def fees(
    tx: WriteTx,
    guarantee: Guarantee,
    drawdown: Drawdown,
    programme: Programme,
    layer: str,
    organisation: str,
    on: date,
) -> list[Movement]:
    """Charge the fee of a tier for a drawdown that it took into its books; the entries that it makes.

    The local guarantor pays it, by the programme of the day of disbursement, for the whole term. Never the borrower.
    """
    term = next((one for one in programme.reguarantee_fees if one.payee == layer), None)
    share_bp = sum(share.bp for share in drawdown.shares if share.party == layer)
    amount_fen = reguarantee_fee(term, drawdown.amount_fen, share_bp, drawdown.days) if term else 0
    if not amount_fen:
        return []
    due = Due(
        id=tx.new_id("due"),
        kind=DueKind.FEE,
        debtor=guarantee.guarantor,
        creditor=organisation,
        amount_fen=amount_fen,
        guarantor=guarantee.guarantor,
        loan_id=drawdown.loan_id,
        reference=guarantee.id,
        arisen_on=on,
        due_by=on + timedelta(days=programme.reimbursement_days),
    )
    due_store.insert(tx, [due])
    return [
        _entry(due.debtor, Kind.FEE_CHARGED, due, (Account.FEE_EXPENSE, ""), (Account.PAYABLE, due.creditor)),
        _entry(
            due.creditor, Kind.FEE_CHARGED, due, (Account.RECEIVABLE, due.debtor), (Account.FEE_INCOME, "")
        ),
    ]


def _entry(
    book: str, kind: Kind, due: Due, debit: tuple[Account, str], credit: tuple[Account, str]
) -> Movement:
    return Movement(
        book=book,
        kind=kind,
        on=due.arisen_on,
        reference=due.id,
        postings=transfer(debit, credit, due.amount_fen),
        loan_id=due.loan_id,
    )


def list_dues(
    tx: ReadTx,
    by: Principal,
    status: DueStatus | None = None,
    overdue: bool = False,
    cursor: str | None = None,
    limit: int = 0,
) -> DuePage:
    """What the caller's organisation owes and is owed, newest first; all of it for the operator's support.

    `overdue`: only what is unpaid past its day.
    """
    by.require(*PARTIES, Role.OPERATOR)
    party = None if by.role is Role.OPERATOR else by.organisation
    return due_store.page_of(tx, party, status, tx.today if overdue else None, cursor, limit)


def get_due(tx: ReadTx, by: Principal, due_id: str) -> Due:
    by.require(*PARTIES, Role.OPERATOR)
    due = due_store.get(tx, due_id)
    if by.role is not Role.OPERATOR and by.organisation not in (due.debtor, due.creditor):
        raise NotFound(f"There is no due {due_id}.", field="due_id", mend="See GET /v1/dues.")
    return due


def books(tx: ReadTx) -> frozenset[str]:
    """The organisations that keep a book here: every registered guarantor, and no bank."""
    return frozenset(one.id for one in guarantor_store.all_of_them(tx))
