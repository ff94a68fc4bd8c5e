"""Migrations of a service's database: those of the chassis, of eventing, and its own, one branch each."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from libs.chassis.database import Database
from libs.chassis.tables import chassis_metadata
from libs.eventing.tables import eventing_metadata

_LIBS = Path(__file__).parent.parent
_SHARED = (_LIBS / "chassis" / "migrations" / "versions", _LIBS / "eventing" / "migrations" / "versions")
_LOCK = 5_202_103_30  # any number, the same for all who migrate


def upgrade(database: Database, versions: Path, schema: str | None = None) -> None:
    """Bring the database to the newest revision, alone: others wait. Nothing happens when it is there already."""
    with database.engine.connect() as connection, _alone(connection):
        if schema is not None and schema not in sa.inspect(connection).get_schema_names():
            connection.execute(sa.schema.CreateSchema(schema))
            connection.commit()
        config = _config(connection, versions, None)
        current = set(MigrationContext.configure(connection).get_current_heads())
        if current != set(ScriptDirectory.from_config(config).get_heads()):
            connection.rollback()
            with _tables_may_be_rebuilt(connection):
                command.upgrade(config, "heads")
        connection.commit()


@contextmanager
def _alone(connection: sa.Connection) -> Generator[None]:
    """Hold the one lock of all who migrate, also given back when a migration fails. SQLite has one process."""
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()


@contextmanager
def _tables_may_be_rebuilt(connection: sa.Connection) -> Generator[None]:
    """SQLite changes a column by making the table anew, for which its foreign keys rest; they are checked after it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise ValueError(f"the migration left rows without what they refer to: {broken[:3]}")
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def differences(database: Database, metadata: sa.MetaData) -> list[Any]:
    """What the migrated database lacks or has beyond the tables in the code; empty is right."""
    with database.engine.connect() as connection:
        migrated = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(migrated, cast(Any, _together(metadata)))


def revise(database: Database, metadata: sa.MetaData, versions: Path, label: str, message: str) -> None:
    """Write the next revision of one branch, from the difference between the migrated database and the code."""
    upgrade(database, versions)
    with database.engine.connect() as connection:
        config = _config(connection, versions, _together(metadata))
        number = len(list(versions.glob("*.py"))) + 1
        command.revision(
            config,
            message,
            autogenerate=True,
            version_path=str(versions),
            rev_id=f"{label}_{number:04d}",
            head=f"{label}@head" if number > 1 else "base",
            branch_label=None if number > 1 else label,
            splice=number == 1,
        )


def _together(metadata: sa.MetaData) -> Sequence[sa.MetaData]:
    shared = (chassis_metadata, eventing_metadata)
    return shared if metadata in shared else (*shared, metadata)


def _config(connection: sa.Connection, versions: Path, metadata: Sequence[sa.MetaData] | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_LIBS / "chassis" / "alembic"))
    locations = dict.fromkeys((*_SHARED, versions))
    config.set_main_option("version_locations", "\n".join(map(str, locations)))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = list(metadata) if metadata else None
    return config
