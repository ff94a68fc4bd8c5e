"""Every test here runs on each database and each log that it asks for."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from app.engines import Kafka, Postgres
from libs.chassis.clock import SystemClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.eventing.embedded import EmbeddedTransport
from libs.eventing.kafka import KafkaTransport
from libs.eventing.outage import Outage
from libs.eventing.topics import Kind, Topic
from libs.eventing.transport import Transport
from tests.contract.eventing.world import World, forget, make_tables, make_topic
from tests.support import patience


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database of each kind for all tests of a file; each begins by forgetting the one before."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('eventing') / 'world.db'}"
    else:
        url = _new_postgres(request.getfixturevalue("postgres_server"))
    database = Database(url, clock=SystemClock(), ids=new_id)
    make_tables(database)
    yield database
    database.close()


def _new_postgres(server: Postgres) -> str:
    name = f"eventing_{uuid4().hex}"
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return server.database_url(name)


@pytest.fixture
def database(shared_database: Database) -> Database:
    forget(shared_database)
    return shared_database


@pytest.fixture
def group() -> str:
    """Nobody else's: what an earlier test's members left behind would share the work out anew."""
    return f"group-{uuid4().hex}"


@pytest.fixture
def fact() -> Topic:
    return make_topic(Kind.FACT, uuid4().hex)


@pytest.fixture
def state() -> Topic:
    return make_topic(Kind.STATE, uuid4().hex)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedTransport]:
    transport = EmbeddedTransport(tmp_path / "events.db")
    yield transport
    transport.close()


@pytest.fixture(scope="session")
def kafka_groups(kafka_broker: Kafka) -> str:
    """Address of a broker that has made its internal topic of groups, which it does when first asked for one."""
    transport = KafkaTransport(kafka_broker.bootstrap)
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        try:
            transport.lag("first", [])
        except Outage:
            time.sleep(0.1)
        else:
            break
    return kafka_broker.bootstrap


@pytest.fixture
def kafka(kafka_groups: str, fact: Topic, state: Topic) -> KafkaTransport:
    transport = KafkaTransport(kafka_groups)
    transport.ensure_topics([fact, state])
    return transport


@pytest.fixture(params=["embedded", "kafka"])
def transport(request: pytest.FixtureRequest) -> Transport:
    transport: Transport = request.getfixturevalue(request.param)
    return transport


@pytest.fixture
def world(database: Database, transport: Transport, fact: Topic, state: Topic) -> World:
    return World(database, transport, fact, state)
