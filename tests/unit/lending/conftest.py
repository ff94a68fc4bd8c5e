"""Lending's desk, on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.lending.store import metadata
from tests.support.services import opened
from tests.unit.lending.desk import OTHER_BANK, Desk
from tests.unit.lending.pledging import Lender
from tests.unit.lending.returning import Returner


@pytest.fixture(scope="session")
def tables() -> sa.MetaData:
    return metadata


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url, metadata) as database:
        yield Desk(database)


@pytest.fixture
def light_desk(tmp_path: Path) -> Iterator[Desk]:
    """A database of its own on the light engine only, for what does not depend on the engine."""
    with opened(f"sqlite:///{tmp_path / 'light.db'}", metadata) as database:
        yield Desk(database)


@pytest.fixture(scope="module")
def one_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One database for all examples of a property; each brings things of its own."""
    folder: Path = tmp_path_factory.mktemp("lending")
    with opened(f"sqlite:///{folder / 'one.db'}", metadata) as database:
        yield Desk(database)


@pytest.fixture
def lender(one_desk: Desk) -> Lender:
    return Lender(one_desk)


@pytest.fixture
def other(one_desk: Desk) -> Lender:
    return Lender(one_desk, OTHER_BANK)


@pytest.fixture
def bank(light_desk: Desk) -> Returner:
    return Returner(light_desk)


@pytest.fixture
def either_bank(desk: Desk) -> Returner:
    """On each engine: where locks, joins or sums are asked of it."""
    return Returner(desk)


@pytest.fixture
def one_bank(one_desk: Desk) -> Returner:
    """On one database for many tests: each takes a period of its own."""
    return Returner(one_desk)
