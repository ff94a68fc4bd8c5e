"""Guarantees."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.guarantee.domain.guarantee import Guarantee, GuaranteePage, GuaranteeStatus
from services.guarantee.store.tables import guarantees

# Statements that every change of a guarantee makes are built once.
_ONE = sa.select(guarantees).where(guarantees.c.id == sa.bindparam("of"))
_LOCKED = _ONE.with_for_update()
_INSERT = sa.insert(guarantees)
_UPDATE = sa.update(guarantees).where(guarantees.c.id == sa.bindparam("of"))


def get(tx: ReadTx, guarantee_id: str) -> Guarantee:
    return _guarantee(tx.execute(_ONE, {"of": guarantee_id}).one_or_none(), guarantee_id)


def to_change(tx: WriteTx, guarantee_id: str) -> Guarantee:
    """The guarantee, with its row locked: two changes cannot pass each other."""
    return _guarantee(tx.execute(_LOCKED, {"of": guarantee_id}).one_or_none(), guarantee_id)


def _guarantee(row: sa.Row[Any] | None, guarantee_id: str) -> Guarantee:
    if row is None:
        raise NotFound(f"There is no guarantee {guarantee_id}.", field="guarantee_id")
    return from_row(Guarantee, row)


def of_application(tx: ReadTx, application_id: str) -> Guarantee | None:
    row = tx.row(sa.select(guarantees).where(guarantees.c.application_id == application_id))
    return None if row is None else from_row(Guarantee, row)


def page_of(
    tx: ReadTx, side: tuple[str, str] | None, status: GuaranteeStatus | None, cursor: str | None, limit: int
) -> GuaranteePage:
    """Guarantees of one side, given as column and value; None: of all."""
    query = sa.select(guarantees)
    if side is not None:
        query = query.where(guarantees.c[side[0]] == side[1])
    if status is not None:
        query = query.where(guarantees.c.status == status)
    items, following = page(tx, query, guarantees.c.id, Guarantee, cursor, limit)
    return GuaranteePage(items=items, next_cursor=following)


def run_out(tx: ReadTx, before: date, limit: int) -> list[str]:
    """Reservations whose last day was before this one and of which something was not drawn, oldest first."""
    late = (guarantees.c.undrawn_fen > 0) & (guarantees.c.reserved_until < before)
    query = sa.select(guarantees.c.id).where(late).order_by(guarantees.c.reserved_until, guarantees.c.id)
    return [row.id for row in tx.rows(query.limit(limit))]


def insert(tx: WriteTx, new: Guarantee) -> None:
    tx.execute(_INSERT, to_row(new))


def update(tx: WriteTx, changed: Guarantee) -> None:
    tx.execute(_UPDATE, to_row(changed) | {"of": changed.id})
