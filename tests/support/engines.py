"""Fixtures of the real engines. One that does not start fails its tests; it never skips them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import engines
from app.engines import Kafka, Postgres
from tests.support.databases import Spare


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
def spare_databases(postgres_server: Postgres) -> Spare:
    return Spare(postgres_server)


@pytest.fixture(scope="session")
def tables() -> sa.MetaData | None:
    """What a folder's tests want a database to have; none where its conftest does not say otherwise."""
    return None


@pytest.fixture
def postgres_url(spare_databases: Spare, tables: sa.MetaData | None) -> Iterator[str]:
    """URL of a PostgreSQL database without a row, emptied after the test with whatever is still connected to it."""
    url = spare_databases.take(tables)
    yield url
    spare_databases.give_back(url, tables)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a database without a row; the test runs once on each engine."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url
