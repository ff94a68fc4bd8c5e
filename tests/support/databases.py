"""Empty databases for tests: a service's tables are made once and emptied after each test, which is far quicker."""

import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql

from app.engines import Postgres
from libs.chassis.tables import chassis_metadata
from libs.eventing.tables import eventing_metadata


def provide_tables(engine: sa.Engine, metadata: sa.MetaData) -> None:
    """The tables of one service, where they are not there yet."""
    file = Path(engine.url.database or "")
    if engine.dialect.name == "sqlite" and engine.url.database and not file.exists():
        shutil.copy(_sqlite_with_tables(metadata), file)
    elif _with_tables.get(engine.url) is not metadata:
        _make_tables(engine, metadata)


_with_tables: dict[sa.URL, sa.MetaData] = {}
_templates = tempfile.TemporaryDirectory(prefix="rongqiao-tables-")  # gone with this process


@cache
def _sqlite_with_tables(metadata: sa.MetaData) -> Path:
    path = Path(_templates.name) / f"{id(metadata)}.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    _make_tables(engine, metadata)
    engine.dispose()
    return path


def _make_tables(engine: sa.Engine, metadata: sa.MetaData) -> None:
    fresh = not sa.inspect(engine).get_table_names()
    for part in (chassis_metadata, eventing_metadata, metadata):
        part.create_all(engine, checkfirst=not fresh)


@dataclass
class Spare:
    """The PostgreSQL databases that no test uses now, by the tables that they have."""

    server: Postgres
    by_tables: dict[sa.MetaData | None, list[str]] = field(default_factory=lambda: defaultdict(list))
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def take(self, tables: sa.MetaData | None) -> str:
        free = self.by_tables[tables]
        return free.pop() if free else self._new(tables)

    def give_back(self, url: str, tables: sa.MetaData | None) -> None:
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            connection.execute(_END_OTHERS)
            if tables is None:
                _drop_schemas(connection)
            else:
                connection.execute(_EMPTY_TABLES)
        self.by_tables[tables].append(url)

    def _new(self, tables: sa.MetaData | None) -> str:
        name = f"test_{next(self.numbers)}"
        with psycopg.connect(_plain(self.server.url), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        url = self.server.database_url(name)
        if tables is not None:
            engine = sa.create_engine(url)
            _make_tables(engine, tables)
            engine.dispose()
            _with_tables[engine.url] = tables
        return url


def _drop_schemas(connection: psycopg.Connection) -> None:
    for (schema,) in connection.execute(_SCHEMAS).fetchall():
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
    connection.execute("CREATE SCHEMA public")


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SCHEMAS = """
    SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
"""
_EMPTY_TABLES = """
    DO $$
    DECLARE
        one regclass;
        filled boolean;
        found text[] := '{}';
    BEGIN
        FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO filled;
            IF filled THEN found := found || one::text; END IF;
        END LOOP;
        IF found <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(found, ', ') || ' CASCADE'; END IF;
        PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
    END $$
"""
