"""Services as processes of their own, started as an operator would: `rongqiao serve <service>`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.engines import free_port
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal
from libs.chassis.settings import Keys
from libs.chassis.tokens import issue
from tests.support import patience


@dataclass
class Process:
    """One running service; `home` holds its files, `log` what it says."""

    process: "subprocess.Popen[bytes]"
    url: str
    grpc: str
    home: Path
    log: Path

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=patience.SECONDS)

    def call(self, method: str, path: str, by: Principal, body: Any = None, **headers: str) -> Any:
        """The JSON that a call in the name of `by` is answered with; fails on anything but a success."""
        keys = Keys.load_or_make(self.home / "keys.json")
        sent = {"Authorization": f"Bearer {issue(keys, by)}", "Idempotency-Key": new_id("key"), **headers}
        answer = httpx.request(method, self.url + path, json=body, headers=sent, timeout=patience.SECONDS)
        assert answer.is_success, answer.text
        return answer.json()

    def wait_until(self, path: str, status: int) -> dict[str, Any]:
        """The document at `path` once it comes with this status."""
        deadline = time.monotonic() + patience.SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                answer = self.get(path)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code == status:
                return answer.json()
            time.sleep(0.1)
        raise AssertionError(f"{path} did not answer {status}: {self.log.read_text()[-2000:]}")

    def wait_for_measurement(self, line: str) -> None:
        deadline = time.monotonic() + patience.SECONDS
        while line not in (page := self.get("/metrics").text):
            assert time.monotonic() < deadline, page
            time.sleep(0.1)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(patience.SECONDS)


@contextmanager
def served(
    arguments: tuple[str, ...],
    home: Path,
    ports: tuple[int, int] | None = None,
    environment: Mapping[str, str] | None = None,
    program: tuple[str, str] = ("-m", "app.cli"),
) -> Iterator[Process]:
    """`rongqiao <arguments>` on two free ports, or on these; ready inside the block, gone behind it."""
    http_port, grpc_port = ports or (free_port(), free_port())
    told = {
        "RONGQIAO_HOME": str(home),
        "RONGQIAO_PORT": str(http_port),
        "RONGQIAO_GRPC_PORT": str(grpc_port),
        **(environment or {}),
    }
    log = home / f"{arguments[-1]}.log"
    if arguments == ("run",):
        arguments = ("run", "--home", str(home), "--port", str(http_port))
    with log.open("wb") as output:
        command = [sys.executable, *program, *arguments]
        started = subprocess.Popen(command, env=os.environ | told, stdout=output, stderr=output)
    process = Process(started, f"http://127.0.0.1:{http_port}", f"127.0.0.1:{grpc_port}", home, log)
    try:
        process.wait_until("/health/ready", 200)
        yield process
    finally:
        started.kill()
        started.wait()


def peers(**addresses: str) -> dict[str, str]:
    """What tells a process where the other services listen for gRPC."""
    return {"RONGQIAO_PEERS": json.dumps(addresses)}
