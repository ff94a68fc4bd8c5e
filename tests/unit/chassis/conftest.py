"""A database of jars on each engine, and who works with it."""

from collections.abc import Iterator

import pytest

from libs.chassis.call import Call
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from tests.support.services import opened
from tests.unit.chassis.jars import metadata


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url, metadata) as database:
        yield database


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """Where the engine makes no difference."""
    with opened(sqlite_url, metadata) as database:
        yield database


def officer(organisation: str = "org_bank_a", role: Role = Role.BANK_OFFICER) -> Principal:
    return Principal(f"acc_of_{organisation}", role, organisation, "64")


def call_of(database: Database, by: Principal, key: str | None = None) -> Call:
    return Call(database, by, "token", key, key_wanted=True)
