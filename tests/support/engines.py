"""Fixtures of the real engines. One that does not start fails its tests; it never skips them."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app import engines
from app.engines import Kafka, Postgres

_database_numbers = count(1)


@pytest.fixture(scope="session")
def engine_folder() -> Iterator[Path]:
    """A folder that the server's own account may enter, which pytest's private tmp_path is not."""
    folder = Path(tempfile.mkdtemp(prefix="rongqiao-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(engine_folder: Path) -> Iterator[Postgres]:
    server = engines.start_postgres(engine_folder / "postgres", engines.free_port(), durable=False)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka_broker(engine_folder: Path) -> Iterator[Kafka]:
    broker = engines.start_kafka(engine_folder / "kafka", engines.free_port())
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def empty_databases() -> list[str]:
    """Databases that earlier tests left empty: to empty one takes a tenth of the time of making one."""
    return []


@pytest.fixture
def postgres_url(postgres_server: Postgres, empty_databases: list[str]) -> Iterator[str]:
    """URL of an empty PostgreSQL database, emptied after the test with whatever is still connected to it."""
    name = empty_databases.pop() if empty_databases else _new_database(postgres_server)
    yield postgres_server.database_url(name)
    _empty(postgres_server.database_url(name))
    empty_databases.append(name)


def _new_database(server: Postgres) -> str:
    name = f"test_{next(_database_numbers)}"
    with psycopg.connect(_plain(server.url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return name


def _empty(url: str) -> None:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(_END_OTHERS)
        for (schema,) in connection.execute(_SCHEMAS).fetchall():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        connection.execute("CREATE SCHEMA public")


_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SCHEMAS = """
    SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
"""


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database; the test runs once on each engine."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url
