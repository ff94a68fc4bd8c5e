"""One service that speaks and listens: its database, the log, and a projection that shows every effect."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa
from google.protobuf.wrappers_pb2 import StringValue

from libs.chassis.database import Database, WriteTx, new_metadata
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.outbox import emit
from libs.eventing.reader import Reader
from libs.eventing.relay import Relay
from libs.eventing.tables import eventing_metadata
from libs.eventing.topics import Kind, Topic
from libs.eventing.transport import Transport

_metadata = new_metadata()

# No unique constraint: an effect that happens twice is two rows.
effects = sa.Table(
    "effects",
    _metadata,
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)


class Poisoned(Exception):
    """The handler cannot digest this text."""


@dataclass
class World:
    database: Database
    transport: Transport
    fact: Topic
    state: Topic
    poison: set[str] = field(default_factory=set)

    def say(self, topic: Topic, subject: str, *texts: str) -> None:
        for text in texts:
            with self.database.write() as tx:
                emit(tx, topic, subject, StringValue(value=text))

    def handle(self, tx: WriteTx, event: Event) -> None:
        text = event.decode(StringValue).value
        row = {"topic": event.topic, "subject": event.subject, "sequence": event.sequence, "text": text}
        tx.execute(sa.insert(effects).values(row))
        if text in self.poison:
            raise Poisoned(text)

    @property
    def handlers(self) -> dict[Topic, Handler]:
        return {self.fact: self.handle, self.state: self.handle}

    def relay(self) -> Relay:
        return Relay(self.database, self.transport, self.fact.name)

    def reader(self) -> Reader:
        return Reader(self.database, self.transport, self.fact.name, self.handlers)

    def run(self) -> None:
        """Publish and handle everything, once through."""
        self.relay().drain()
        self.reader().drain()

    def told(self, topic: Topic, subject: str) -> list[str]:
        query = sa.select(effects.c.text).where(effects.c.topic == topic.name, effects.c.subject == subject)
        with self.database.read() as tx:
            return [row.text for row in tx.rows(query.order_by(effects.c.place))]


def make_tables(database: Database) -> None:
    eventing_metadata.create_all(database.engine)
    _metadata.create_all(database.engine)


def forget(database: Database) -> None:
    """As on the first day, so that one database can serve many tests and examples."""
    database.on_commit.clear()
    with database.write() as tx:
        for table in (*eventing_metadata.sorted_tables, effects):
            tx.execute(sa.delete(table))


def event(topic: Topic, subject: str, sequence: int, text: str = "") -> Event:
    return Event(
        topic=topic.name,
        subject=subject,
        sequence=sequence,
        id=f"evt_{subject}_{sequence}",
        type="google.protobuf.StringValue",
        source=topic.source,
        time=datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC),
        data=StringValue(value=text or f"{subject}{sequence}").SerializeToString(),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


def events(topic: Topic, subject: str, sequences: Iterable[int]) -> list[Event]:
    return [event(topic, subject, sequence) for sequence in sequences]


def make_topic(kind: Kind, name: str) -> Topic:
    return Topic(name=f"test.{kind.lower()}.{name}", kind=kind, partitions=3, owner="tests")
