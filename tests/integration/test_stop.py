"""A stop is announced, calls in hand are answered, it ends with 0 within 3 s, and nothing answered is lost."""

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

from app.host import Host
from libs.chassis.codec import dump
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.chassis.settings import Keys, Settings
from libs.chassis.tokens import issue
from services.lending.domain.product import NewProduct
from tests.support.lending import TERMS
from tests.support.processes import Process, peers, served

OFFICER = Principal("acc_officer", Role.BANK_OFFICER, "org_bank", "64")
ALONE = peers(guarantee="127.0.0.1:1")  # nobody is there
SECONDS = 3.0
CLIENTS = 4


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
        deadline = time.monotonic() + 30
        while len(self.registered) < count and time.monotonic() < deadline:
            time.sleep(0.01)

    def end(self) -> None:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _call(self) -> None:
        token = issue(Keys.load_or_make(self.target.home / "keys.json"), OFFICER)
        with httpx.Client(base_url=self.target.url, headers={"Authorization": f"Bearer {token}"}) as client:
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
        code, seconds = running.end()
        load.end()

    assert (code, load.statuses) == (0, {201})
    assert seconds < SECONDS
    assert len(load.registered) >= 40
    with served(("serve", "lending"), tmp_path, environment=ALONE) as again:
        again.call("GET", f"/v1/products/{load.registered[-1]}", OFFICER)
        with closing(sqlite3.connect(tmp_path / "lending.db")) as database:
            stored = {product for (product,) in database.execute("SELECT id FROM products")}
    assert set(load.registered) <= stored


def test_a_stop_is_announced_at_both_doors_before_they_close(tmp_path: Path) -> None:
    with (
        served(("serve", "lending"), tmp_path, environment=ALONE) as lending,
        grpc.insecure_channel(lending.grpc) as channel,
    ):
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=20)
        heard = [next(watching).status]
        stopping = threading.Timer(0.3, lending.process.send_signal, [signal.SIGTERM])
        stopping.start()
        told = last_reasons(lending)
        heard += [answer.status for answer in until_closed(watching)]

        assert told == {"lending": ["it is stopping"]}
        assert heard[0] == health_pb2.HealthCheckResponse.SERVING
        assert heard[-1] == health_pb2.HealthCheckResponse.NOT_SERVING
        assert lending.process.wait(SECONDS) == 0


def test_ctrl_c_ends_it_as_well(tmp_path: Path) -> None:
    with served(("serve", "lending"), tmp_path, environment=ALONE) as lending:
        code, seconds = lending.end(signal.SIGINT)

    assert code == 0
    assert seconds < SECONDS
    assert "Traceback" not in lending.log.read_text()


def test_no_thread_of_a_host_outlives_it(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    host = Host(Settings(home=tmp_path), dict.fromkeys(("lending", "guarantee"), "127.0.0.1:0"))
    host.start()
    assert host.wait_ready(20)

    began = time.monotonic()
    host.stop()

    assert time.monotonic() - began < SECONDS
    assert [thread.name for thread in set(threading.enumerate()) - before if not thread.daemon] == []
    assert [thread.name for thread in set(threading.enumerate()) - before if " of " in thread.name] == []


def last_reasons(process: Process) -> Any:
    """What readiness said last before the door was closed."""
    reasons: Any = None
    with httpx.Client(base_url=process.url) as client:
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
