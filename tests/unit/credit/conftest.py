"""A world on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.credit.store import metadata
from tests.support.services import opened
from tests.unit.credit.office import Office
from tests.unit.credit.world import World


@pytest.fixture(scope="session")
def tables() -> sa.MetaData:
    return metadata


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with opened(database_url, metadata) as database:
        yield World(database)


@pytest.fixture
def small_world(sqlite_url: str) -> Iterator[World]:
    """On SQLite only: where a test searches many examples, or the engine makes no difference."""
    with opened(sqlite_url, metadata) as database:
        yield World(database)


@pytest.fixture
def office(world: World, tmp_path: Path) -> Office:
    return Office(world, tmp_path)


@pytest.fixture
def small_office(small_world: World, tmp_path: Path) -> Office:
    return Office(small_world, tmp_path)
