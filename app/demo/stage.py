"""A platform of one's own with demo data, in either way to run, ended after the block."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from app.demo import seeding
from app.demo.doors import Doors, wait_for
from app.engines import free_port
from app.supervisor import START_SECONDS, Platform

STOP_SECONDS = 120.0  # only what hangs waits so long


@contextmanager
def embedded(home: Path) -> Generator[Doors]:
    """All services in one process, started as `make run` starts it."""
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "run", "--port", str(port), "--home", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        doors = wait_for("the platform", lambda: seeding.running_doors(home, url), START_SECONDS)
        yield doors
        doors.close()
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@contextmanager
def full(home: Path) -> Generator[tuple[Doors, Platform]]:
    """A process a service, on PostgreSQL and Kafka."""
    platform = Platform(home, free_port())
    try:
        platform.start()
        doors = Doors(platform.url, platform.grpc)
        seeding.seed(doors, home)
        yield doors, platform
        doors.close()
    finally:
        platform.stop()
