"""Every service's database: migrate it, write its next migration, and hold it against the code."""

import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from psycopg import sql
from sqlalchemy import event

from app.assembly import SERVICES
from app.engines import free_port, start_postgres
from libs.chassis import migrations
from libs.chassis import tables as chassis_tables
from libs.chassis.clock import SystemClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.chassis.settings import Settings
from libs.eventing import tables as eventing_tables

_LIBRARIES: dict[str, tuple[ModuleType, sa.MetaData]] = {
    "chassis": (chassis_tables, chassis_tables.chassis_metadata),
    "eventing": (eventing_tables, eventing_tables.eventing_metadata),
}


def migrate() -> int:
    """Migrate the databases that the settings name, before new code serves on them.

    On PostgreSQL as each service's own role, where there is one: a table belongs to whoever makes it.
    """
    settings = Settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    for name in SERVICES:
        schema = name if settings.postgres else None
        database = _database(settings.database_url(name), schema)
        if schema is not None:
            _act_as(database, schema)
        migrations.upgrade(database, _branch(name)[1], schema)
        database.close()
        print(f"{name}: at the newest revision")
    return 0


def _act_as(database: Database, role: str) -> None:
    with database.engine.connect() as connection:
        known = connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    if known:
        database.close()  # what is open already acts as who signed in

        def act(driver: Any, _record: object) -> None:
            driver.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            driver.commit()

        event.listen(database.engine, "connect", act)


def revise(branch: str, message: str) -> int:
    """Write the next migration of a service (or of `chassis`, `eventing`) from what changed in its tables."""
    metadata, versions = _branch(branch)
    with tempfile.TemporaryDirectory() as folder:
        migrations.revise(_database(f"sqlite:///{folder}/revise.db"), metadata, versions, branch, message)
    return 0


def check() -> int:
    """Upgrade from empty on both engines and compare with the tables in the code; 1 when they differ."""
    with tempfile.TemporaryDirectory(prefix="rongqiao-check-") as folder:
        Path(folder).chmod(0o755)
        postgres = start_postgres(Path(folder) / "postgres", free_port(), durable=False)
        try:
            found = [difference for name in SERVICES for difference in _check(name, folder, postgres.url)]
        finally:
            postgres.stop()
    for difference in found:
        print(difference)
    print(f"migrations: {len(SERVICES)} services on SQLite and PostgreSQL, {len(found)} differences")
    return 1 if found else 0


def _check(name: str, folder: str, postgres: str) -> Iterator[str]:
    metadata, versions = _branch(name)
    for url, schema in ((f"sqlite:///{folder}/{name}.db", None), (postgres, name)):
        database = _database(url, schema)
        migrations.upgrade(database, versions, schema)
        for difference in migrations.differences(database, metadata):
            yield f"{name} on {database.dialect}: {difference}"
        database.close()


def _branch(name: str) -> tuple[sa.MetaData, Path]:
    module, metadata = _LIBRARIES.get(name) or _service(name)
    return metadata, Path(module.__file__ or "").parent / "migrations" / "versions"


def _service(name: str) -> tuple[ModuleType, sa.MetaData]:
    """A service without a store keeps nothing but what the chassis keeps for it."""
    if find_spec(f"services.{name}.store") is None:
        return _LIBRARIES["chassis"]
    return import_module(f"services.{name}"), import_module(f"services.{name}.store").metadata


def _database(url: str, schema: str | None = None) -> Database:
    return Database(url, clock=SystemClock(), ids=new_id, schema=schema)
