"""A stop is announced, calls in hand are answered, it ends with 0 by itself, and nothing answered is lost."""

import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from app import host as hosting
from app import server, supervisor
from app.demo import stage
from app.host import Host
from libs.chassis.codec import dump
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.chassis.settings import Keys
from libs.chassis.tokens import issue
from services.lending.domain.product import NewProduct
from tests.support import patience
from tests.support.lending import TERMS
from tests.support.processes import Process, peers, served
from tests.support.services import settings_of_tests

OFFICER = Principal("acc_officer", Role.BANK_OFFICER, "org_bank", "64")
ALONE = peers(guarantee="127.0.0.1:1")  # nobody is there
CLIENTS = 4
# The command, with a drain so long that whoever looks on a busy machine does not sleep through it.
SLOWLY = "from app import cli, server; server.DRAIN_SECONDS = 3.0; cli.main()"


@dataclass
class Load:
    """Clients that register products until the door is closed; which were answered, and how."""

    target: Process
    statuses: set[int] = field(default_factory=set[int])
    registered: list[str] = field(default_factory=list[str])
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._call) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + patience.SECONDS
        while len(self.registered) < count and time.monotonic() < deadline:
            time.sleep(0.01)

    def end(self) -> None:
        for thread in self._threads:
            thread.join(patience.SECONDS)
            assert not thread.is_alive()

    def _call(self) -> None:
        token = issue(Keys.load_or_make(self.target.home / "keys.json"), OFFICER)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=self.target.url, headers=headers, timeout=patience.SECONDS) as client:
            for answer in self._answers(client):
                self.statuses.add(answer.status_code)
                if answer.status_code == httpx.codes.CREATED:
                    self.registered.append(answer.json()["id"])

    def _answers(self, client: httpx.Client) -> Iterator[httpx.Response]:
        while True:
            body = dump(NewProduct(external_id=new_id("P"), terms=TERMS))
            try:
                yield client.post("/v1/products", json=body, headers={"Idempotency-Key": new_id("key")})
            except httpx.TransportError:
                return


@pytest.mark.parametrize("arguments", [("serve", "lending"), ("run",)], ids=["one service", "the platform"])
def test_what_was_answered_under_load_is_there_after_the_stop(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with served(arguments, tmp_path, environment=ALONE) as running:
        load = Load(running)
        load.start()
        load.wait_for(40)
        code = running.end()
        load.end()

    assert (code, load.statuses) == (0, {201})
    assert len(load.registered) >= 40
    with served(("serve", "lending"), tmp_path, environment=ALONE) as again:
        again.call("GET", f"/v1/products/{load.registered[-1]}", OFFICER)
        with closing(sqlite3.connect(tmp_path / "lending.db")) as database:
            stored = {product for (product,) in database.execute("SELECT id FROM products")}
    assert set(load.registered) <= stored


def test_a_stop_is_announced_at_both_doors_before_they_close(tmp_path: Path) -> None:
    with (
        served(("serve", "lending"), tmp_path, environment=ALONE, program=("-c", SLOWLY)) as lending,
        grpc.insecure_channel(lending.grpc) as channel,
    ):
        watching = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(), timeout=patience.SECONDS
        )
        heard = [next(watching).status]
        lending.process.send_signal(signal.SIGTERM)
        told = last_reasons(lending)
        heard += [answer.status for answer in until_closed(watching)]

        assert told == {"lending": ["it is stopping"]}
        assert heard[0] == health_pb2.HealthCheckResponse.SERVING
        assert heard[-1] == health_pb2.HealthCheckResponse.NOT_SERVING
        assert watching.code() is not grpc.StatusCode.DEADLINE_EXCEEDED  # the stop ended it, not its own end
        assert lending.process.wait(patience.SECONDS) == 0


def test_ctrl_c_ends_it_as_well(tmp_path: Path) -> None:
    with served(("serve", "lending"), tmp_path, environment=ALONE) as lending:
        code = lending.end(signal.SIGINT)

    assert code == 0
    assert "Traceback" not in lending.log.read_text()


def test_no_thread_of_a_host_outlives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine has ten times as long. What waits for something else than the stop takes longer than that."""
    monkeypatch.setattr(hosting, "THREADS_SECONDS", 10 * hosting.THREADS_SECONDS)
    before = set(threading.enumerate())
    host = Host(settings_of_tests(tmp_path), dict.fromkeys(("lending", "guarantee"), "127.0.0.1:0"))
    host.start()
    assert host.wait_ready(patience.SECONDS)

    host.stop()

    assert [thread.name for thread in set(threading.enumerate()) - before if " of " in thread.name] == []
    for thread in set(threading.enumerate()) - before:
        if not thread.daemon:  # one of a pool hears of its end and is not waited for
            thread.join(patience.SECONDS)
            assert not thread.is_alive(), thread.name


def test_all_that_a_stop_waits_for_ends_before_its_starter_loses_patience() -> None:
    doors = server.DRAIN_SECONDS + server.REQUESTS_SECONDS
    longest = doors + hosting.CALLS_SECONDS + hosting.THREADS_SECONDS

    assert longest < 3  # docs/operators.md
    assert longest + server.SPANS_SECONDS < min(supervisor.STOP_SECONDS, stage.STOP_SECONDS)


def last_reasons(process: Process) -> Any:
    """What readiness said last before the door was closed."""
    reasons: Any = None
    with httpx.Client(base_url=process.url, timeout=patience.SECONDS) as client:
        while True:
            try:
                reasons = client.get("/health/ready").json()["reasons"]
            except httpx.TransportError:
                return reasons


def until_closed(stream: Any) -> Iterator[Any]:
    try:
        yield from stream
    except grpc.RpcError:
        return
