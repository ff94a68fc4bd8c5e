"""Real engines and real processes, and how to hurt them."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from app import engines
from app.engines import ROOT, EngineError, Kafka, Postgres
from libs.chassis.database import Database
from libs.eventing.kafka import KafkaTransport
from tests.faults.eventing.scene import TOPICS, make_tables, open_database
from tests.support import patience

Child = subprocess.Popen[bytes]
CREW = ("speaker_1", "speaker_2", "relay_1", "relay_2", "reader_1", "reader_2")


@dataclass
class Stage:
    folder: Path
    postgres: Postgres
    kafka: Kafka
    speaker: Database
    listener: Database
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def transport(self) -> KafkaTransport:
        return KafkaTransport(self.kafka.bootstrap)

    def start(self, name: str) -> None:
        role = name.partition("_")[0]
        arguments = [
            role,
            *(self.postgres.database_url(one) for one in ("speaker", "listener")),
            self.kafka.bootstrap,
        ]
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.faults.eventing.process", *arguments]
            self.children[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)

    def kill(self, name: str) -> None:
        child = self.children.pop(name)
        child.kill()
        child.wait()

    def stop(self, name: str) -> int:
        child = self.children.pop(name)
        child.terminate()
        try:
            return child.wait(patience.SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def freeze(self, name: str, seconds: float) -> None:
        """It stands still and then goes on as if nothing had been, as after a stall of its machine."""
        child = self.children[name]
        child.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        child.send_signal(signal.SIGCONT)

    def restart_kafka(self, *, in_order: bool) -> None:
        self.kafka.stop() if in_order else self.kafka.kill()
        self.kafka = engines.start_kafka(self.kafka.folder, self.kafka.port)

    def restart_postgres(self) -> None:
        """Ended without a checkpoint: at its next start it recovers from its log, as after a crash."""
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait()
        self.postgres = engines.start_postgres(self.postgres.folder, self.postgres.port)

    def died(self) -> list[str]:
        """Children that ended although nobody told them to."""
        return [name for name, child in self.children.items() if child.poll() is not None]

    def close(self) -> None:
        for name in list(self.children):
            self.kill(name)
        self.speaker.close()
        self.listener.close()
        self.kafka.kill()
        self.postgres.kill()


@contextmanager
def set_stage(folder: Path) -> Iterator[Stage]:
    postgres = engines.start_postgres(folder / "postgres", engines.free_port())
    try:
        kafka = engines.start_kafka(folder / "kafka", engines.free_port())
    except EngineError:
        postgres.kill()
        raise
    stage = Stage(folder, postgres, kafka, *_databases(postgres))
    try:
        make_tables(stage.speaker, stage.listener)
        stage.transport.ensure_topics(TOPICS)
        for name in CREW:
            stage.start(name)
        yield stage
    finally:
        stage.close()


def _databases(postgres: Postgres) -> tuple[Database, Database]:
    with psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE speaker TEMPLATE template0")
        connection.execute("CREATE DATABASE listener TEMPLATE template0")
    return open_database(postgres.database_url("speaker")), open_database(postgres.database_url("listener"))
