"""Consents of firms, as credit tells of them: no party, no signer."""

from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import insert_if_absent
from services.lending.store.metadata import metadata

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("firm_key", sa.String(40), nullable=False),
    sa.Column("recipient", sa.String(80), nullable=False),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
)


class KnownConsent(NamedTuple):
    id: str
    firm_key: str
    recipient: str
    purpose: str
    valid_until: date
    revoked: bool


def keep(tx: WriteTx, consent: KnownConsent) -> None:
    """A consent that was revoked stays so, whatever comes late."""
    row = consent._asdict()
    if not insert_if_absent(tx, consents, row):
        standing = (consents.c.id == consent.id) & consents.c.revoked.is_(sa.false())
        tx.execute(sa.update(consents).where(standing).values(row))


def find(tx: ReadTx, consent_id: str) -> KnownConsent | None:
    row = tx.row(sa.select(consents).where(consents.c.id == consent_id))
    return None if row is None else KnownConsent(*row)
