"""Guarantors."""

from collections.abc import Sequence

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.store.tables import guarantors


def get(tx: ReadTx, guarantor_id: str) -> Guarantor:
    return _guarantor(tx.rows(sa.select(guarantors).where(guarantors.c.id == guarantor_id)), guarantor_id)


def to_use(tx: WriteTx, guarantor_id: str) -> Guarantor:
    """The guarantor, whose figures nobody changes until the end."""
    return _guarantor(
        tx.lock_rows(sa.select(guarantors).where(guarantors.c.id == guarantor_id)), guarantor_id
    )


def _guarantor(rows: Sequence[sa.Row[tuple[object, ...]]], guarantor_id: str) -> Guarantor:
    if not rows:
        raise NotFound(
            f"There is no guarantor {guarantor_id}.", field="guarantor", mend="See GET /v1/guarantors."
        )
    return from_row(Guarantor, rows[0])


def all_of_them(tx: ReadTx) -> tuple[Guarantor, ...]:
    return tuple(from_row(Guarantor, row) for row in tx.rows(sa.select(guarantors).order_by(guarantors.c.id)))


def put(tx: WriteTx, changed: Guarantor) -> None:
    row = to_row(changed)
    insert = insert_into(tx, guarantors).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=[guarantors.c.id], set_=row))
