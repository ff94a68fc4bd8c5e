"""How a running service is doing: for readiness, and for Prometheus.

Databases and the log are asked with a deadline: while they are away an answer may take longer than any probe waits.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import sqlalchemy as sa
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool

from libs.chassis import intents
from libs.chassis.service import Service
from libs.eventing import outbox, parking
from libs.eventing.outage import Outage, database_outages
from libs.eventing.reader import Reader
from libs.eventing.state_reader import StateReader
from libs.eventing.tables import outbox as outbox_table
from libs.eventing.worker import Worker

T = TypeVar("T")
Sample = tuple[str, tuple[str, ...], float]

PROBE_SECONDS = 1.0
SCRAPE_SECONDS = 2.0


class Asked(Generic[T]):
    """A question that may hang. It is asked in a thread of its own, and not again before it was answered."""

    def __init__(self, question: Callable[[], T]) -> None:
        self._question = question
        self._lock = threading.Lock()
        self._reply: Future[T] | None = None

    def answer(self, timeout: float) -> T | None:
        """The answer of now, or None when there is none within `timeout` seconds."""
        with self._lock:
            if self._reply is None or self._reply.done():
                self._reply = Future()
                threading.Thread(target=self._ask, args=(self._reply,), name="probe", daemon=True).start()
            reply = self._reply
        try:
            return reply.result(timeout)
        except (TimeoutError, CancelledError, Outage):
            return None

    def _ask(self, reply: "Future[T]") -> None:
        try:
            with database_outages():
                reply.set_result(self._question())
        except Outage as outage:
            reply.set_exception(outage)
        finally:
            reply.cancel()  # whatever else went wrong, nobody waits for it


@dataclass(frozen=True, slots=True)
class _Counted:
    outbox: outbox.Backlog
    inbox: parking.Backlog
    intents: int


class Vitals:
    """Those of one service."""

    def __init__(self, service: Service, workers: Sequence[Worker]) -> None:
        self._service = service
        self._workers = workers
        self._there = Asked(self._touch)
        self._counted = Asked(self._count)
        self._lag = Asked(self._behind)

    def closed(self) -> list[str]:
        """Why its doors cannot answer as they should; empty when they can."""
        behind = [f"{worker.name} still reads" for worker in self._workers if _still_reads(worker)]
        there = self._there.answer(PROBE_SECONDS)
        return behind if there else [*behind, "the database does not answer"]

    def late(self) -> list[str]:
        """Why its events are late; empty when they are not. Its doors may answer all the same."""
        ended = [f"{worker.name} has ended" for worker in self._workers if not worker.alive]
        paused = [f"{worker.name} is paused" for worker in self._workers if worker.paused_since is not None]
        return ended + paused

    def samples(self) -> Iterator[Sample]:
        """What is measured now: name, labels beside the service, value. What does not answer in time is left out."""
        yield from self._of_workers()
        yield from self._of_pool()
        counted = self._counted.answer(SCRAPE_SECONDS)
        if counted is not None:
            yield from self._of_events(counted)
        lag = self._lag.answer(SCRAPE_SECONDS)
        if lag is not None:
            yield "rongqiao_reader_lag", (), lag

    def _of_workers(self) -> Iterator[Sample]:
        for worker in self._workers:
            yield "rongqiao_worker_alive", (worker.name,), worker.alive
            yield "rongqiao_worker_paused_seconds", (worker.name,), self._seconds_since(worker.paused_since)
            if isinstance(worker, StateReader):
                yield "rongqiao_states_refused", (), worker.refused

    def _of_pool(self) -> Iterator[Sample]:
        pool = self._service.database.engine.pool
        if isinstance(pool, QueuePool):
            yield "rongqiao_database_connections", ("used",), pool.checkedout()
            yield "rongqiao_database_connections", ("idle",), pool.checkedin()

    def _of_events(self, counted: _Counted) -> Iterator[Sample]:
        yield "rongqiao_outbox_backlog", (), counted.outbox.unpublished
        yield "rongqiao_outbox_oldest_seconds", (), self._seconds_since(counted.outbox.oldest)
        yield "rongqiao_events_parked", (), counted.inbox.parked
        yield "rongqiao_events_waiting", (), counted.inbox.waiting
        yield "rongqiao_events_oldest_gap_seconds", (), self._seconds_since(counted.inbox.oldest_gap)
        yield "rongqiao_intents_open", (), counted.intents

    def _seconds_since(self, instant: datetime | None) -> float:
        now = self._service.database.clock.now()
        return max(0.0, (now - instant).total_seconds()) if instant else 0.0

    def _touch(self) -> bool:
        """Asks a real table: `SELECT 1` would not even open SQLite's file."""
        with self._service.database.read() as tx:
            tx.execute(sa.select(outbox_table.c.position).limit(1))
        return True

    def _count(self) -> _Counted:
        inbox = parking.backlog(self._service.database)
        with self._service.database.read() as tx:
            return _Counted(outbox.backlog(tx), inbox, intents.count_open(tx))

    def _behind(self) -> int:
        return sum(worker.lag() for worker in self._workers if isinstance(worker, Reader))


Kind = type[GaugeMetricFamily] | type[CounterMetricFamily]
_MEASURES: Mapping[str, tuple[Kind, str, tuple[str, ...]]] = {
    "rongqiao_worker_alive": (GaugeMetricFamily, "1 while the thread runs", ("worker",)),
    "rongqiao_worker_paused_seconds": (
        GaugeMetricFamily,
        "How long the present outage lasts; 0 without one",
        ("worker",),
    ),
    "rongqiao_states_refused": (CounterMetricFamily, "States that a reader in memory could not take", ()),
    "rongqiao_database_connections": (GaugeMetricFamily, "Connections of the pool", ("state",)),
    "rongqiao_outbox_backlog": (GaugeMetricFamily, "Events committed and not yet in the log", ()),
    "rongqiao_outbox_oldest_seconds": (GaugeMetricFamily, "Age of the oldest of them", ()),
    "rongqiao_reader_lag": (GaugeMetricFamily, "Messages of the log not dealt with yet", ()),
    "rongqiao_events_parked": (GaugeMetricFamily, "Events that their handler refused", ()),
    "rongqiao_events_waiting": (GaugeMetricFamily, "Events waiting for an earlier one of their subject", ()),
    "rongqiao_events_oldest_gap_seconds": (
        GaugeMetricFamily,
        "How long one waits for an event that has not come",
        (),
    ),
    "rongqiao_intents_open": (GaugeMetricFamily, "Calls decided that have no outcome yet", ()),
}


class VitalsCollector(Collector):
    """Prometheus' view of all services of a process, looked at when it is scraped."""

    def __init__(self, vitals: Callable[[], Mapping[str, Vitals]]) -> None:
        self._vitals = vitals

    def describe(self) -> Sequence[Metric]:
        """Nothing, so that registering asks no database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        families = {
            name: kind(name, text, labels=("service", *labels))
            for name, (kind, text, labels) in _MEASURES.items()
        }
        for service, vitals in self._vitals().items():
            for name, labels, value in vitals.samples():
                families[name].add_metric((service, *labels), value)
        yield from families.values()


def _still_reads(worker: Worker) -> bool:
    return isinstance(worker, StateReader) and not worker.ready.is_set()
