"""Readiness tells the truth: what is away, dead or behind is named; liveness stays."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import engines
from app.assembly import build, make_context, make_transport
from app.vitals import Asked, Vitals
from libs.chassis.clock import SystemClock
from libs.chassis.codec import dump
from libs.chassis.migrations import upgrade
from libs.chassis.principal import Principal, Role
from libs.chassis.rpc import connect
from libs.chassis.service import Service
from libs.chassis.settings import Settings
from libs.eventing import topics
from libs.eventing.outage import Outage
from libs.eventing.state_reader import StateReader
from libs.eventing.worker import Worker
from services.guarantee.domain.guarantor import Guarantor
from tests.support import patience
from tests.support.processes import served
from tests.support.services import settings_of_tests


def test_while_the_database_is_away_the_service_is_alive_and_says_why_it_is_not_ready(
    engine_folder: Path, tmp_path: Path
) -> None:
    folder = engine_folder / "away"
    server = engines.start_postgres(folder, engines.free_port(), durable=False)
    told = {"RONGQIAO_POSTGRES": server.url}
    with served(("serve", "guarantee"), tmp_path, environment=told) as guarantee:
        server.stop()

        reasons = guarantee.wait_until("/health/ready", 503)["reasons"]["guarantee"]
        assert "the database does not answer" in reasons
        assert guarantee.wait_until("/health/serving", 503)
        assert guarantee.get("/health/live").status_code == 200
        assert (
            'rongqiao_worker_alive{service="guarantee",worker="relay of guarantee"} 1.0'
            in guarantee.get("/metrics").text
        )

        server = engines.start_postgres(folder, server.port, durable=False)
        assert guarantee.wait_until("/health/ready", 200)["reasons"] == {}
        assert guarantee.end() == 0
    server.stop()


@pytest.mark.slow
def test_while_the_log_is_away_events_are_late_and_no_door_closes(
    engine_folder: Path, tmp_path: Path
) -> None:
    folder = engine_folder / "log-away"
    broker = engines.start_kafka(folder, engines.free_port())
    told = {"RONGQIAO_KAFKA": broker.bootstrap}
    with served(("serve", "guarantee"), tmp_path, environment=told) as guarantee:
        guarantee.wait_for_measurement('rongqiao_reader_lag{service="guarantee"} 0.0')
        broker.stop()

        guarantee.call("PUT", f"/v1/guarantors/{HELAN.id}", OPERATOR, dump(HELAN))
        reasons = guarantee.wait_until("/health/ready", 503)["reasons"]["guarantee"]
        assert {reason.partition(" of ")[2] for reason in reasons} == {"guarantee is paused"}
        assert guarantee.get("/health/serving").status_code == 200
        assert guarantee.get("/health/live").status_code == 200
        assert NOTHING_WAITS not in guarantee.get("/metrics").text

        broker = engines.start_kafka(folder, broker.port)
        guarantee.wait_until("/health/ready", 200)
        guarantee.wait_for_measurement(NOTHING_WAITS)
        assert guarantee.end() == 0
    broker.stop()


NOTHING_WAITS = 'rongqiao_outbox_backlog{service="guarantee"} 0.0'
OPERATOR = Principal("acc_operator", Role.OPERATOR, "platform")
HELAN = Guarantor(
    id="org_helan",
    name="贺兰融资担保",
    net_assets_fen=50_000_000_000,
    counties=("640104",),
    banks=("org_bank",),
)


class Mistaken(Worker):
    """Ends in its first round, as a mistake in a program would end it."""

    def _round(self) -> None:
        raise LookupError("a mistake")

    def _let_go(self) -> None:
        pass


class CutOff(Worker):
    """Never reaches what it needs."""

    def _round(self) -> None:
        raise Outage("away")

    def _let_go(self) -> None:
        pass


@pytest.fixture
def guarantee(tmp_path: Path) -> Iterator[Service]:
    context = make_context(settings_of_tests(tmp_path), lambda peer: connect(f"{peer}:1"))
    service = build("guarantee", context)
    upgrade(service.database, service.migrations)
    yield service
    service.database.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_worker_and_a_paused_one_make_events_late_but_close_no_door(guarantee: Service) -> None:
    dead, paused = Mistaken("reader of guarantee", SystemClock()), CutOff("relay of guarantee", SystemClock())
    for worker in (dead, paused):
        worker.start()
    until(lambda: not dead.alive and paused.paused_since is not None)

    vitals = Vitals(guarantee, [dead, paused])

    assert vitals.late() == ["reader of guarantee has ended", "relay of guarantee is paused"]
    assert vitals.closed() == []
    assert paused.stop(patience.SECONDS)


def test_a_service_is_closed_until_its_memory_has_read_what_was_there(
    guarantee: Service, tmp_path: Path
) -> None:
    log = make_transport(Settings(home=tmp_path))
    reader = StateReader(log, {topics.LENDING_PRODUCT: lambda event: None})
    vitals = Vitals(guarantee, [reader])
    assert vitals.closed() == ["state reader still reads"]

    reader.start()
    until(reader.ready.is_set)

    assert vitals.closed() == []
    assert reader.stop(patience.SECONDS)
    log.close()


def test_a_question_that_hangs_is_not_asked_again_before_it_was_answered() -> None:
    asked, let_go = list[str](), threading.Event()

    def question() -> str:
        asked.append("asked")
        let_go.wait(patience.SECONDS)
        return "answered"

    slow = Asked(question)

    assert slow.answer(0.05) is None
    until(lambda: asked == ["asked"])
    assert slow.answer(0.05) is None
    assert asked == ["asked"]
    let_go.set()
    assert slow.answer(patience.SECONDS) == "answered"


def until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + patience.SECONDS
    while not there() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert there()
