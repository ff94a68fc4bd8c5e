"""Filings."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from services.guarantee.domain.filing import Filing, FilingStatus
from services.guarantee.store.tables import filings


def of_loan(tx: ReadTx, loan_id: str) -> tuple[Filing, ...]:
    """In the order of their layers' names."""
    mine = sa.select(filings).where(filings.c.loan_id == loan_id).order_by(filings.c.layer)
    return tuple(from_row(Filing, row) for row in tx.rows(mine))


def get(tx: ReadTx, loan_id: str, layer: str) -> Filing:
    mine = (filings.c.loan_id == loan_id) & (filings.c.layer == layer)
    row = tx.row(sa.select(filings).where(mine))
    if row is None:
        raise NotFound(f"Loan {loan_id} has no filing with a {layer} tier.", field="layer")
    return from_row(Filing, row)


def insert(tx: WriteTx, new: Sequence[Filing]) -> None:
    if new:
        tx.execute(sa.insert(filings), [to_row(one) for one in new])


def update(tx: WriteTx, changed: Filing) -> None:
    mine = (filings.c.loan_id == changed.loan_id) & (filings.c.layer == changed.layer)
    tx.execute(sa.update(filings).where(mine).values(to_row(changed)))


def run_out(tx: ReadTx, today: date, limit: int) -> list[str]:
    """The loans with a filing that nobody made or mended in time, oldest first."""
    open_ones = filings.c.status.in_((FilingStatus.PENDING, FilingStatus.REJECTED))
    late = sa.select(filings.c.loan_id).where(open_ones & (filings.c.cure_by < today))
    oldest = late.group_by(filings.c.loan_id).order_by(sa.func.min(filings.c.cure_by), filings.c.loan_id)
    return [row.loan_id for row in tx.rows(oldest.limit(limit))]
