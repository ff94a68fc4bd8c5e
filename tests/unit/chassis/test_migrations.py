"""A database that was migrated from nothing has the tables that the code has, on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.assembly import SERVICES
from app.databases import _branch
from libs.chassis import migrations
from libs.chassis.clock import SystemClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id

PRESENT = [name for name in SERVICES if Path(f"services/{name}/store.py").exists()]


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    database = Database(database_url, clock=SystemClock(), ids=new_id)
    yield database
    database.close()


@pytest.mark.parametrize("service", PRESENT)
def test_a_migrated_database_equals_the_code(empty: Database, service: str) -> None:
    metadata, versions = _branch(service)

    migrations.upgrade(empty, versions)

    assert migrations.differences(empty, metadata) == []


def test_a_second_upgrade_changes_nothing(empty: Database) -> None:
    _, versions = _branch("lending")
    migrations.upgrade(empty, versions)
    with empty.write() as tx:
        tx.execute(
            sa.text(
                "INSERT INTO intents (id, kind, subject, payload, attempts, due_at)"
                " VALUES ('int_1', 'k', 's', '{}', 0, '2026-11-22')"
            )
        )

    migrations.upgrade(empty, versions)

    with empty.read() as tx:
        assert tx.scalar(sa.text("SELECT count(*) FROM intents")) == 1


def test_a_missing_table_is_told(empty: Database) -> None:
    metadata, versions = _branch("lending")
    migrations.upgrade(empty, versions)
    with empty.write() as tx:
        tx.execute(sa.text("DROP TABLE repayments"))

    told = migrations.differences(empty, metadata)

    assert [kind for kind, *_ in told] == ["add_table"]


def test_services_share_one_postgresql_by_schema(postgres_url: str) -> None:
    for service in ("lending", "guarantee"):
        database = Database(postgres_url, clock=SystemClock(), ids=new_id, schema=service)
        metadata, versions = _branch(service)
        migrations.upgrade(database, versions, service)
        assert migrations.differences(database, metadata) == []
        database.close()


def test_an_upgrade_that_fails_lets_the_next_one_go(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "broken_0001.py").write_text(
        'revision = "broken_0001"\ndown_revision = None\nbranch_labels = ("broken",)\n'
        'def upgrade() -> None:\n    raise LookupError("half-way")\n'
    )
    database = Database(postgres_url, clock=SystemClock(), ids=new_id)
    other = Database(postgres_url, clock=SystemClock(), ids=new_id)
    with pytest.raises(LookupError):
        migrations.upgrade(database, tmp_path)

    with other.engine.connect() as connection:
        connection.execute(sa.text("SET lock_timeout = '2s'"))
        free = connection.execute(sa.text(f"SELECT pg_try_advisory_lock({migrations._LOCK})")).scalar()

    assert free
    database.close()
    other.close()
