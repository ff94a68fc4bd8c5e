"""Batches over a real broker: each row one answer, whoever dies in between and however the work is shared out anew."""

import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from threading import Event as Flag
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from kafka import KafkaConsumer, KafkaProducer

from app.engines import Kafka
from libs.chassis.database import WriteTx
from libs.chassis.ids import new_id
from libs.chassis.principal import Role
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.kafka import KafkaTransport
from libs.eventing.outage import Outage
from libs.eventing.parking import parked
from libs.eventing.reader import Reader
from libs.eventing.relay import Relay
from libs.eventing.topics import Topic
from rongqiao.matching.v1 import events_pb2 as pb
from rongqiao.matching.v1 import matching_pb2 as matching
from services.matching.batching import Batcher
from services.matching.desk import Desk
from services.matching.handlers import HANDLERS
from services.matching.store import metadata
from services.matching.store.tables import matches
from tests.support import patience
from tests.support.services import opened
from tests.unit.matching.house import House
from tests.unit.matching.world import FIRST_LOAN, GUARANTEED, PARTY, POLICIES, catalogue

STRANGER = "uscc:91640100MA77XXXX11"
Send = Callable[..., None]


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with opened(database_url, metadata) as database:
        desk = Desk(database, catalogue(FIRST_LOAN, GUARANTEED), POLICIES, new_id, looks=1)
        made = House(database, desk)
        made.tell(made.summary())
        yield made
        desk.close()


@pytest.fixture
def send(kafka_broker: Kafka) -> Iterator[Send]:
    """As docs/batches.md says that it is done."""
    KafkaTransport(kafka_broker.bootstrap).ensure_topics(
        [topics.MATCHING_WANTED, topics.MATCHING_ANSWERED, topics.MATCHING_RECOMMENDATION]
    )
    producer = KafkaProducer(bootstrap_servers=kafka_broker.bootstrap)

    def one(sender: str, sequence: int, wanted: pb.RowWanted) -> None:
        headers = {
            "ce_specversion": "1.0",
            "ce_id": f"{sender}-{sequence}",
            "ce_type": "rongqiao.matching.v1.RowWanted",
            "ce_source": "/province/financing",
            "ce_subject": sender,
            "ce_time": datetime.now(UTC).isoformat(),
            "ce_sequence": str(sequence),
            "content-type": "application/protobuf",
        }
        told = [(name, text.encode()) for name, text in headers.items()]
        value = wanted.SerializeToString()
        producer.send(topics.MATCHING_WANTED.name, key=sender.encode(), value=value, headers=told).get(30)

    yield one
    producer.close()


def wanted(batch: str, row: str, party: str = PARTY, amount: int = 50_000_000, rows: int = 0) -> pb.RowWanted:
    request = matching.MatchRequest(party=party, amount_fen=amount, term_months=12)
    return pb.RowWanted(batch=batch, row=row, request=request, rows=rows)


class Killed(BaseException):
    """The process dies here: nothing catches it, nothing is tidied up behind it."""


class Dying(KafkaTransport):
    """Its consumers die when they would commit what `heard` counted."""

    def __init__(self, bootstrap: str, heard: list[str]) -> None:
        super().__init__(bootstrap)
        self._heard = heard

    def consumer(self, group: str | None, topics: Collection[Topic]) -> Any:
        made = super().consumer(group, topics)
        commit = made.commit

        def die() -> None:
            if self._heard:
                raise Killed
            commit()

        made.commit = die  # type: ignore[method-assign]
        return made


def reader_of(house: House, broker: Kafka, group: str, *senders: str, dies: str = "") -> Reader:
    """One that hears these senders alone, as other tests write there too. It `dies` in the midst of its effects, or
    once they are there and before the broker knows."""
    heard: list[str] = []

    def hear(tx: WriteTx, event: Event) -> None:
        if event.subject not in senders:
            return
        HANDLERS[topics.MATCHING_WANTED](tx, event)
        heard.append(event.subject)
        if dies == "midst" and len(heard) == 5:
            raise Killed

    log = Dying(broker.bootstrap, heard) if dies == "before commit" else KafkaTransport(broker.bootstrap)
    return Reader(house.database, log, group, {topics.MATCHING_WANTED: hear})


def drained(reader: Reader) -> None:
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:  # a broker makes its topic of groups when it is first asked for one
        try:
            return reader.drain()
        except Outage:
            time.sleep(0.1)
    raise AssertionError("The broker does not come up.")


def work_off(house: House) -> None:
    known = Flag()
    known.set()
    batcher = Batcher(house.database, house.desk, known)
    while batcher.round():
        pass


def told(house: House, reference: str) -> Any:
    operator = house.client(Role.OPERATOR, "org_platform")
    (batch,) = operator.get("/v1/match-batches", reference=reference).json()["items"]
    return batch


def answers(broker: Kafka, house: House, batch_id: str, wanted: int) -> list[pb.RowAnswered]:
    """What a partner's consumer reads of a batch, once the outbox was relayed."""
    relay = Relay(house.database, KafkaTransport(broker.bootstrap), f"matching-{uuid4().hex}")
    relay.start()
    consumer: Any = KafkaConsumer(
        topics.MATCHING_ANSWERED.name,
        bootstrap_servers=broker.bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        consumer_timeout_ms=2_000,
    )
    found: list[pb.RowAnswered] = []
    for _ in range(10):
        for record in consumer:
            message = pb.RowAnswered.FromString(record.value)
            if message.batch_id == batch_id:
                found.append(message)
        if len(found) >= wanted:
            break
    consumer.close()
    relay.stop()
    return found


