"""What `emit` writes, and what it refuses."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from google.protobuf.wrappers_pb2 import BytesValue, StringValue
from opentelemetry import context, propagate

from libs.chassis import telemetry
from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.eventing.outbox import MAX_BYTES, backlog, emit
from libs.eventing.tables import event_of, eventing_metadata, outbox
from libs.eventing.topics import LENDING_APPLICATION, LENDING_LOAN
from libs.eventing.tracing import handling

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'lending.db'}", clock=SettableClock(NOON), ids=new_id)
    eventing_metadata.create_all(database.engine)
    yield database
    database.close()


def test_an_event_says_what_who_when_and_of_whom(database: Database) -> None:
    with database.write() as tx:
        said = emit(tx, LENDING_LOAN, "loan_1", StringValue(value="disbursed"))

    with database.read() as tx:
        [row] = tx.rows(sa.select(outbox))
    assert event_of(row) == said
    assert (said.topic, said.subject, said.sequence) == ("rongqiao.lending.loan.v1", "loan_1", 1)
    assert (said.type, said.source, said.time) == ("google.protobuf.StringValue", "/services/lending", NOON)
    assert said.id.startswith("evt_")
    assert row.published_at is None


def test_sequences_count_per_topic_and_subject(database: Database) -> None:
    places = [(LENDING_LOAN, "1"), (LENDING_LOAN, "2"), (LENDING_LOAN, "1"), (LENDING_APPLICATION, "1")]

    with database.write() as tx:
        sequences = [emit(tx, topic, subject, StringValue()).sequence for topic, subject in places]

    assert sequences == [1, 1, 2, 1]


def test_a_sequence_that_was_rolled_back_is_given_again(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        emit(tx, LENDING_LOAN, "loan_1", StringValue())
        raise ZeroDivisionError

    with database.write() as tx:
        said = emit(tx, LENDING_LOAN, "loan_1", StringValue())

    assert said.sequence == 1


def test_a_message_that_no_broker_takes_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="at most 900000 bytes"), database.write() as tx:
        emit(tx, LENDING_LOAN, "loan_1", BytesValue(value=bytes(MAX_BYTES)))

    with database.read() as tx:
        assert backlog(tx).unpublished == 0


def test_an_event_needs_a_subject(database: Database) -> None:
    with pytest.raises(ValueError, match="needs a subject"), database.write() as tx:
        emit(tx, LENDING_LOAN, "", StringValue())


def test_the_trace_of_the_request_goes_with_the_event(database: Database) -> None:
    token = context.attach(propagate.extract({"traceparent": TRACE}))
    with database.write() as tx:
        said = emit(tx, LENDING_LOAN, "loan_1", StringValue())
    context.detach(token)

    with handling(said):
        carried_on = telemetry.traceparent()

    assert said.traceparent == TRACE
    assert carried_on is not None and carried_on.split("-")[1] == TRACE.split("-")[1]
    assert telemetry.traceparent() is None
