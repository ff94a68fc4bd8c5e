"""For operators: see what is parked, run it again, give it up, or build a projection anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from libs.chassis.database import Database, ReadTx, WriteTx
from libs.eventing.inbox import Handler, Inbox, settle
from libs.eventing.outage import database_outages
from libs.eventing.tables import generations, inbox_sequences, waiting
from libs.eventing.topics import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """An event that its handler refused, and how many of its subject wait behind it."""

    topic: str
    subject: str
    sequence: int
    id: str
    type: str
    error: str
    tries: int
    since: datetime
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """For alarms. `oldest_gap` is since when an event waits for one that never came, behind nothing parked."""

    parked: int
    waiting: int
    oldest_gap: datetime | None


def parked(database: Database) -> list[Parked]:
    """All parked events of a service, the longest parked first."""
    others = waiting.alias()
    behind = sa.select(sa.func.count()).where(
        others.c.topic == waiting.c.topic, others.c.subject == waiting.c.subject, others.c.error.is_(None)
    )
    names = ("topic", "subject", "sequence", "id", "type", "error", "tries", "since")
    query = sa.select(*(waiting.c[name] for name in names), behind.scalar_subquery().label("behind"))
    with database_outages(), database.read() as tx:
        rows = tx.rows(query.where(waiting.c.error.is_not(None)).order_by(waiting.c.since))
    return [Parked(**dict(zip((*names, "behind"), row, strict=True))) for row in rows]


def backlog(database: Database) -> Backlog:
    with database_outages(), database.read() as tx:
        is_parked = waiting.c.error.is_not(None)
        return Backlog(
            parked=_count(tx, is_parked),
            waiting=_count(tx, sa.not_(is_parked)),
            oldest_gap=tx.scalar(_oldest_gap()),
        )


def replay(database: Database, handlers: Mapping[Topic, Handler], topic: str, subject: str) -> int:
    """Run a subject's parked event and, in order, what waits behind it; returns how many took effect.

    0 when nothing is parked or the first fails again; then, as with any later one that fails, it is parked with
    its new error. Raises KeyError for a topic that these handlers do not know, Outage.
    """
    inbox = Inbox(handlers)
    return settle(database, lambda tx, given_up: inbox.replay(tx, topic, subject, given_up))


def discard(database: Database, handlers: Mapping[Topic, Handler], topic: str, subject: str) -> int:
    """Give a subject's parked event up for good and run what waits behind it; returns how many took effect."""
    inbox = Inbox(handlers)
    return settle(database, lambda tx, given_up: inbox.discard(tx, topic, subject, given_up))


def rebuild(database: Database, truncate: Callable[[WriteTx], None]) -> None:
    """Empty a service's projections and what it has heard; its readers go on from the beginning of every topic.

    `truncate` deletes the rows of the projections, in the same transaction. Readers need not be stopped. Raises Outage.
    """
    with database_outages():
        database.transact(lambda tx: _rebuild(tx, truncate))


def _rebuild(tx: WriteTx, truncate: Callable[[WriteTx], None]) -> None:
    if tx.connection.dialect.name == "postgresql":
        # A reader in the middle of a transaction has effects that a DELETE would not see: wait for it, bar the next.
        tx.execute(sa.text("LOCK TABLE inbox_sequences IN EXCLUSIVE MODE"))
    truncate(tx)
    for table in (inbox_sequences, waiting):
        tx.execute(sa.delete(table))
    generation = tx.scalar(sa.select(sa.func.count()).select_from(generations)) + 1
    tx.execute(sa.insert(generations).values(generation=generation, since=tx.now))


def _count(tx: ReadTx, condition: sa.ColumnElement[bool]) -> int:
    return int(tx.scalar(sa.select(sa.func.count()).select_from(waiting).where(condition)))


def _oldest_gap() -> sa.Select[tuple[datetime]]:
    head = waiting.alias()
    behind_parked = sa.exists().where(
        head.c.topic == waiting.c.topic, head.c.subject == waiting.c.subject, head.c.error.is_not(None)
    )
    return sa.select(sa.func.min(waiting.c.since)).where(waiting.c.error.is_(None), ~behind_parked)
