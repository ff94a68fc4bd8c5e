"""The whole platform, seeded with demo data: in one process, or one process a service on PostgreSQL and Kafka."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.demo import seeding
from app.demo.doors import Doors, wait_for
from app.engines import free_port
from app.supervisor import Platform

STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Running:
    """`platform` is None when all services run in one process."""

    doors: Doors
    home: Path
    platform: Platform | None = None

    @property
    def url(self) -> str:
        return self.doors.url


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("embedded")
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "run", "--port", str(port), "--home", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        doors = wait_for("the embedded platform", lambda: seeding.running_doors(home, f"http://127.0.0.1:{port}"))
        yield Running(doors, home)
        doors.close()
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@pytest.fixture(scope="session")
def full() -> Iterator[Running]:
    home = Path(tempfile.mkdtemp(prefix="rongqiao-full-"))
    home.chmod(0o755)  # PostgreSQL runs as an account of its own
    platform = Platform(home, free_port())
    try:
        platform.start()
        doors = Doors(platform.url, platform.grpc)
        seeding.seed(doors, home)
        yield Running(doors, home, platform)
        doors.close()
    finally:
        platform.stop()
        shutil.rmtree(home)


@pytest.fixture(params=["embedded", "full"])
def running(request: pytest.FixtureRequest) -> Running:
    """Each journey on both."""
    platform: Running = request.getfixturevalue(request.param)
    return platform
