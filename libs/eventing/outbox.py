"""Saying something: the event is committed with the state that made it true, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from google.protobuf.message import Message

from libs.chassis import telemetry
from libs.chassis.database import ReadTx, WriteTx
from libs.eventing.envelope import Event
from libs.eventing.tables import event_values, outbox, outbox_sequences, step_sequence
from libs.eventing.topics import Topic

MAX_BYTES = 900_000  # a broker takes 1 MiB a message; a larger one would stop the relay for ever

_INSERT = sa.insert(outbox).inline()  # nobody asks for its position
_FIRST = sa.insert(outbox_sequences)


def emit(tx: WriteTx, topic: Topic, subject: str, message: Message) -> Event:
    """Put the message into the outbox, as the next of its subject; the relay publishes it after the commit.

    Locks the subject's sequence until the end of the transaction. An operation that emits for several subjects does
    so in a fixed order, or PostgreSQL may find a deadlock (which `Database.transact` tries again).
    Raises ValueError for a message over MAX_BYTES or an empty subject.
    """
    event = _event(
        tx, topic, subject, message, step_sequence(tx, outbox_sequences, topic.name, subject, step=1)
    )
    tx.execute(_INSERT, event_values(event))
    return event


def _event(tx: WriteTx, topic: Topic, subject: str, message: Message, sequence: int) -> Event:
    data = message.SerializeToString()
    if not subject or len(data) > MAX_BYTES:
        raise ValueError(
            f"{topic.name}: an event needs a subject and at most {MAX_BYTES} bytes, not {len(data)}"
        )
    return Event(
        topic=topic.name,
        subject=subject,
        sequence=sequence,
        id=tx.new_id("evt"),
        type=message.DESCRIPTOR.full_name,
        source=topic.source,
        time=tx.now,
        data=data,
        traceparent=telemetry.traceparent(),
    )


def emit_first(tx: WriteTx, topic: Topic, messages: Sequence[tuple[str, Message]]) -> None:
    """The same for the first events of subjects that this transaction makes, in two statements for all of them.
    IntegrityError where a subject has said something before."""
    events = [_event(tx, topic, subject, message, 1) for subject, message in messages]
    if events:
        rows = [{"topic": topic.name, "subject": event.subject, "last": 1} for event in events]
        tx.execute(_FIRST, rows)
        tx.execute(_INSERT, [event_values(event) for event in events])


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is committed and not yet in the log. `oldest` is when the first of it was emitted."""

    unpublished: int
    oldest: datetime | None


def backlog(tx: ReadTx) -> Backlog:
    waits = outbox.c.published_at.is_(None)
    count = tx.scalar(sa.select(sa.func.count()).select_from(outbox).where(waits))
    return Backlog(unpublished=count, oldest=tx.scalar(sa.select(sa.func.min(outbox.c.time)).where(waits)))


def purge(tx: WriteTx, before: datetime) -> int:
    """Forget what was published before this instant; returns how many. The log keeps it."""
    return tx.execute(sa.delete(outbox).where(outbox.c.published_at < before)).rowcount
