"""Buckets of caps."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.cap import Bucket
from services.guarantee.domain.claim import ClaimStatus
from services.guarantee.store.tables import caps, claims


def lock(tx: WriteTx, empty: Bucket) -> Bucket:
    """The bucket, which nobody else changes until the end; a new one is made as `empty`."""
    tx.execute(insert_into(tx, caps).values(to_row(empty)).on_conflict_do_nothing())
    return from_row(Bucket, tx.lock_rows(sa.select(caps).where(caps.c.key == empty.key))[0])


def get(tx: ReadTx, key: str) -> Bucket | None:
    row = tx.row(sa.select(caps).where(caps.c.key == key))
    return None if row is None else from_row(Bucket, row)


def to_settle(tx: WriteTx, key: str) -> Bucket:
    rows = tx.lock_rows(sa.select(caps).where(caps.c.key == key))
    if not rows:
        raise NotFound(f"There is no cap {key}.", field="key", mend="See GET /v1/caps.")
    return from_row(Bucket, rows[0])


def all_of_them(tx: ReadTx) -> Sequence[Bucket]:
    return [from_row(Bucket, row) for row in tx.rows(sa.select(caps).order_by(caps.c.key))]


def add_release(tx: WriteTx, empty: Bucket, principal_fen: int, days: int) -> None:
    """Count a release; the bucket is made where it is new."""
    row = to_row(empty) | {"released_fen": principal_fen, "released_fen_days": principal_fen * days}
    fresh = insert_into(tx, caps).values(row)
    more = {
        "released_fen": caps.c.released_fen + fresh.excluded.released_fen,
        "released_fen_days": caps.c.released_fen_days + fresh.excluded.released_fen_days,
    }
    tx.execute(fresh.on_conflict_do_update(index_elements=[caps.c.key], set_=more))


def mark_settled(tx: WriteTx, key: str, on: date) -> None:
    tx.execute(sa.update(caps).where(caps.c.key == key).values(settled_on=on))


def used(tx: ReadTx, key: str, before: tuple[datetime, str] | None = None) -> int:
    """What the claims of a bucket take of it.

    Of those noticed before (instant, id), also what is not yet decided, and what waits for the settlement: what is
    released until then is theirs first.
    """
    mine = (claims.c.cap == key) & (claims.c.status != ClaimStatus.REFUSED)
    taken = claims.c.cap_use_fen
    if before is None:
        mine &= claims.c.status != ClaimStatus.NOTIFIED
    else:
        taken = claims.c.cap_use_fen + claims.c.pending_fen
        instant, claim_id = before
        same_instant = (claims.c.noticed_at == instant) & (claims.c.id < claim_id)
        mine &= (claims.c.noticed_at < instant) | same_instant
    return int(tx.scalar(sa.select(sa.func.coalesce(sa.func.sum(taken), 0)).where(mine)))
