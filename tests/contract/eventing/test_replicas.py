"""Several processes of one service, and infrastructure that goes away under them: PostgreSQL and Kafka."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
import sqlalchemy as sa
from kafka import KafkaProducer

from libs.chassis.clock import SystemClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.eventing import parking
from libs.eventing.envelope import Event
from libs.eventing.kafka import KafkaTransport
from libs.eventing.relay import Relay
from libs.eventing.tables import outbox
from libs.eventing.topics import Topic
from libs.eventing.transport import Transport
from libs.eventing.worker import stop_all
from tests.contract.eventing.world import World, make_tables
from tests.support import patience


@pytest.fixture
def worlds(
    postgres_url: str, kafka: KafkaTransport, fact: Topic, state: Topic
) -> Iterator[tuple[World, World]]:
    """Two replicas: one database, one log, nothing else in common."""
    databases = [Database(postgres_url, clock=SystemClock(), ids=new_id) for _ in range(2)]
    make_tables(databases[0])
    first, second = (World(database, kafka, fact, state) for database in databases)
    yield first, second
    for database in databases:
        database.close()


def until(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def unpublished(world: World) -> int:
    with world.database.read() as tx:
        return tx.scalar(
            sa.select(sa.func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
        )


def cut_connections(world: World) -> int:
    """Every session of this database but ours ends, as when the server fails over."""
    others = sa.text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with world.database.engine.connect() as connection:
        return connection.scalar(others)


def all_told(world: World, subjects: int, texts: int) -> bool:
    return all(len(world.told(world.fact, f"loan_{number}")) >= texts for number in range(subjects))


def records(world: World) -> list[int]:
    """The sequences of all records on the fact topic, each as often as it was published."""
    consumer, found = world.transport.consumer(None, [world.fact]), list[int]()
    while not consumer.caught_up():
        found += [one.sequence for one in consumer.poll(0.1, 100)]
    consumer.close()
    return found


def test_of_two_relays_one_leads_and_the_other_takes_over(worlds: tuple[World, World]) -> None:
    first, second = worlds
    relays = [first.relay(), second.relay()]
    for relay in relays:
        relay.start()
    first.say(first.fact, "loan", "first", "second")
    published = until(lambda: unpublished(first) == 0)
    published_once = records(first)

    relays[0].stop()
    second.say(first.fact, "loan", "third")
    taken_over = until(lambda: unpublished(second) == 0)
    relays[1].stop()

    assert (published, published_once) == (True, [1, 2])
    assert (taken_over, records(first)) == (True, [1, 2, 3])


class Stalling:
    """The log, behind a gate: who sends stands still until the gate is opened, as a machine that stalls."""

    def __init__(self, transport: Transport, gate: threading.Event) -> None:
        self.transport, self.gate = transport, gate
        self.stalled = threading.Event()

    def producer(self, name: str) -> "Stalling":
        self.real = self.transport.producer(name)
        return self

    def send(self, events: Sequence[Event]) -> None:
        self.stalled.set()
        self.gate.wait()
        self.real.send(events)

    def close(self) -> None:
        self.real.close()


def test_a_leader_that_stalls_loses_its_lead_and_cannot_send_any_more(worlds: tuple[World, World]) -> None:
    first, second = worlds
    log = Stalling(first.transport, threading.Event())
    stalled = Relay(first.database, log, first.fact.name, lease_seconds=1)
    stalled.start()
    first.say(first.fact, "loan", "first", "second")
    log.stalled.wait(patience.SECONDS)

    heir = second.relay()
    heir.start()
    taken_over = until(lambda: unpublished(second) == 0)
    log.gate.set()
    shut_out = until(lambda: stalled.paused_since is not None)
    stop_all([stalled, heir])

    assert (taken_over, shut_out) == (True, True)
    assert records(second) == [1, 2]


def test_partitions_move_between_readers_without_loss_or_doubles(worlds: tuple[World, World]) -> None:
    first, second = worlds
    relay, old, new = first.relay(), first.reader(), second.reader()
    for worker in (relay, old):
        worker.start()
    for number in range(12):
        first.say(first.fact, f"loan_{number}", *"abc")
    new.start()  # joins while the batch is under way
    for number in range(12):
        first.say(first.fact, f"loan_{number}", *"def")
    old.stop()  # leaves while the batch is under way
    for number in range(12):
        first.say(first.fact, f"loan_{number}", *"gh")

    arrived = until(lambda: all_told(second, 12, 8))
    stop_all([relay, new])

    assert arrived
    assert [second.told(first.fact, f"loan_{number}") for number in range(12)] == [list("abcdefgh")] * 12


def test_a_database_that_fails_over_is_waited_out(worlds: tuple[World, World]) -> None:
    world, _ = worlds
    relay, reader = world.relay(), world.reader()
    for worker in (relay, reader):
        worker.start()

    cuts = 0
    for text in "abcdefgh":
        for number in range(4):
            until(lambda text=text, number=number: speaks(world, f"loan_{number}", text))
        cuts += cut_connections(world)
    arrived = until(lambda: all_told(world, 4, 8))
    stop_all([relay, reader])

    assert arrived and cuts > 0
    assert [world.told(world.fact, f"loan_{number}") for number in range(4)] == [list("abcdefgh")] * 4
    assert (relay.paused_since, reader.paused_since) == (None, None)


def speaks(world: World, subject: str, text: str) -> bool:
    try:
        world.say(world.fact, subject, text)
    except sa.exc.DBAPIError:
        return False
    return True


def test_a_record_that_is_no_event_is_parked_alone(worlds: tuple[World, World], kafka_groups: str) -> None:
    world, _ = worlds
    stranger = KafkaProducer(bootstrap_servers=kafka_groups)
    stranger.send(world.fact.name, key=b"loan", value=b"hello").get(10)
    stranger.close()
    world.say(world.fact, "loan", "first")

    world.run()

    [parked] = parking.parked(world.database)
    assert parked.error.startswith("Malformed: KeyError")
    assert world.told(world.fact, "loan") == ["first"]
