"""Dues."""

from collections.abc import Collection, Sequence
from datetime import date

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.guarantee.domain.due import UNPAID, Due, DueKind, DuePage, DueStatus
from services.guarantee.store.tables import dues


def get(tx: ReadTx, due_id: str) -> Due:
    row = tx.row(sa.select(dues).where(dues.c.id == due_id))
    if row is None:
        raise NotFound(f"There is no due {due_id}.", field="due_id", mend="See GET /v1/dues.")
    return from_row(Due, row)


def to_change(tx: WriteTx, due_id: str) -> Due:
    tx.lock_rows(sa.select(dues.c.id).where(dues.c.id == due_id))
    return get(tx, due_id)


def insert(tx: WriteTx, new: Sequence[Due]) -> None:
    if new:
        tx.execute(sa.insert(dues), [to_row(due) for due in new])


def update(tx: WriteTx, changed: Due) -> None:
    tx.execute(sa.update(dues).where(dues.c.id == changed.id).values(to_row(changed)))


def of_reference(tx: ReadTx, reference: str) -> tuple[Due, ...]:
    """The dues that come from one claim, recovery or filing, oldest first."""
    return _all(tx, sa.select(dues).where(dues.c.reference == reference))


def of_references(tx: ReadTx, references: Collection[str]) -> tuple[Due, ...]:
    return _all(tx, sa.select(dues).where(dues.c.reference.in_(references)))


def open_between(tx: WriteTx, reference: str, kind: DueKind, debtor: str, creditor: str) -> tuple[Due, ...]:
    """The unpaid dues of a kind that one party has to another, locked."""
    here = dues.c
    mine = (here.reference == reference) & (here.kind == kind) & (here.status == DueStatus.OPEN)
    both = (here.debtor == debtor) & (here.creditor == creditor)
    rows = tx.lock_rows(sa.select(dues).where(mine & both).order_by(here.id))
    return tuple(from_row(Due, row) for row in rows)


def page_of(
    tx: ReadTx,
    party: str | None,
    status: DueStatus | None,
    overdue_on: date | None,
    cursor: str | None,
    limit: int,
) -> DuePage:
    """The dues that a party owes or is owed; None: of all. `overdue_on`: unpaid past their day."""
    query = sa.select(dues)
    if party is not None:
        query = query.where((dues.c.debtor == party) | (dues.c.creditor == party))
    if status is not None:
        query = query.where(dues.c.status == status)
    if overdue_on is not None:
        query = query.where(dues.c.status.in_(UNPAID) & (dues.c.due_by < overdue_on))
    items, following = page(tx, query, dues.c.id, Due, cursor, limit)
    return DuePage(items=items, next_cursor=following)


def _all(tx: ReadTx, query: sa.Select[tuple[object, ...]]) -> tuple[Due, ...]:
    return tuple(from_row(Due, row) for row in tx.rows(query.order_by(dues.c.id)))
