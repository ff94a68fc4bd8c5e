"""PostgreSQL and Apache Kafka as child processes on loopback: for MODE=full, the tests and the benchmarks.

Standard library only. Both engines are the real ones; each lives in its own folder and ends with the process that
started it. Start them from the main thread: Linux ties a child to the thread it came from.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POSTGRES_USER = "rongqiao"
START_SECONDS = 60.0
STOP_SECONDS = 20.0


class EngineError(Exception):
    """An engine is not installed, or did not start; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A running engine: its process, its folder, and the port it answers on at 127.0.0.1."""

    name: str
    process: "subprocess.Popen[bytes]"
    folder: Path
    port: int
    stop_signal: signal.Signals

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """End the engine in order; by force when it has not ended within STOP_SECONDS. Twice is harmless."""
        if not self.running:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the engine at once, as a power cut would."""
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres(Engine):
    password: str

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the database `postgres`, as superuser."""
        return self.database_url("postgres")

    def database_url(self, database: str, user: str = POSTGRES_USER, password: str | None = None) -> str:
        secret = self.password if password is None else password
        return f"postgresql+psycopg://{user}:{secret}@127.0.0.1:{self.port}/{database}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka(Engine):
    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# PostgreSQL


def postgres_programs() -> Path | None:
    """Folder of initdb and postgres: Debian's newest, else what is on the PATH."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if debian:
        return max(debian, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def start_postgres(folder: Path, port: int, *, durable: bool = True) -> Postgres:
    """Start PostgreSQL on `folder`, made when empty. Not `durable`: no fsync, for tests only.

    The server refuses to run as root; a root caller's server runs as the user `postgres`, who must be able to enter
    the folder. Raises EngineError.
    """
    programs = postgres_programs()
    if programs is None:
        raise EngineError("PostgreSQL is not installed: run `python3 tools/setup.py postgres`.")
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _make_cluster(programs, folder, data)
    command = [str(programs / "postgres"), "-D", str(data), *_postgres_options(port, durable=durable)]
    log = folder / "server.log"
    process = _start(command, log, user=_postgres_account())
    _await_line(process, log, "database system is ready to accept connections", "PostgreSQL")
    return Postgres(
        name="postgres",
        process=process,
        folder=folder,
        port=port,
        stop_signal=signal.SIGINT,
        password=(folder / "password").read_text().strip(),
    )


def _make_cluster(programs: Path, folder: Path, data: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    account = _postgres_account()
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    if account:
        shutil.chown(folder, account, account)
        shutil.chown(password, account, account)
    command = [str(programs / "initdb"), "-D", str(data), "-U", POSTGRES_USER, f"--pwfile={password}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(tied(command, account), capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        who = f"; is it a folder that the user {account} may enter?" if account else ""
        raise EngineError(f"PostgreSQL could not make its data folder {data}{who}\n{done.stderr.strip()}")


def _postgres_options(port: int, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not durable:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
        }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _postgres_account() -> str | None:
    return "postgres" if os.geteuid() == 0 else None


# Apache Kafka


def java() -> str | None:
    return shutil.which("java")


def kafka_jars(root: Path = ROOT) -> Path:
    """Where `tools/setup.py kafka` puts the broker's jars."""
    return root / "var" / "kafka" / "lib"


def start_kafka(folder: Path, port: int, *, heap_mb: int = 512) -> Kafka:
    """Start a broker of one node (KRaft) on `folder`, formatted when empty. Raises EngineError."""
    if java() is None or not (kafka_jars() / ".stamp").exists():
        raise EngineError("The Kafka broker is not installed: run `python3 tools/setup.py kafka`.")
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "server.properties"
    settings.write_text(_kafka_settings(folder, port, free_port()))
    if not (folder / "data" / "meta.properties").exists():
        _format_kafka(settings)
    log = folder / "server.log"
    process = _start(_java_command(heap_mb, "kafka.Kafka", str(settings)), log, user=None)
    _await_line(process, log, "Kafka Server started", "Kafka")
    return Kafka(name="kafka", process=process, folder=folder, port=port, stop_signal=signal.SIGTERM)


def _kafka_settings(folder: Path, port: int, controller_port: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(folder / "data"),
        "auto.create.topics.enable": "false",
        # One node: the internal topics cannot have more replicas than that.
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # After a crash the broker may not return before the session of its former self has run out.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # A local group starts at once instead of waiting three seconds for more members.
        "group.initial.rebalance.delay.ms": "0",
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _format_kafka(settings: Path) -> None:
    arguments = ["format", "--cluster-id", "R" + secrets.token_urlsafe(16)[1:], "--config", str(settings)]
    command = _java_command(128, "kafka.tools.StorageTool", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineError(f"Kafka could not format its folder: {(done.stderr or done.stdout).strip()}")


def _java_command(heap_mb: int, main_class: str, *arguments: str) -> list[str]:
    logging = ROOT / "tools" / "kafka" / "log4j2.properties"
    options = [
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        f"-Dlog4j2.configurationFile={logging}",
    ]
    return [java() or "java", *options, "-cp", f"{kafka_jars()}/*", main_class, *arguments]


# Processes


def _start(command: list[str], log: Path, *, user: str | None) -> "subprocess.Popen[bytes]":
    log.unlink(missing_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            tied(command, user),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,  # Ctrl-C reaches only the caller, who stops the engines in order
        )


def tied(command: list[str], user: str | None = None) -> list[str]:
    """The command, under `user` if one is named; the kernel ends it should its starter die without stopping it."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if user is not None:
            raise EngineError(
                "PostgreSQL must not run as root, and setpriv (package util-linux) is not there."
            )
        return command
    account = ["--reuid", user, "--regid", user, "--clear-groups"] if user else []
    return [setpriv, *account, "--pdeathsig", "INT", "--", *command]


def _await_line(process: "subprocess.Popen[bytes]", log: Path, line: str, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while line not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise EngineError(
                f"{name} did not start; the end of {log}:\n{log.read_text(errors='replace')[-2000:]}"
            )
        time.sleep(0.02)