def stored(house: House) -> int:
    with house.database.read() as tx:
        return int(tx.scalar(sa.select(sa.func.count()).select_from(matches)))


def test_what_a_platform_wants_over_the_broker_is_answered_over_it_row_by_row(
    house: House, kafka_broker: Kafka, send: Send
) -> None:
    sender, batch = f"province/{uuid4().hex}", uuid4().hex
    rows = [
        wanted(batch, "a", rows=5),
        wanted(batch, "b", amount=0),
        wanted(batch, "c", STRANGER),
        wanted(batch, "a"),
        wanted(batch, "a", amount=60_000_000),
        wanted(batch, "d"),
    ]
    for sequence, row in enumerate(rows, 1):
        send(sender, sequence, row)
    drained(reader_of(house, kafka_broker, f"matching-{uuid4().hex}", sender))
    assert told(house, batch)["state"] == "RUNNING"
    work_off(house)

    known = told(house, batch)
    assert (known["state"], known["sender"], known["organisation"]) == ("DONE", sender, "platform")
    assert (known["rows"], known["done"], known["failed"], known["waiting"]) == (5, 2, 3, 0)
    found = answers(kafka_broker, house, known["id"], 5)
    by_row = {(one.row, one.refused.type.rpartition(":")[2], one.refused.field) for one in found}
    assert by_row == {
        ("a", "", ""),
        ("b", "invalid", "amount_fen"),
        ("c", "not-found", "party"),
        ("a", "idempotency-key-reused", "row"),
        ("d", "", ""),
    }
    (first,) = (one for one in found if one.row == "d")
    answer = house.client(Role.SERVICE_CENTRE, "org_centre").get(f"/v1/matches/{first.match_id}").json()
    assert (first.plans, first.first.product_id) == (len(answer["plans"]), answer["plans"][0]["product_id"])
    assert not [one for one in found if PARTY.encode() in one.SerializeToString()]
    assert (len(found), stored(house)) == (5, 2)


@pytest.mark.parametrize("dies", ["midst", "before commit"])
def test_a_consumer_that_dies_leaves_each_row_one_answer(
    house: House, kafka_broker: Kafka, send: Send, dies: str
) -> None:
    sender, batch, group = f"province/{uuid4().hex}", uuid4().hex, f"matching-{uuid4().hex}"
    for number in range(1, 9):
        send(sender, number, wanted(batch, f"{number}", rows=8))
    with pytest.raises(Killed):
        drained(reader_of(house, kafka_broker, group, sender, dies=dies))
    work_off(house)
    drained(reader_of(house, kafka_broker, group, sender))
    work_off(house)

    known = told(house, batch)
    assert (known["state"], known["rows"], known["done"]) == ("DONE", 8, 8)
    found = answers(kafka_broker, house, known["id"], 8)
    assert sorted(one.row for one in found) == [f"{number}" for number in range(1, 9)]
    assert len({one.match_id for one in found}) == stored(house) == 8


def test_two_consumers_that_share_the_work_anew_answer_each_row_once(
    house: House, kafka_broker: Kafka, send: Send
) -> None:
    senders = [f"province/{uuid4().hex}" for _ in range(6)]  # over the partitions
    batch, group = uuid4().hex, f"matching-{uuid4().hex}"

    def write(sequences: range) -> None:
        for sequence in sequences:
            for sender in senders:
                send(sender, sequence, wanted(batch, f"{sequence}", rows=9))

    first, second = (reader_of(house, kafka_broker, group, *senders) for _ in range(2))
    first.start()
    write(range(1, 4))
    second.start()  # partitions move over
    write(range(4, 7))
    first.stop()  # and back
    write(range(7, 10))
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        work_off(house)
        operator = house.client(Role.OPERATOR, "org_platform")
        found = operator.get("/v1/match-batches", reference=batch).json()["items"]
        if len(found) == 6 and all(one["state"] == "DONE" for one in found):
            break
        time.sleep(0.2)
    second.stop()

    assert [(one["state"], one["rows"], one["done"]) for one in found] == [("DONE", 9, 9)] * 6
    assert stored(house) == 54
    for one in found[:2]:
        rows = answers(kafka_broker, house, one["id"], 9)
        assert sorted(row.row for row in rows) == [f"{number}" for number in range(1, 10)]


def test_what_belongs_to_no_batch_is_parked_and_holds_up_its_sender_alone(
    house: House, kafka_broker: Kafka, send: Send
) -> None:
    sender, other, batch = f"province/{uuid4().hex}", f"province/{uuid4().hex}", uuid4().hex
    send(sender, 1, wanted("x" * 121, "a"))
    send(sender, 2, wanted(f"{batch}-behind", "a"))
    send(other, 1, wanted(batch, "a", rows=1))
    drained(reader_of(house, kafka_broker, f"matching-{uuid4().hex}", sender, other))
    work_off(house)

    held = [one for one in parked(house.database) if one.subject == sender]
    assert [(one.sequence, one.behind) for one in held] == [(1, 1)]
    assert told(house, batch)["state"] == "DONE"
