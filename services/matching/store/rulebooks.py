"""Every rulebook that an answer was given by, once, under the hash of what is in it."""

import sqlalchemy as sa

from libs.chassis.columns import Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import insert_if_absent
from services.matching.store.tables import metadata

rulebooks = sa.Table(
    "rulebooks",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("document", sa.Text, nullable=False),  # canonical JSON, whose hash is the id
    sa.Column("first_at", Instant, nullable=False),
    sa.Index("ix_rulebooks_day_id", "day", "id"),
)


def keep_rulebook(tx: WriteTx, rulebook_id: str, day: object, document: str) -> None:
    """Store it unless it is there."""
    row = {"id": rulebook_id, "day": day, "document": document, "first_at": tx.now}
    insert_if_absent(tx, rulebooks, row)


def document(tx: ReadTx, rulebook_id: str) -> str:
    """Its canonical JSON; sqlalchemy's NoResultFound for one that was never stored."""
    return tx.execute(sa.select(rulebooks.c.document).where(rulebooks.c.id == rulebook_id)).scalar_one()


def find(tx: ReadTx, rulebook_id: str) -> str | None:
    """Its canonical JSON, or None for one that was never stored."""
    return tx.scalar(sa.select(rulebooks.c.document).where(rulebooks.c.id == rulebook_id))


def all_ids(tx: ReadTx) -> list[str]:
    """By the day for which they were made."""
    return [row.id for row in tx.rows(sa.select(rulebooks.c.id).order_by(rulebooks.c.day, rulebooks.c.id))]
