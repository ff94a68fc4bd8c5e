"""The tables of eventing, the same in every service's database. Migration: migrations/versions/ (branch `eventing`)."""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from libs.chassis.columns import Instant
from libs.chassis.database import WriteTx, new_metadata
from libs.eventing.envelope import Event

eventing_metadata = new_metadata()

Position = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself only as INTEGER


def event_columns() -> list[sa.Column[Any]]:
    """The columns that hold an event; new ones on each call, as a column belongs to one table."""
    return [
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("time", Instant, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("traceparent", sa.Text),
    ]


def _sequence_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    ]


# What this service says: committed with the state that made it true; `published_at` is set once the log has it.
outbox = sa.Table(
    "outbox",
    eventing_metadata,
    sa.Column("position", Position, primary_key=True, autoincrement=True),
    *event_columns(),
    sa.Column("published_at", Instant),
)
_unpublished = outbox.c.published_at.is_(None)
sa.Index("ix_outbox_unpublished", outbox.c.position, sqlite_where=_unpublished, postgresql_where=_unpublished)
sa.Index("ix_outbox_published_at", outbox.c.published_at)

# The last sequence given to each subject. Its row is locked until the commit, so the order of commits is the order
# of sequences.
outbox_sequences = sa.Table("outbox_sequences", eventing_metadata, *_sequence_columns())

# The last sequence of each subject whose effect is in this database.
inbox_sequences = sa.Table("inbox_sequences", eventing_metadata, *_sequence_columns())

# Messages that came but cannot be handled yet. error set: parked; NULL: its turn has not come.
waiting = sa.Table(
    "waiting",
    eventing_metadata,
    *event_columns(),
    sa.Column("error", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.PrimaryKeyConstraint("topic", "subject", "sequence"),
)

# How often this service's projections were rebuilt: part of the consumer group's name, so a new generation reads
# every topic from its beginning.
generations = sa.Table(
    "generations",
    eventing_metadata,
    sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", Instant, nullable=False),
)

_FIELDS = ("topic", "subject", "sequence", "id", "type", "source", "time", "data", "traceparent")


def event_values(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in _FIELDS}


def event_of(row: sa.Row[Any]) -> Event:
    return Event(**{name: getattr(row, name) for name in _FIELDS})


def of_subject(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether a row is of the parameters `of_topic` and `of_subject`."""
    return sa.and_(table.c.topic == sa.bindparam("of_topic"), table.c.subject == sa.bindparam("of_subject"))


def insert_into(tx: WriteTx, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT; both databases spell it alike, SQLAlchemy has it once for each."""
    return _insert(tx.connection.dialect.name, table)


def step_sequence(tx: WriteTx, table: sa.Table, topic: str, subject: str, step: int) -> int:
    """Add `step` to the subject's `last` (0 before its first event) and return it; locks the row until the end."""
    statement = _stepping(tx.connection.dialect.name, table)
    return int(tx.execute(statement, {"topic": topic, "subject": subject, "last": step}).scalar_one())


@cache  # statements on the path of every event are built once: building one takes longer than running it
def _stepping(dialect: str, table: sa.Table) -> sa.Executable:
    insert = _insert(dialect, table)
    stepped = insert.on_conflict_do_update(
        index_elements=[table.c.topic, table.c.subject], set_={"last": table.c.last + insert.excluded.last}
    )
    return stepped.returning(table.c.last)


def _insert(dialect: str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
