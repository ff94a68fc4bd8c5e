"""Consents, and the looks that they allowed."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.credit.domain.consent import Consent, Read, ReadPage
from services.credit.store.tables import consents, reads


def consent_to_change(tx: WriteTx, consent_id: str) -> Consent:
    rows = tx.lock_rows(sa.select(consents).where(consents.c.id == consent_id))
    if not rows:
        raise NotFound(f"There is no consent {consent_id}.", field="consent_id")
    return from_row(Consent, rows[0])


def consents_of(tx: ReadTx, party: str, recipient: str | None = None) -> tuple[Consent, ...]:
    """All consents of a party that were ever given, or those to one recipient; the oldest first."""
    query = sa.select(consents).where(consents.c.party == party)
    if recipient is not None:
        query = query.where(consents.c.recipient == recipient)
    return tuple(from_row(Consent, row) for row in tx.rows(query.order_by(consents.c.id)))


def insert_consent(tx: WriteTx, consent: Consent) -> None:
    tx.execute(sa.insert(consents).values(to_row(consent)))


def update_consent(tx: WriteTx, consent: Consent) -> None:
    tx.execute(sa.update(consents).where(consents.c.id == consent.id).values(revoked_at=consent.revoked_at))


def insert_read(tx: WriteTx, read: Read, account: str) -> None:
    tx.execute(sa.insert(reads).values(to_row(read) | {"account": account}))


def read_page(tx: ReadTx, party: str, cursor: str | None, limit: int) -> ReadPage:
    items, following = page(
        tx, sa.select(reads).where(reads.c.party == party), reads.c.id, Read, cursor, limit
    )
    return ReadPage(items=items, next_cursor=following)
