"""Claims and recoveries."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.guarantee.domain.claim import Claim, ClaimPage, ClaimStatus
from services.guarantee.domain.recovery import Recovery
from services.guarantee.store.tables import claims, recoveries


def get(tx: ReadTx, claim_id: str) -> Claim:
    row = tx.row(sa.select(claims).where(claims.c.id == claim_id))
    if row is None:
        raise NotFound(f"There is no claim {claim_id}.", field="claim_id", mend="See GET /v1/claims.")
    return from_row(Claim, row)


def of_row(row: sa.Row[Any]) -> Claim:
    return from_row(Claim, row)


def to_change(tx: WriteTx, claim_id: str) -> Claim:
    tx.lock_rows(sa.select(claims.c.id).where(claims.c.id == claim_id))
    return get(tx, claim_id)


def of_loan(tx: ReadTx, loan_id: str) -> tuple[Claim, ...]:
    rows = tx.rows(sa.select(claims).where(claims.c.loan_id == loan_id).order_by(claims.c.id))
    return tuple(from_row(Claim, row) for row in rows)


def of_cap(tx: WriteTx, key: str) -> Sequence[Claim]:
    """The claims of a bucket in the order of their notices, locked."""
    query = sa.select(claims).where(claims.c.cap == key).order_by(claims.c.noticed_at, claims.c.id)
    return [from_row(Claim, row) for row in tx.lock_rows(query)]


def insert(tx: WriteTx, new: Claim) -> None:
    tx.execute(sa.insert(claims).values(to_row(new)))


def update(tx: WriteTx, changed: Claim) -> None:
    tx.execute(sa.update(claims).where(claims.c.id == changed.id).values(to_row(changed)))


def page_of(
    tx: ReadTx,
    side: tuple[str, str] | None,
    status: ClaimStatus | None,
    overdue_on: date | None,
    cursor: str | None,
    limit: int,
) -> ClaimPage:
    """Claims of one side, given as column and value; None: of all. `overdue_on`: whose decision or payment is late."""
    query = sa.select(claims)
    if side is not None:
        query = query.where(claims.c[side[0]] == side[1])
    if status is not None:
        query = query.where(claims.c.status == status)
    if overdue_on is not None:
        undecided = (claims.c.status == ClaimStatus.NOTIFIED) & (claims.c.review_by < overdue_on)
        unpaid = (claims.c.status == ClaimStatus.ACCEPTED) & (claims.c.pay_by < overdue_on)
        query = query.where(undecided | unpaid)
    items, following = page(tx, query, claims.c.id, Claim, cursor, limit)
    return ClaimPage(items=items, next_cursor=following)


def recovery(tx: ReadTx, recovery_id: str) -> Recovery:
    row = tx.row(sa.select(recoveries).where(recoveries.c.id == recovery_id))
    if row is None:
        raise NotFound(f"There is no recovery {recovery_id}.", field="recovery_id")
    return from_row(Recovery, row)


def recoveries_of(tx: ReadTx, claim_id: str) -> tuple[Recovery, ...]:
    """The recoveries of a claim, oldest first."""
    query = sa.select(recoveries).where(recoveries.c.claim_id == claim_id).order_by(recoveries.c.id)
    return tuple(from_row(Recovery, row) for row in tx.rows(query))


def insert_recovery(tx: WriteTx, new: Recovery) -> None:
    tx.execute(sa.insert(recoveries).values(to_row(new)))


def update_recovery(tx: WriteTx, changed: Recovery) -> None:
    tx.execute(sa.update(recoveries).where(recoveries.c.id == changed.id).values(to_row(changed)))
