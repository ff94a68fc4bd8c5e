"""The one table of faults. Each is done once to the running stage and leaves it able to heal."""

import time
from collections.abc import Callable
from random import Random
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from libs.chassis.database import Database
from libs.eventing.envelope import Event
from libs.eventing.outage import Outage
from libs.eventing.tables import event_of, outbox
from tests.faults.eventing.scene import FACT, FACTS, poisons, speak
from tests.faults.eventing.stage import Stage
from tests.support import patience

T = TypeVar("T")
Fault = Callable[[Stage, Random], None]

_CUT = sa.text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def _one(stage: Stage, chance: Random, role: str) -> str:
    return chance.choice([name for name in sorted(stage.children) if name.startswith(role)])


def _kill(role: str) -> Fault:
    def fault(stage: Stage, chance: Random) -> None:
        name = _one(stage, chance, role)
        stage.kill(name)
        time.sleep(chance.choice([0.0, 0.0, 1.0]))
        stage.start(name)

    return fault


def _freeze(role: str, seconds: float) -> Fault:
    def fault(stage: Stage, chance: Random) -> None:
        stage.freeze(_one(stage, chance, role), chance.uniform(0.5, seconds))

    return fault


def kill_both_relays(stage: Stage, _chance: Random) -> None:
    for name in ("relay_1", "relay_2"):
        stage.kill(name)
    for name in ("relay_1", "relay_2"):
        stage.start(name)


def add_and_remove_a_reader(stage: Stage, chance: Random) -> None:
    stage.start("reader_3")
    time.sleep(chance.uniform(1.0, 4.0))
    stage.stop("reader_3")


def crash_kafka(stage: Stage, _chance: Random) -> None:
    stage.restart_kafka(in_order=False)


def restart_kafka(stage: Stage, _chance: Random) -> None:
    stage.restart_kafka(in_order=True)


def crash_postgres(stage: Stage, _chance: Random) -> None:
    stage.restart_postgres()


def cut_connections(stage: Stage, chance: Random) -> None:
    """As when the database fails over: the relay's lock is lost with its connection."""
    database = chance.choice([stage.speaker, stage.listener])
    _patiently(lambda: _execute(database, _CUT))


def deliver_again(stage: Stage, chance: Random) -> None:
    """Facts that were published are published again, in any order, by somebody who is not the relay."""
    query = sa.select(outbox).where(outbox.c.published_at.is_not(None), outbox.c.topic == FACT.name)
    rows = _patiently(lambda: _rows(stage.speaker, query.order_by(sa.func.random()).limit(50)))
    _send(stage, [event_of(row) for row in rows])


def deliver_in_any_order(stage: Stage, chance: Random) -> None:
    """Facts that the relay does not see, delivered shuffled and twice, some only after a while: gaps, filled later."""
    subjects = chance.sample(FACTS, 3)
    said = _patiently(lambda: _say_hidden(stage.speaker, subjects))
    row = [*said, *chance.sample(said, 5)]
    chance.shuffle(row)
    _send(stage, row[: len(row) // 2])
    time.sleep(chance.uniform(0.1, 1.5))
    _send(stage, row[len(row) // 2 :])


def poison(stage: Stage, chance: Random) -> None:
    """From now on nothing of one subject can be handled. It is cured, and replayed, when the run calms down."""
    subject = chance.choice(FACTS)
    row = {"subject": subject}
    taken = sa.select(poisons.c.subject).where(poisons.c.subject == subject)
    if not _patiently(lambda: _rows(stage.listener, taken)):
        _patiently(lambda: _execute(stage.listener, sa.insert(poisons).values(row)))


FAULTS: dict[str, tuple[Fault, int]] = {  # with its weight in the draw
    "kill -9 a relay": (_kill("relay"), 6),
    "kill -9 both relays": (kill_both_relays, 3),
    "kill -9 a reader": (_kill("reader"), 6),
    "kill -9 a speaker": (_kill("speaker"), 3),
    "freeze a relay": (_freeze("relay", 3.0), 2),
    "freeze a reader beyond its session": (_freeze("reader", 13.0), 1),
    "add and remove a reader": (add_and_remove_a_reader, 4),
    "kill -9 Kafka": (crash_kafka, 2),
    "restart Kafka": (restart_kafka, 1),
    "crash PostgreSQL": (crash_postgres, 2),
    "cut all connections of a database": (cut_connections, 4),
    "duplicates": (deliver_again, 5),
    "reordering and gaps": (deliver_in_any_order, 5),
    "a poisoned message": (poison, 3),
}


def _say_hidden(database: Database, subjects: list[str]) -> list[Event]:
    """Ten facts of each subject, committed as published already."""
    with database.write() as tx:
        said = [speak(tx, FACT, subject) for subject in sorted(subjects) for _ in range(10)]
        mine = outbox.c.id.in_([event.id for event in said])
        tx.execute(sa.update(outbox).where(mine).values(published_at=tx.now))
    return said


def _send(stage: Stage, events: list[Event]) -> None:
    def send() -> None:
        producer = stage.transport.producer("mischief")
        try:
            producer.send(events)
        finally:
            producer.close()

    if events:
        _patiently(send)


def _rows(database: Database, query: sa.Select[tuple[object, ...]]) -> list[sa.Row[tuple[object, ...]]]:
    with database.read() as tx:
        return list(tx.rows(query))


def _execute(database: Database, statement: sa.Executable) -> None:
    with database.write() as tx:
        tx.execute(statement)


def _patiently(work: Callable[[], T]) -> T:
    """The engines may be on their way back from the fault before."""
    deadline = time.monotonic() + patience.SECONDS
    while True:
        try:
            return work()
        except (DBAPIError, Outage):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
