"""The whole platform, seeded with demo data: in one process, or one process a service on PostgreSQL and Kafka."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from app.demo import stage
from app.demo.doors import Doors
from app.supervisor import Platform

# The endpoints of banks in the stories listen on this machine.
_ENVIRONMENT = {"RONGQIAO_WEBHOOK_NETWORKS": '["127.0.0.0/8"]'}


@dataclass(frozen=True)
class Running:
    """`platform` is None when all services run in one process, which keep what they know in `home`."""

    doors: Doors
    home: Path
    platform: Platform | None = None

    @property
    def url(self) -> str:
        return self.doors.url

    def command(self, service: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`rongqiao …` as an operator of this service runs it."""
        own = {"RONGQIAO_HOME": str(self.home)}
        environment = (
            os.environ | own if self.platform is None else self.platform.children[service].environment
        )
        whole = [sys.executable, "-m", "app.cli", *arguments]
        return subprocess.run(whole, env=dict(environment), capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("embedded")
    with patch.dict(os.environ, _ENVIRONMENT), stage.embedded(home) as doors:
        yield Running(doors, home)


@pytest.fixture(scope="session")
def full() -> Iterator[Running]:
    home = Path(tempfile.mkdtemp(prefix="rongqiao-full-"))
    home.chmod(0o755)  # PostgreSQL runs as an account of its own
    with patch.dict(os.environ, _ENVIRONMENT), stage.full(home) as (doors, platform):
        yield Running(doors, home, platform)
    shutil.rmtree(home)


@pytest.fixture(params=["embedded", "full"])
def running(request: pytest.FixtureRequest) -> Running:
    """Each journey on both."""
    platform: Running = request.getfixturevalue(request.param)
    return platform
