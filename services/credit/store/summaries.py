"""Which parties' summaries must be told, and what was told last."""

from datetime import date

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.eventing.tables import insert_into
from services.credit.store.tables import summaries


def mark_stale(tx: WriteTx, party: str) -> None:
    """Something that the summary may show has changed: it is told anew right after this transaction."""
    insert = insert_into(tx, summaries).values(party=party, stale=True)
    tx.execute(insert.on_conflict_do_update(index_elements=[summaries.c.party], set_={"stale": True}))


def due(tx: ReadTx, limit: int) -> list[str]:
    """Parties whose summary is stale, and those whose day of change has come."""
    query = sa.select(summaries.c.party).where(summaries.c.stale | (summaries.c.due_on <= tx.today))
    return [row.party for row in tx.rows(query.order_by(summaries.c.party).limit(limit))]


def told_digest(tx: WriteTx, party: str) -> str | None:
    """The digest of what was told last. Locks the row: a change that is committed later marks it stale again."""
    rows = tx.lock_rows(sa.select(summaries.c.digest).where(summaries.c.party == party))
    return rows[0].digest if rows else None


def mark_told(tx: WriteTx, party: str, digest: str, due_on: date | None) -> None:
    values = {"stale": False, "digest": digest, "due_on": due_on}
    tx.execute(sa.update(summaries).where(summaries.c.party == party).values(values))
