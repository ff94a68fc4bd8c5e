"""The embedded log: every topic in one SQLite file, one partition each, for all services of one process.

Another process (a command of the operator) may append and read too; it is noticed within POLL_SECONDS.
"""

import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import sqlalchemy as sa

from libs.chassis.clock import SystemClock
from libs.chassis.database import Database, WriteTx, new_metadata
from libs.chassis.ids import new_id
from libs.eventing.envelope import Event
from libs.eventing.outage import database_outages
from libs.eventing.tables import Position, event_columns, event_of, event_values, insert_into
from libs.eventing.topics import Kind, Topic

POLL_SECONDS = 0.5

_metadata = new_metadata()
_log = sa.Table(
    "log",
    _metadata,
    sa.Column("position", Position, primary_key=True, autoincrement=True),
    *event_columns(),
    sa.Index("ix_log_topic", "topic", "position"),
    sqlite_autoincrement=True,  # a position is never given twice, whatever compaction removed
)
_places = sa.Table(
    "places",
    _metadata,
    sa.Column("group", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)

Places = dict[str, int]  # topic -> the last position dealt with


class EmbeddedTransport:
    """A transport over the file at `path`, made when it is not there. One of it serves a whole process."""

    def __init__(self, path: Path) -> None:
        self._database = Database(f"sqlite:///{path}", clock=SystemClock(), ids=new_id)
        self._appended = threading.Condition()
        self._appends = 0
        with database_outages():
            _metadata.create_all(self._database.engine)

    def ensure_topics(self, topics: Collection[Topic]) -> None:
        """Nothing to make; state topics lose what later states have replaced."""
        states = [topic.name for topic in topics if topic.kind is Kind.STATE]
        newest = sa.func.max(_log.c.sequence).over(partition_by=[_log.c.topic, _log.c.subject])
        ranked = sa.select(_log.c.position, _log.c.sequence, newest.label("newest"))
        ranked = ranked.where(_log.c.topic.in_(states)).subquery()
        replaced = sa.select(ranked.c.position).where(ranked.c.sequence < ranked.c.newest)
        with database_outages(), self._database.write() as tx:
            tx.execute(sa.delete(_log).where(_log.c.position.in_(replaced)))

    def producer(self, name: str) -> "_Producer":
        return _Producer(self)

    def consumer(self, group: str | None, topics: Collection[Topic]) -> "_Consumer":
        return _Consumer(self, group, [topic.name for topic in topics])

    def lag(self, group: str, topics: Collection[Topic]) -> int:
        behind = self.places(group, [topic.name for topic in topics])
        with database_outages(), self._database.read() as tx:
            return int(tx.scalar(sa.select(sa.func.count()).select_from(_log).where(_after(behind))))

    def close(self) -> None:
        self._database.close()

    def append(self, events: Sequence[Event]) -> None:
        with database_outages(), self._database.write() as tx:
            tx.execute(sa.insert(_log), [event_values(event) for event in events])
        with self._appended:
            self._appends += 1
            self._appended.notify_all()

    def read(self, places: Places, limit: int, timeout: float) -> list[tuple[int, Event]]:
        """What comes after these places, with its position; waits for it up to `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            appends = self._appends
            with database_outages(), self._database.read() as tx:
                query = sa.select(_log).where(_after(places)).order_by(_log.c.position).limit(limit)
                found = [(row.position, event_of(row)) for row in tx.rows(query)]
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            self._await_append(appends, min(left, POLL_SECONDS))

    def _await_append(self, seen: int, timeout: float) -> None:
        with self._appended:
            self._appended.wait_for(lambda: self._appends != seen, timeout)

    def places(self, group: str | None, topics: Collection[str]) -> Places:
        query = sa.select(_places.c.topic, _places.c.position).where(_places.c.group == group)
        with database_outages(), self._database.read() as tx:
            known = {str(row.topic): int(row.position) for row in tx.rows(query)}
        return {topic: known.get(topic, 0) for topic in topics}

    def ends(self, topics: Collection[str]) -> Places:
        end = sa.func.max(_log.c.position).label("position")
        query = sa.select(_log.c.topic, end).where(_log.c.topic.in_(topics)).group_by(_log.c.topic)
        with database_outages(), self._database.read() as tx:
            return {str(row.topic): int(row.position) for row in tx.rows(query)}

    def save(self, group: str, places: Places) -> None:
        with database_outages(), self._database.write() as tx:
            for topic, position in places.items():
                _save_place(tx, group, topic, position)


class _Producer:
    def __init__(self, transport: EmbeddedTransport) -> None:
        self._transport = transport

    def send(self, events: Sequence[Event]) -> None:
        self._transport.append(events)

    def close(self) -> None:
        pass


class _Consumer:
    def __init__(self, transport: EmbeddedTransport, group: str | None, topics: Collection[str]) -> None:
        self._transport = transport
        self._group = group
        self._ends = transport.ends(topics)
        self._places = transport.places(group, topics)
        self._saved = dict(self._places)

    def poll(self, timeout: float, limit: int) -> list[Event]:
        found = self._transport.read(self._places, limit, timeout)
        self._places.update({event.topic: position for position, event in found})
        return [event for _, event in found]

    def commit(self) -> None:
        moved = dict(self._places.items() - self._saved.items())
        if self._group is not None and moved:
            self._transport.save(self._group, moved)
        self._saved.update(moved)

    def caught_up(self) -> bool:
        return all(self._places[topic] >= end for topic, end in self._ends.items())

    def close(self) -> None:
        pass


def _after(places: Places) -> sa.ColumnElement[bool]:
    ahead = [sa.and_(_log.c.topic == topic, _log.c.position > position) for topic, position in places.items()]
    return sa.or_(sa.false(), *ahead)


def _save_place(tx: WriteTx, group: str, topic: str, position: int) -> None:
    insert = insert_into(tx, _places).values(group=group, topic=topic, position=position)
    tx.execute(insert.on_conflict_do_update(index_elements=["group", "topic"], set_={"position": position}))
