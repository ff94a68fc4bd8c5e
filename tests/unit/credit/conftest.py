"""A world on each engine."""

from collections.abc import Iterator

import pytest

from services.credit.store import metadata
from tests.support.services import opened
from tests.unit.credit.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with opened(database_url, metadata) as database:
        yield World(database)


@pytest.fixture
def small_world(sqlite_url: str) -> Iterator[World]:
    """On SQLite only: where a test searches many examples, or the engine makes no difference."""
    with opened(sqlite_url, metadata) as database:
        yield World(database)
