"""The database law: reading and writing are different types, and a writer is alone or locks what it decides on.

A reader sees one moment and cannot write. SQLite: WAL, foreign keys on, synchronous FULL; a writer begins IMMEDIATE
under a process lock per file, because the driver's defaults lose concurrent updates without an error. PostgreSQL:
rules over several rows lock their limit rows in a fixed order (`WriteTx.lock_rows`); a serialization failure or
deadlock is tried again.
"""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from libs.chassis.clock import Clock, business_date
from libs.chassis.ids import Ids
from libs.chassis.problems import InFlight
from libs.policy import PolicySet

T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_RETRIED = ("40001", "40P01")  # serialization failure, deadlock
_TRIES = 3
NO_POLICIES = PolicySet(())
_READING: dict[str, dict[str, Any]] = {
    "sqlite": {"reads": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


def new_metadata() -> sa.MetaData:
    return sa.MetaData(naming_convention=NAMING)


@dataclass
class ReadTx:
    """One snapshot of the database. `now` is when it began; `policies` are the numbers of the rules, as dated data."""

    connection: sa.Connection
    now: datetime
    policies: PolicySet

    @property
    def today(self) -> date:
        """The business date, Asia/Shanghai."""
        return business_date(self.now)

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    def rows(self, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
        return self.execute(statement).all()

    def row(self, statement: sa.Executable) -> sa.Row[Any] | None:
        """The one row, or None. More than one is a programming error and raises."""
        return self.execute(statement).one_or_none()

    def scalar(self, statement: sa.Executable) -> Any:
        return self.execute(statement).scalar()


@dataclass
class WriteTx(ReadTx):
    """A transaction that may write. What it decided becomes true at its end, all or nothing."""

    new_id: Ids
    afterwards: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    changed: bool = False

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        result = super().execute(statement, parameters)
        self.changed = self.changed or (not statement.is_select and result.rowcount != 0)
        return result

    def lock_rows(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """Rows that nobody else may change until the end. Give the select an ORDER BY: the order prevents deadlocks."""
        return self.rows(statement.with_for_update())

    def after_commit(self, action: Callable[[], None]) -> None:
        self.afterwards.append(action)


class Database:
    """One service's database."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        ids: Ids,
        policies: PolicySet = NO_POLICIES,
        schema: str | None = None,
        pool_size: int = 10,
    ) -> None:
        self.url = url
        self.clock = clock
        self.ids = ids
        self.policies = policies
        self.on_commit: list[Callable[[], None]] = []
        self._writer = threading.Lock()
        self._claiming = threading.Lock()
        self._claims: set[str] = set()
        self._mine = threading.local()
        self._engine = _engine(url, schema, pool_size)

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @property
    def engine(self) -> sa.Engine:
        return self._engine

    @contextmanager
    def read(self) -> Generator[ReadTx]:
        how = _READING[self.dialect]
        with self._engine.connect().execution_options(**how) as connection, connection.begin():
            yield ReadTx(connection, self.clock.now(), self.policies)

    @contextmanager
    def write(self) -> Generator[WriteTx]:
        """A write transaction; commits at the end of the block, rolls back on any exception.

        One that changed nothing wakes nobody: what a commit wakes looks for work in such a transaction itself.
        """
        with self._one_writer(), self._begun_to_write() as connection:
            tx = WriteTx(connection, self.clock.now(), self.policies, self.ids)
            yield tx
        for action in [*tx.afterwards, *(self.on_commit if tx.changed else ())]:
            action()

    def transact(self, work: Callable[[WriteTx], T]) -> T:
        """`work` in one write transaction, tried again when PostgreSQL could not serialise it."""
        for attempt in range(_TRIES):
            try:
                with self.write() as tx:
                    return work(tx)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRIED or attempt == _TRIES - 1:
                    raise
                time.sleep(0.02 * 2**attempt)
        raise AssertionError("unreachable")

    @contextmanager
    def claim(self, name: str) -> Generator[None]:
        """Be the only one in this process working on `name`; InFlight for everybody else."""
        with self._claiming:
            if name in self._claims:
                raise InFlight(
                    "A request with this idempotency key is being worked on.", mend="Ask again shortly."
                )
            self._claims.add(name)
        try:
            yield
        finally:
            self._claims.discard(name)

    @contextmanager
    def _begun_to_write(self) -> Generator[sa.Connection]:
        with self._engine.connect().execution_options(immediate=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def _one_writer(self) -> Generator[None]:
        if getattr(self._mine, "writing", False):
            raise RuntimeError("a write within a write would wait for itself: hand the WriteTx on")
        with self._writer if self.dialect == "sqlite" else nullcontext():
            self._mine.writing = True
            try:
                yield
            finally:
                self._mine.writing = False

    def close(self) -> None:
        self._engine.dispose()


def advisory_lock(connection: sa.Connection, name: str) -> bool:
    """Try to hold `name` until the connection closes (PostgreSQL); SQLite has one process, so it always holds."""
    if connection.dialect.name == "sqlite":
        return True
    taken = connection.execute(
        sa.text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), {"name": name}
    )
    return bool(taken.scalar())


def advisory_unlock(name: str) -> sa.Select[tuple[bool]]:
    """What frees the lock of `advisory_lock` before its connection closes (PostgreSQL)."""
    return sa.select(sa.func.pg_advisory_unlock(sa.func.hashtextextended(name, 0)))


def _engine(url: str, schema: str | None, pool_size: int) -> sa.Engine:
    if url.startswith("sqlite"):
        engine = sa.create_engine(
            url, pool_size=pool_size, connect_args={"timeout": 30}, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-csearch_path={schema}" if schema else ""
    arguments = {"options": options, "connect_timeout": 5}
    return sa.create_engine(
        url, pool_size=pool_size, pool_pre_ping=True, connect_args=arguments, hide_parameters=True
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA query_only={'ON' if options.get('reads') else 'OFF'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN")


@contextmanager
def leading(database: Database, name: str) -> Generator[bool]:
    """Whether this process is the one that does `name` now, of all replicas. SQLite has one process, so it is."""
    if database.dialect == "sqlite":
        yield True
        return
    lock = sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    with database.engine.connect() as connection, connection.begin():
        yield bool(connection.execute(lock, {"name": name}).scalar())
