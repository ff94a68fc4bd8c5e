"""Drawdowns, and news of their loans that came too early."""

from datetime import date

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus
from services.guarantee.store.tables import drawdowns, repayments_ahead


def get(tx: ReadTx, loan_id: str) -> Drawdown:
    found = if_any(tx, loan_id)
    if found is None:
        raise NotFound(f"No guarantee covers a loan {loan_id}.", field="loan_id")
    return found


def if_any(tx: ReadTx, loan_id: str) -> Drawdown | None:
    row = tx.row(sa.select(drawdowns).where(drawdowns.c.loan_id == loan_id))
    return None if row is None else from_row(Drawdown, row)


def to_change(tx: WriteTx, loan_id: str) -> Drawdown:
    """The drawdown, with its row locked. Whoever changes its guarantee too locks that first."""
    tx.lock_rows(sa.select(drawdowns.c.loan_id).where(drawdowns.c.loan_id == loan_id))
    return get(tx, loan_id)


def of_guarantee(tx: ReadTx, guarantee_id: str) -> tuple[Drawdown, ...]:
    """In the order in which they were drawn."""
    mine = sa.select(drawdowns).where(drawdowns.c.guarantee_id == guarantee_id)
    return tuple(from_row(Drawdown, row) for row in tx.rows(mine.order_by(drawdowns.c.number)))


def unchecked(tx: ReadTx, limit: int) -> list[str]:
    """Listed loans of which nobody has said yet that they wait for too long, oldest first."""
    mine = (drawdowns.c.status == DrawdownStatus.LISTED) & drawdowns.c.note.is_(None)
    oldest = sa.select(drawdowns.c.loan_id).where(mine).order_by(drawdowns.c.listed_on, drawdowns.c.loan_id)
    return [row.loan_id for row in tx.rows(oldest.limit(limit))]


def insert(tx: WriteTx, new: Drawdown) -> None:
    tx.execute(sa.insert(drawdowns).values(to_row(new)))


def update(tx: WriteTx, changed: Drawdown) -> None:
    tx.execute(sa.update(drawdowns).where(drawdowns.c.loan_id == changed.loan_id).values(to_row(changed)))


def remember_repayment(tx: WriteTx, guarantee_id: str, loan_id: str, left_fen: int, paid_on: date) -> None:
    """Keep the news with the least left of a loan that has no cover yet."""
    known = repayment_ahead(tx, loan_id)
    if known is None or left_fen < known[0]:
        again = {"outstanding_fen": left_fen, "paid_on": paid_on}
        fresh = insert_into(tx, repayments_ahead).values(loan_id=loan_id, guarantee_id=guarantee_id, **again)
        tx.execute(fresh.on_conflict_do_update(index_elements=[repayments_ahead.c.loan_id], set_=again))


def repayment_ahead(tx: ReadTx, loan_id: str) -> tuple[int, date] | None:
    """What is left of a loan that has no cover yet, and the day on which it was paid down to that."""
    row = tx.row(sa.select(repayments_ahead).where(repayments_ahead.c.loan_id == loan_id))
    return None if row is None else (row.outstanding_fen, row.paid_on)
