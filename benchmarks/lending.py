"""Applications a second on PostgreSQL, and how long a commit takes to reach a consumer on Kafka.

An application goes through the whole write path: idempotency key, the version that the firm saw, the row, the bank's
notice, the outbox. Its peer is the bare floor: an application's row and an outbox row, two statements in a transaction,
by the same number of threads on the same server. The way of an event is commit, relay, broker, reader; its peer is a
bare producer and consumer of the same client on the same broker. Both are interleaved with their peers.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from kafka import KafkaConsumer, KafkaProducer

from app import engines
from benchmarks.measure import keep, p50, p99, show
from libs import policy
from libs.chassis import vault
from libs.chassis.call import Call
from libs.chassis.clock import SystemClock
from libs.chassis.database import Database, WriteTx
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role, service
from libs.chassis.settings import Keys
from libs.chassis.tables import chassis_metadata
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.kafka import KafkaTransport
from libs.eventing.outage import Outage
from libs.eventing.reader import Reader
from libs.eventing.relay import Relay
from libs.eventing.tables import eventing_metadata
from services.lending.domain.application import NewApplication
from services.lending.domain.product import Product
from services.lending.operations import applications, products
from services.lending.store import metadata
from tests.support.lending import new_application, new_product

THREADS = 4
ROUNDS = 3
COUNT = "RONGQIAO_BENCH_APPLICATIONS"
EVENTS = 400
PAUSE = 0.005  # seconds between two commits of which the way is timed: a bank's day, not a flood

OFFICER = Principal("acc_officer", Role.BANK_OFFICER, "org_bank")
MANAGER = Principal("acc_manager", Role.BANK_MANAGER, "org_bank")
COORDINATION = service("coordination")

floor = sa.MetaData()
bare_applications = sa.Table(
    "bare_applications",
    floor,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
bare_outbox = sa.Table(
    "bare_outbox",
    floor,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=True),
    sa.Column("subject", sa.String(40), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)


def run() -> None:
    each = int(os.environ.get(COUNT, "3000")) // (THREADS * ROUNDS)
    vault.configure(Keys.make().vault())
    with tempfile.TemporaryDirectory(prefix="rongqiao-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # PostgreSQL runs under an account of its own
        with _database(home) as database:
            product = _on_the_market(database)
            figures = _throughput(database, product, each) | _journey(database, product, home)
    show("lending", ("figure", "value"), [[name, value] for name, value in figures.items()])
    print(f"written to {keep('lending', figures)}")


@contextmanager
def _database(home: Path) -> Generator[Database]:
    server = engines.start_postgres(home / "postgres", engines.free_port())
    try:
        database = Database(server.url, clock=SystemClock(), ids=new_id, policies=policy.load())
        for part in (chassis_metadata, eventing_metadata, metadata, floor):
            part.create_all(database.engine)
        yield database
        database.close()
    finally:
        server.stop()


def _on_the_market(database: Database) -> Product:
    draft = database.transact(lambda tx: products.register_product(tx, OFFICER, new_product()))
    return database.transact(lambda tx: products.publish_product(tx, MANAGER, draft.id))


# Applications


def _throughput(database: Database, product: Product, each: int) -> dict[str, object]:
    """Both kinds in turn, so that a drift of the machine touches them alike."""
    wanted = (replace(new_application(product), request_id=f"req_{number}") for number in count())
    ours: list[float] = []
    theirs: list[float] = []
    taken = {"ours": 0.0, "theirs": 0.0}
    for _ in range(ROUNDS):
        taken["ours"] += _by_threads(ours, each, lambda: _open(database, next(wanted)))
        taken["theirs"] += _by_threads(theirs, each, lambda: _bare(database))
    per_second = round(len(ours) / taken["ours"])
    bare = round(len(theirs) / taken["theirs"])
    return {
        "applications_per_s": per_second,
        "application_p50_ms": p50(ours) / 1000,
        "application_p99_ms": p99(ours) / 1000,
        "bare_rows_per_s": bare,
        "of_bare_rows": round(per_second / bare, 2),
    }


def _by_threads(times: list[float], each: int, work: Callable[[], object]) -> float:
    """Let every thread do it so often; microseconds of each go to `times`. Returns seconds in all."""

    def repeat() -> None:
        for _ in range(each):
            began = perf_counter()
            work()
            times.append((perf_counter() - began) * 1e6)

    began = perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(repeat) for _ in range(THREADS)]:
            done.result()
    return perf_counter() - began


def _open(database: Database, new: NewApplication) -> object:
    call = Call(database, COORDINATION, "", new_id("key"), True)
    return call.write(applications.open_application, new)


def _bare(database: Database) -> None:
    row = {"id": new_id("app"), "party": "uscc:x", "amount_fen": 80_000_000, "document": "x" * 600}
    with database.engine.begin() as connection:
        connection.execute(sa.insert(bare_applications).values(row))
        connection.execute(sa.insert(bare_outbox).values(subject=row["id"], data=b"x" * 300))


# From commit to consumer


def _journey(database: Database, product: Product, home: Path) -> dict[str, object]:
    broker = engines.start_kafka(home / "kafka", engines.free_port())
    try:
        transport = KafkaTransport(broker.bootstrap)
        transport.ensure_topics(topics.TOPICS)
        ours = _events(database, transport, product)
        bare = _messages(broker.bootstrap)
    finally:
        broker.stop()
    return {
        "commit_to_consumer_p50_ms": p50(ours) / 1000,
        "commit_to_consumer_p99_ms": p99(ours) / 1000,
        "bare_kafka_p50_ms": p50(bare) / 1000,
        "bare_kafka_p99_ms": p99(bare) / 1000,
    }


def _events(database: Database, transport: KafkaTransport, product: Product) -> list[float]:
    """Microseconds from the commit of an application until a reader has handled its event."""
    heard = _Ear()

    def hear(tx: WriteTx, event: Event) -> None:
        heard.at(event.subject)

    relay = Relay(database, transport, "lending")
    reader = Reader(database, transport, "bench", {topics.LENDING_APPLICATION: hear})
    relay.drain()  # what the first part left in the outbox
    for worker in (relay, reader):
        worker.start()
    _catch_up(reader)
    for number in range(EVENTS):
        new = replace(new_application(product), request_id=f"req_way_{number}")
        told: Any = _open(database, new)
        heard.begin(told.id, perf_counter())
        threading.Event().wait(PAUSE)
    times = heard.all_of(EVENTS)
    for worker in (relay, reader):
        worker.stop()
    return times


def _catch_up(reader: Reader) -> None:
    """Until the reader has dealt with all that there is; a fresh broker makes its groups only now."""
    deadline = perf_counter() + 120
    while perf_counter() < deadline:
        with suppress(Outage):
            if not reader.lag():
                return
        threading.Event().wait(0.2)
    raise TimeoutError("the reader did not catch up within 120 s")


class _Ear:
    """When each subject was committed and when it was heard, whichever is told first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._begun: dict[str, float] = {}
        self._heard: dict[str, float] = {}

    def begin(self, subject: str, moment: float) -> None:
        with self._changed:
            self._begun[subject] = moment

    def at(self, subject: str) -> None:
        with self._changed:
            self._heard.setdefault(subject, perf_counter())
            self._changed.notify()

    def all_of(self, number: int) -> list[float]:
        with self._changed:
            self._changed.wait_for(lambda: len(self._begun.keys() & self._heard.keys()) == number, 120)
            assert len(self._begun.keys() & self._heard.keys()) == number, "events were lost on their way"
            return [max(0.0, self._heard[one] - moment) * 1e6 for one, moment in self._begun.items()]


def _messages(bootstrap: str) -> list[float]:
    """The same pace through a bare producer and consumer, which promise nothing."""
    topic = topics.LENDING_LOAN.name
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    messages: Iterator[Any] = iter(consumer)
    times: list[float] = []
    for number in range(EVENTS):
        began = perf_counter()
        producer.send(topic, str(number).encode()).get()
        next(messages)
        times.append((perf_counter() - began) * 1e6)
        threading.Event().wait(PAUSE)
    producer.close()
    consumer.close()
    return times
