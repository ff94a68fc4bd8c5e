"""Guarantors."""

from collections.abc import Sequence

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.programme import Status
from services.guarantee.store.tables import guarantors

# Statements on the path of every reservation are built once: building one takes longer than running it.
_ONE = sa.select(guarantors).where(guarantors.c.id == sa.bindparam("of"))
_STOOD_ON = _ONE.with_for_update(read=True, key_share=True)
_TIERS = sa.select(guarantors.c.tier).where(guarantors.c.status == Status.ACTIVE).distinct()
_ALL = sa.select(guarantors).order_by(guarantors.c.id)


def get(tx: ReadTx, guarantor_id: str) -> Guarantor:
    return _guarantor(tx.execute(_ONE, {"of": guarantor_id}).all(), guarantor_id)


def to_use(tx: WriteTx, guarantor_id: str) -> Guarantor:
    """The guarantor, whose figures nobody changes until the end."""
    return _guarantor(
        tx.lock_rows(sa.select(guarantors).where(guarantors.c.id == guarantor_id)), guarantor_id
    )


def to_change(tx: WriteTx, guarantor_id: str) -> Guarantor | None:
    """The guarantor if it is registered, of which nobody takes or gives back room until the end."""
    rows = tx.lock_rows(sa.select(guarantors).where(guarantors.c.id == guarantor_id))
    return from_row(Guarantor, rows[0]) if rows else None


def to_stand_on(tx: WriteTx, guarantor_id: str) -> Guarantor:
    """The guarantor, whose figures nobody changes until the end, while others take room of it too."""
    return _guarantor(tx.execute(_STOOD_ON, {"of": guarantor_id}).all(), guarantor_id)


def lock_all(tx: WriteTx) -> tuple[Guarantor, ...]:
    """All guarantors, of which nobody takes or gives back room until the end."""
    rows = tx.lock_rows(sa.select(guarantors).order_by(guarantors.c.id))
    return tuple(from_row(Guarantor, row) for row in rows)


def of_tier(tx: ReadTx, tier: Tier) -> Guarantor | None:
    """The organisation that is a tier: the active one, the first by id if there were several."""
    mine = (guarantors.c.tier == tier) & (guarantors.c.status == Status.ACTIVE)
    row = tx.row(sa.select(guarantors).where(mine).order_by(guarantors.c.id).limit(1))
    return None if row is None else from_row(Guarantor, row)


def tiers(tx: ReadTx) -> tuple[str, ...]:
    """The parties of shares for which an active organisation is registered."""
    return tuple(sorted(Tier(row.tier).role for row in tx.rows(_TIERS)))


def _guarantor(rows: Sequence[sa.Row[tuple[object, ...]]], guarantor_id: str) -> Guarantor:
    if not rows:
        raise NotFound(
            f"There is no guarantor {guarantor_id}.", field="guarantor", mend="See GET /v1/guarantors."
        )
    return from_row(Guarantor, rows[0])


def all_of_them(tx: ReadTx) -> tuple[Guarantor, ...]:
    return tuple(from_row(Guarantor, row) for row in tx.rows(_ALL))


def put(tx: WriteTx, changed: Guarantor) -> None:
    row = to_row(changed)
    insert = insert_into(tx, guarantors).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=[guarantors.c.id], set_=row))
