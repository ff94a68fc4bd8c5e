"""Batches of requests and their rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Instant, Sealed
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from libs.registry.regions import territory
from services.matching.domain.answer import MatchRequest
from services.matching.domain.batch import (
    OPEN,
    Batch,
    BatchPage,
    BatchSource,
    BatchState,
    RowAnswer,
)
from services.matching.domain.many import RowProblem
from services.matching.store.tables import metadata

LONGEST_TEXT = 300
_RUNNING = sa.text("state = 'RUNNING' AND waiting > 0")
_WAITING = sa.text("state = 'WAITING'")
_TOPIC = sa.text("source = 'TOPIC'")

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("source", sa.String(10), nullable=False),
    sa.Column("sender", sa.String(120), nullable=False),
    sa.Column("reference", sa.String(120), nullable=False),
    sa.Column("on_error", sa.String(10), nullable=False),
    sa.Column("organisation", sa.String(80), nullable=False),
    sa.Column("territory", sa.String(12), nullable=False),  # of whose it is
    sa.Column("asker", Document(Principal), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("waiting", sa.BigInteger, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger, nullable=False),
    sa.Column("cancelled", sa.BigInteger, nullable=False),
    sa.Column("expected", sa.BigInteger, nullable=False),
    sa.Column("problem", Encrypted),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("moved_at", Instant, nullable=False),  # when anything of it last came or was answered
    sa.Column("closed_at", Instant),
    sa.Index("ix_batches_organisation_id", "organisation", "id"),
    sa.Index("ix_batches_running", "id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    sa.Index("ix_batches_closed_at", "closed_at"),
    sa.Index(
        "uq_batches_sender_reference",
        "sender",
        "reference",
        unique=True,
        sqlite_where=_TOPIC,
        postgresql_where=_TOPIC,
    ),
)

batch_rows = sa.Table(
    "batch_rows",
    metadata,
    sa.Column("batch", sa.String(40), sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("row", sa.String(64), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("repeats", sa.BigInteger),
    sa.Column("request", Sealed(MatchRequest)),
    sa.Column("answer", Document(RowAnswer)),
    sa.Column("problem", Sealed(RowProblem)),  # what is said of a bad row may repeat what stood in it
    sa.Index("ix_batch_rows_batch_row", "batch", "row"),
    sa.Index("ix_batch_rows_waiting", "batch", "number", sqlite_where=_WAITING, postgresql_where=_WAITING),
)


def open_batch(tx: WriteTx, batch: Batch, asker: Principal) -> None:
    more = {"asker": asker, "territory": asker.territory, "moved_at": tx.now}
    tx.execute(sa.insert(batches).values(to_row(batch) | more))


def find(tx: ReadTx, batch_id: str) -> Batch:
    return from_row(Batch, _row(tx, batch_id))


def find_with_asker(tx: ReadTx, batch_id: str) -> tuple[Batch, Principal]:
    row = _row(tx, batch_id)
    return from_row(Batch, row), row.asker


def lock(tx: WriteTx, batch_id: str) -> Batch:
    """To be changed by this transaction alone."""
    tx.lock_rows(sa.select(batches.c.id).where(batches.c.id == batch_id))
    return find(tx, batch_id)


def of_sender(tx: ReadTx, sender: str, reference: str) -> str | None:
    """The id of a batch over the topic."""
    this = (
        batches.c.source == BatchSource.TOPIC,
        batches.c.sender == sender,
        batches.c.reference == reference,
    )
    return tx.scalar(sa.select(batches.c.id).where(*this))


def count_open(tx: ReadTx, organisation: str) -> int:
    these = (
        batches.c.organisation == organisation,
        batches.c.source == BatchSource.FILE,
        batches.c.state.in_(OPEN),
    )
    return int(tx.scalar(sa.select(sa.func.count()).where(*these)))


def find_page(
    tx: ReadTx,
    organisations: Sequence[str],
    place: str,
    reference: str | None,
    cursor: str | None,
    limit: int,
) -> BatchPage:
    """The newest first, of those that were opened within the territory."""
    query = sa.select(batches).where(batches.c.organisation.in_(organisations), _within(place))
    if reference is not None:
        query = query.where(batches.c.reference == reference)
    items, following = page(tx, query, batches.c.id, Batch, cursor, limit)
    return BatchPage(items=items, next_cursor=following)


def is_seen(tx: ReadTx, batch_id: str, organisations: Sequence[str], place: str) -> bool:
    this = (batches.c.id == batch_id, batches.c.organisation.in_(organisations), _within(place))
    return tx.scalar(sa.select(batches.c.id).where(*this)) is not None


def _within(place: str) -> sa.ColumnElement[bool]:
    return batches.c.territory.startswith(territory(place), autoescape=True)


def put(tx: WriteTx, batch: Batch) -> None:
    """How far it came, and that somebody is at work on it."""
    names = ("state", "rows", "waiting", "done", "failed", "cancelled", "expected", "closed_at")
    values = {name: getattr(batch, name) for name in names} | {"moved_at": tx.now}
    values["problem"] = _storable(batch.problem)
    tx.execute(sa.update(batches).where(batches.c.id == batch.id).values(values))


def running(tx: ReadTx) -> list[str]:
    """Batches in which rows wait, the oldest first."""
    these = (batches.c.state == BatchState.RUNNING, batches.c.waiting > 0)
    return [row.id for row in tx.rows(sa.select(batches.c.id).where(*these).order_by(batches.c.id))]


def unfinished(tx: ReadTx, source: BatchSource, state: BatchState, before: datetime) -> list[str]:
    """Batches in a state in which nothing moved since an instant, and in which no row waits to be worked on."""
    these = (batches.c.source == source, batches.c.state == state, batches.c.moved_at < before)
    idle = sa.or_(batches.c.waiting == 0, batches.c.state == BatchState.LOADING)
    return [row.id for row in tx.rows(sa.select(batches.c.id).where(*these, idle))]


def closed_before(tx: ReadTx, before: datetime) -> list[str]:
    return [row.id for row in tx.rows(sa.select(batches.c.id).where(batches.c.closed_at < before))]


def forget(tx: WriteTx, batch_id: str, at_once: int) -> bool:
    """Delete rows of a batch, and the batch with the last of them; whether it is gone."""
    some = sa.select(batch_rows.c.number).where(batch_rows.c.batch == batch_id).limit(at_once)
    these = (batch_rows.c.batch == batch_id, batch_rows.c.number.in_(some))
    if tx.execute(sa.delete(batch_rows).where(*these)).rowcount == at_once:
        return False
    tx.execute(sa.delete(batches).where(batches.c.id == batch_id))
    return True


def _row(tx: ReadTx, batch_id: str) -> sa.Row[Any]:
    row = tx.row(sa.select(batches).where(batches.c.id == batch_id))
    if row is None:
        raise NotFound(f"There is no batch {batch_id}.", field="batch_id")
    return row


def _storable(text: str | None) -> str | None:
    """PostgreSQL stores neither NUL nor half a surrogate pair, and a cell may hold them."""
    return (
        None if text is None else text.replace("\x00", "").encode("utf-8", "replace").decode()[:LONGEST_TEXT]
    )
