"""Notices to banks: written unnumbered with what they tell of, numbered afterwards in the order of commits."""

from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, insert_if_absent
from libs.eventing.tables import Position
from services.lending.domain.feed import Data, Feed, Notice
from services.lending.store.metadata import metadata

notices = sa.Table(
    "notices",
    metadata,
    sa.Column(
        "number", Position, primary_key=True, autoincrement=True
    ),  # as written; commits come in another order
    sa.Column("id", sa.String(40), nullable=False, unique=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("position", sa.BigInteger),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("data", Document(Data), nullable=False),
    sa.UniqueConstraint("bank", "position"),
)
_unnumbered = notices.c.position.is_(None)
sa.Index("ix_notices_unnumbered", notices.c.number, sqlite_where=_unnumbered, postgresql_where=_unnumbered)

# The last position of each bank's feed. Whoever numbers holds the row, so positions become visible in their order.
feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("bank", sa.String(80), primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)


def insert(tx: WriteTx, bank: str, kind: str, subject: str, data: Data) -> None:
    row = {"id": tx.new_id("ntc"), "bank": bank, "type": kind, "subject": subject, "at": tx.now, "data": data}
    tx.execute(sa.insert(notices).values(row))


def unnumbered_banks(tx: ReadTx) -> tuple[str, ...]:
    """Whose feeds have notices that nobody can read yet, always in the same order."""
    query = sa.select(notices.c.bank).where(_unnumbered).distinct().order_by(notices.c.bank)
    return tuple(row.bank for row in tx.rows(query))


def last(tx: ReadTx, bank: str) -> int:
    """The last position of the bank's feed; 0 while it is empty."""
    return int(tx.scalar(sa.select(feeds.c.last).where(feeds.c.bank == bank)) or 0)


def lock_last(tx: WriteTx, bank: str) -> int:
    """The last position of the bank's feed, with the feed held until the end of the transaction."""
    insert_if_absent(tx, feeds, {"bank": bank, "last": 0})
    return int(tx.lock_rows(sa.select(feeds).where(feeds.c.bank == bank))[0].last)


def unnumbered(tx: ReadTx, bank: str, limit: int) -> list[Any]:
    query = sa.select(notices).where(_unnumbered, notices.c.bank == bank)
    return list(tx.rows(query.order_by(notices.c.number).limit(limit)))


def give_positions(tx: WriteTx, bank: str, numbers: list[int], after: int) -> None:
    """The notices with these numbers get the positions after `after`, and the feed now ends with them."""
    this = sa.update(notices).where(notices.c.number == sa.bindparam("of_number"))
    places = [{"of_number": number, "position": after + place} for place, number in enumerate(numbers, 1)]
    tx.execute(this, places)
    tx.execute(sa.update(feeds).where(feeds.c.bank == bank).values(last=after + len(numbers)))


def after(tx: ReadTx, bank: str, position: int, limit: int) -> Feed:
    query = sa.select(notices).where(notices.c.bank == bank, notices.c.position > position)
    rows = tx.rows(query.order_by(notices.c.position).limit(limit + 1))
    items = tuple(from_row(Notice, row) for row in rows[:limit])
    return Feed(items=items, next=items[-1].position if items else position, caught_up=len(rows) <= limit)
