"""The migration makes exactly the tables that the code declares."""

from importlib import import_module

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from libs.chassis.clock import SystemClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.eventing.tables import eventing_metadata

migration = import_module("libs.eventing.migrations.versions.0001_eventing")


def test_the_migration_and_the_tables_agree(database_url: str) -> None:
    engine = Database(database_url, clock=SystemClock(), ids=new_id).engine

    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        with Operations.context(context):
            migration.upgrade()
        differences = compare_metadata(context, eventing_metadata)
    engine.dispose()

    assert differences == []


def test_the_migration_can_be_taken_back(database_url: str) -> None:
    engine = Database(database_url, clock=SystemClock(), ids=new_id).engine

    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migration.upgrade()
        migration.downgrade()
        left = sa.inspect(connection).get_table_names()
    engine.dispose()

    assert left == []
