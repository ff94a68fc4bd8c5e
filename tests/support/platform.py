"""The whole platform, seeded with demo data: in one process, or one process a service on PostgreSQL and Kafka."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.demo import stage
from app.demo.doors import Doors
from app.supervisor import Platform


@dataclass(frozen=True)
class Running:
    """`platform` is None when all services run in one process."""

    doors: Doors
    platform: Platform | None = None

    @property
    def url(self) -> str:
        return self.doors.url


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with stage.embedded(tmp_path_factory.mktemp("embedded")) as doors:
        yield Running(doors)


@pytest.fixture(scope="session")
def full() -> Iterator[Running]:
    home = Path(tempfile.mkdtemp(prefix="rongqiao-full-"))
    home.chmod(0o755)  # PostgreSQL runs as an account of its own
    with stage.full(home) as (doors, platform):
        yield Running(doors, platform)
    shutil.rmtree(home)


@pytest.fixture(params=["embedded", "full"])
def running(request: pytest.FixtureRequest) -> Running:
    """Each journey on both."""
    platform: Running = request.getfixturevalue(request.param)
    return platform
