"""Drawdowns, and news of their loans that came too early."""

from datetime import date
from typing import TypeVar

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus
from services.guarantee.store.tables import drawdowns, repayments_ahead

T = TypeVar("T")

# Statements that every change of a loan makes are built once.
_ONE = sa.select(drawdowns).where(drawdowns.c.loan_id == sa.bindparam("of"))
_LOCKED = _ONE.with_for_update()
_OF_GUARANTEE = (
    sa.select(drawdowns).where(drawdowns.c.guarantee_id == sa.bindparam("of")).order_by(drawdowns.c.number)
)
_GUARANTEE_OF = sa.select(drawdowns.c.guarantee_id).where(drawdowns.c.loan_id == sa.bindparam("of"))
_INSERT = sa.insert(drawdowns)
_UPDATE = sa.update(drawdowns).where(drawdowns.c.loan_id == sa.bindparam("of"))
_AHEAD = sa.select(repayments_ahead).where(repayments_ahead.c.loan_id == sa.bindparam("of"))


def get(tx: ReadTx, loan_id: str) -> Drawdown:
    return _found(if_any(tx, loan_id), loan_id)


def if_any(tx: ReadTx, loan_id: str) -> Drawdown | None:
    row = tx.execute(_ONE, {"of": loan_id}).one_or_none()
    return None if row is None else from_row(Drawdown, row)


def to_change(tx: WriteTx, loan_id: str) -> Drawdown:
    """The drawdown, with its row locked. Whoever changes its guarantee too locks that first."""
    row = tx.execute(_LOCKED, {"of": loan_id}).one_or_none()
    return _found(None if row is None else from_row(Drawdown, row), loan_id)


def guarantee_of(tx: ReadTx, loan_id: str) -> str:
    """The guarantee that a loan is under, to be locked before the loan is looked at."""
    return _found(tx.execute(_GUARANTEE_OF, {"of": loan_id}).scalar(), loan_id)


def _found(found: T | None, loan_id: str) -> T:
    if found is None:
        raise NotFound(f"No guarantee covers a loan {loan_id}.", field="loan_id")
    return found


def of_guarantee(tx: ReadTx, guarantee_id: str) -> tuple[Drawdown, ...]:
    """In the order in which they were drawn."""
    return tuple(from_row(Drawdown, row) for row in tx.execute(_OF_GUARANTEE, {"of": guarantee_id}))


def unchecked(tx: ReadTx, limit: int) -> list[str]:
    """Listed loans of which nobody has said yet that they wait for too long, oldest first."""
    mine = (drawdowns.c.status == DrawdownStatus.LISTED) & drawdowns.c.note.is_(None)
    oldest = sa.select(drawdowns.c.loan_id).where(mine).order_by(drawdowns.c.listed_on, drawdowns.c.loan_id)
    return [row.loan_id for row in tx.rows(oldest.limit(limit))]


def insert(tx: WriteTx, new: Drawdown) -> None:
    tx.execute(_INSERT, to_row(new))


def update(tx: WriteTx, changed: Drawdown) -> None:
    tx.execute(_UPDATE, to_row(changed) | {"of": changed.loan_id})


def remember_repayment(tx: WriteTx, guarantee_id: str, loan_id: str, left_fen: int, paid_on: date) -> None:
    """Keep the news with the least left of a loan that has no cover yet."""
    known = repayment_ahead(tx, loan_id)
    if known is None or left_fen < known[0]:
        again = {"outstanding_fen": left_fen, "paid_on": paid_on}
        fresh = insert_into(tx, repayments_ahead).values(loan_id=loan_id, guarantee_id=guarantee_id, **again)
        tx.execute(fresh.on_conflict_do_update(index_elements=[repayments_ahead.c.loan_id], set_=again))


def repayment_ahead(tx: ReadTx, loan_id: str) -> tuple[int, date] | None:
    """What is left of a loan that has no cover yet, and the day on which it was paid down to that."""
    row = tx.execute(_AHEAD, {"of": loan_id}).one_or_none()
    return None if row is None else (row.outstanding_fen, row.paid_on)
