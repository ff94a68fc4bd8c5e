"""A journal of the content that is kept: rows in, keys out.

Content has a line here before its first byte is written, and until the last one is destroyed. So what a crash leaves
behind is found without looking through the store.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa

from libs.chassis.columns import Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict
from services.credit.store.tables import metadata


class ContentState(StrEnum):
    WRITING = "WRITING"
    KEPT = "KEPT"
    DOOMED = "DOOMED"


contents = sa.Table(
    "document_contents",
    metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Index(
        "ix_document_contents_unsettled",
        "opened_at",
        sqlite_where=sa.text("state <> 'KEPT'"),
        postgresql_where=sa.text("state <> 'KEPT'"),
    ),
)


def announce(tx: WriteTx, key: str) -> None:
    tx.execute(sa.insert(contents).values(key=key, state=ContentState.WRITING, opened_at=tx.now))


def settle(tx: WriteTx, key: str) -> None:
    """Conflict where it took so long that it was given up."""
    settled = sa.update(contents).where(contents.c.key == key, contents.c.state == ContentState.WRITING)
    if not tx.execute(settled.values(state=ContentState.KEPT)).rowcount:
        raise Conflict("The upload took too long.", field="file", mend="Send the file again.")


def doom(tx: WriteTx, keys: Sequence[str]) -> None:
    tx.execute(sa.update(contents).where(contents.c.key.in_(keys)).values(state=ContentState.DOOMED))


def doom_abandoned(tx: WriteTx, age: timedelta) -> int:
    """What began long ago and never became a version. How many."""
    old = sa.update(contents).where(
        contents.c.state == ContentState.WRITING, contents.c.opened_at < tx.now - age
    )
    return tx.execute(old.values(state=ContentState.DOOMED)).rowcount


def doomed(tx: ReadTx, limit: int) -> Sequence[str]:
    query = sa.select(contents.c.key).where(contents.c.state == ContentState.DOOMED)
    return [row.key for row in tx.rows(query.order_by(contents.c.opened_at).limit(limit))]


def forget(tx: WriteTx, key: str) -> None:
    tx.execute(sa.delete(contents).where(contents.c.key == key, contents.c.state == ContentState.DOOMED))
