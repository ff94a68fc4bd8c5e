"""What statements need beside the ledger: filings of the month, disputes, and who agreed."""

from datetime import date, datetime

import sqlalchemy as sa

from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from libs.finance.split import split
from services.guarantee.domain.drawdown import Drawdown
from services.guarantee.domain.due import DueKind, DueStatus
from services.guarantee.domain.filing import FilingStatus
from services.guarantee.domain.statement import Agreement, Receipt
from services.guarantee.store.tables import drawdowns, dues, filings, guarantees, statement_agreements


def receipts(tx: ReadTx, one: str, other: str, since: datetime, until: datetime) -> tuple[Receipt, ...]:
    """The drawdowns of one that the other took into its books in the month, whichever of them is the tier."""
    days = (business_date(since), business_date(until))
    found = (row for sides in ((one, other), (other, one)) for row in tx.rows(_taken(*sides, *days)))
    return tuple(_receipt(row) for row in found)


def _taken(guarantor: str, tier: str, first: date, last: date) -> sa.Select[tuple[object, ...]]:
    both = drawdowns.join(filings, filings.c.loan_id == drawdowns.c.loan_id).join(
        guarantees, guarantees.c.id == drawdowns.c.guarantee_id
    )
    here = filings.c
    mine = (here.organisation == tier) & (guarantees.c.guarantor == guarantor)
    mine &= (here.status == FilingStatus.FILED) & (here.decided_on >= first) & (here.decided_on < last)
    query = sa.select(*drawdowns.c, here.layer, here.number.label("filing"), here.decided_on)
    return query.select_from(both).where(mine).order_by(here.decided_on, here.loan_id)


def disputed(tx: ReadTx, one: str, other: str) -> frozenset[str]:
    """What is disputed between two parties, as their entries name it: a due, or the recovery that it is a part of."""
    sides = (one, other)
    mine = dues.c.debtor.in_(sides) & dues.c.creditor.in_(sides) & (dues.c.status == DueStatus.DISPUTED)
    rows = tx.rows(sa.select(dues.c.id, dues.c.kind, dues.c.reference).where(mine))
    return frozenset(row.reference if row.kind == DueKind.RECOVERY else row.id for row in rows)


def keep_agreement(tx: WriteTx, signed: Agreement) -> None:
    row = to_row(signed)
    insert = insert_into(tx, statement_agreements).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=list(statement_agreements.primary_key), set_=row))


def agreed_by(tx: ReadTx, month: str, one: str, other: str) -> tuple[str, ...]:
    here, sides = statement_agreements.c, (one, other)
    mine = (here.month == month) & here.book.in_(sides) & here.counterparty.in_(sides)
    return tuple(row.book for row in tx.rows(sa.select(here.book).where(mine).order_by(here.book)))


def _receipt(row: sa.Row[tuple[object, ...]]) -> Receipt:
    drawdown = from_row(Drawdown, row)
    return Receipt(
        loan_id=row.loan_id,
        layer=row.layer,
        number=row.filing,
        on=row.decided_on,
        part_fen=split(drawdown.amount_fen, drawdown.shares).get(row.layer, 0),
    )
