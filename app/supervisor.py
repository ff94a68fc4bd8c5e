"""MODE=full: PostgreSQL, Kafka and one process a service, started again when one dies, ended together."""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import psycopg
from psycopg import sql

from app.assembly import SERVICES
from app.engines import Kafka, Postgres, free_port, start_kafka, start_postgres, tied
from app.gateway import ROUTES

START_SECONDS = 400.0  # a first start makes databases and loads demo data: minutes on a busy machine
STOP_SECONDS = 5.0
RESTART_SECONDS = 0.5
GATEWAY = "gateway"


class NotStarted(Exception):
    """A process did not become ready; the message names it and its log."""


@dataclass
class Supervised:
    """One child process and how to start it again."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: IO[bytes]
    process: "subprocess.Popen[bytes]" = field(init=False)

    def start(self) -> None:
        command = tied([sys.executable, "-m", "app.cli", *self.arguments])
        self.process = subprocess.Popen(command, env=dict(self.environment), stdout=self.log, stderr=self.log)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()


@dataclass
class Platform:
    """The whole platform in processes of their own. Engines must be started from the main thread."""

    home: Path
    port: int
    postgres: Postgres = field(init=False)
    kafka: Kafka = field(init=False)
    children: dict[str, Supervised] = field(default_factory=dict[str, Supervised])
    http: dict[str, str] = field(default_factory=dict[str, str])
    grpc: dict[str, str] = field(default_factory=dict[str, str])
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.home = self.home.resolve()  # PostgreSQL starts from another folder
        self.home.mkdir(parents=True, exist_ok=True)
        self.postgres = start_postgres(self.home / "postgres", free_port())
        self.kafka = start_kafka(self.home / "kafka", free_port())
        passwords = self._prepare_database()
        for name in SERVICES:
            self.http[name] = f"http://127.0.0.1:{free_port()}"
            self.grpc[name] = f"127.0.0.1:{free_port()}"
        for name in SERVICES:
            self._start(name, ("serve", name), self._service_environment(name, passwords[name]))
        collections = {name: self._wait_ready(name, url) for name, url in self.http.items()}
        routes = {name: (self.http[name], collections[name]) for name in SERVICES}
        self._start(GATEWAY, (GATEWAY,), self._environment(self.port) | {ROUTES: json.dumps(routes)})
        self._wait_ready(GATEWAY, self.url, "/health/live")
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        for child in self.children.values():
            child.stop()
        for child in self.children.values():
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.process.kill()
            child.log.close()
        for name in ("kafka", "postgres"):
            if hasattr(self, name):
                getattr(self, name).stop()

    def kill(self, name: str) -> int:
        """kill -9 one service; it is started again. Returns the id of the killed process."""
        pid = self.children[name].process.pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_ready(self, name: str) -> None:
        self._wait_ready(name, self.http[name])

    def _watch(self) -> None:
        while not self._stopping.wait(RESTART_SECONDS):
            for child in self.children.values():
                if child.process.poll() is not None and not self._stopping.is_set():
                    child.start()

    def _start(self, name: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> None:
        log = (self.home / f"{name}.log").open("ab")
        child = Supervised(name, arguments, environment, log)
        child.start()
        self.children[name] = child

    def _environment(self, port: int) -> dict[str, str]:
        return os.environ | {
            "RONGQIAO_HOME": str(self.home),
            "RONGQIAO_PORT": str(port),
            "RONGQIAO_KAFKA": self.kafka.bootstrap,
        }

    def _service_environment(self, name: str, password: str) -> dict[str, str]:
        return self._environment(int(self.http[name].rpartition(":")[2])) | {
            "RONGQIAO_GRPC_PORT": self.grpc[name].rpartition(":")[2],
            "RONGQIAO_PEERS": json.dumps(self.grpc),
            "RONGQIAO_POSTGRES": self.postgres.database_url("rongqiao", name, password),
        }

    def _wait_ready(self, name: str, url: str, path: str = "/health/ready") -> list[str]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = httpx.get(url + path, timeout=2)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return _collections(answer, name)
            time.sleep(0.1)
        raise NotStarted(
            f"{name} did not become ready in {START_SECONDS:.0f} s; see {self.home / f'{name}.log'}"
        )

    def _prepare_database(self) -> dict[str, str]:
        """One role and one schema a service; a service reaches no other's."""
        passwords = {name: secrets.token_urlsafe(24) for name in SERVICES}
        with _connect(self.postgres, "postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'rongqiao'").fetchone()
            if known is None:
                connection.execute("CREATE DATABASE rongqiao")
        with _connect(self.postgres, "rongqiao") as connection:
            for name, password in passwords.items():
                _prepare_role(connection, name, password)
        return passwords


def _collections(answer: httpx.Response, name: str) -> list[str]:
    told: dict[str, list[str]] = answer.json().get("collections", {})
    return told.get(name, [])


def _connect(postgres: Postgres, database: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(postgres.database_url(database).replace("+psycopg", ""), autocommit=True)


def _prepare_role(connection: "psycopg.Connection[Any]", name: str, password: str) -> None:
    role = sql.Identifier(name)
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    connection.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, sql.Literal(password)))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(role, role))
