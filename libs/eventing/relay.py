"""The relay: from the outbox into the log, in order, until the log has it."""

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from libs.chassis.database import Database, advisory_lock, advisory_unlock
from libs.eventing.outage import database_outages
from libs.eventing.tables import event_of, outbox
from libs.eventing.transport import Producer, Transport
from libs.eventing.worker import Worker

BATCH = 500
POLL_SECONDS = 0.5  # another process may commit without waking this one
LEASE_SECONDS = 30  # a leader that was not heard of for so long has lost its lead

_UNPUBLISHED = (
    sa.select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.position).limit(BATCH)
)


class Relay(Worker):
    """Publishes one service's outbox. Of the relays of all its replicas one is active; the others stand by.

    The first unmarked row is always the next to go, and a row is marked only when the log has its whole batch. So
    whatever fails in between, nothing is left out: at worst a batch is published twice, which readers see through.
    """

    def __init__(
        self, database: Database, transport: Transport, name: str, *, lease_seconds: int = LEASE_SECONDS
    ) -> None:
        super().__init__(f"relay of {name}", database.clock)
        self._database = database
        self._transport = transport
        self._service = name
        self._producer: Producer | None = None
        self._lead = _Lead(database, f"relay {name}", lease_seconds)
        self._one_at_a_time = threading.Lock()
        self._woken = threading.Event()
        database.on_commit.append(self._woken.set)

    def drain(self) -> None:
        """Publish in this thread all that is committed. Raises Outage; does nothing while another relay leads."""
        try:
            while self._publish_batch():
                pass
        finally:
            self._let_go()

    def ask_to_stop(self) -> None:
        super().ask_to_stop()
        self._woken.set()

    def _round(self) -> None:
        self._woken.clear()  # before looking: a commit after the look wakes us again
        if not self._publish_batch():
            self._woken.wait(POLL_SECONDS)

    def _publish_batch(self) -> int:
        with self._one_at_a_time, database_outages():
            if not self._lead.held():
                return 0
            with self._producing() as producer:
                # Read after the producer was made: that shut out whoever led before, so all it sent is behind us.
                rows = self._unpublished()
                if rows:
                    producer.send([event_of(row) for row in rows])
            if rows:
                self._mark(rows)
            return len(rows)

    @contextmanager
    def _producing(self) -> Generator[Producer]:
        """The present producer. After any error its successor starts again from the first unmarked row."""
        producer = self._producer = self._producer or self._transport.producer(self._service)
        try:
            yield producer
        except BaseException:
            self._drop_producer()
            raise

    def _unpublished(self) -> Sequence[sa.Row[Any]]:
        with self._database.read() as tx:
            return tx.rows(_UNPUBLISHED)

    def _mark(self, rows: Sequence[sa.Row[Any]]) -> None:
        positions = [row.position for row in rows]
        with self._database.write() as tx:
            tx.execute(sa.update(outbox).where(outbox.c.position.in_(positions)).values(published_at=tx.now))

    def _drop_producer(self) -> None:
        if self._producer is not None:
            self._producer.close()
        self._producer = None

    def _let_go(self) -> None:
        with self._one_at_a_time:
            self._drop_producer()
            self._lead.give_up()


class _Lead:
    """Being the one active relay: an advisory lock of PostgreSQL, held by a connection of its own.

    The server ends that session when it is silent for the lease, as when its machine stalls or vanishes, and the lock
    with it. Another relay may then be at work already; the log shuts the silent one out when it comes back.
    """

    def __init__(self, database: Database, name: str, lease_seconds: int) -> None:
        self._database = database
        self._name = name
        self._lease_seconds = lease_seconds
        self._connection: sa.Connection | None = None
        self._taken = False

    def held(self) -> bool:
        """Whether we lead, taking the lead when it is free. Raises SQLAlchemy's error when the connection is lost."""
        if self._database.dialect == "sqlite":  # one process
            return True
        try:
            connection = self._connection = self._connection or self._connect()
            if self._taken:
                connection.execute(sa.select(1))
            else:
                self._taken = advisory_lock(connection, self._name)
        except DBAPIError:
            self.give_up()
            raise
        return self._taken

    def _connect(self) -> sa.Connection:
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # from the pool, so that closing it ends the session, and with it the lock
        connection.execute(sa.text(f"SET idle_session_timeout = '{self._lease_seconds}s'"))
        return connection

    def give_up(self) -> None:
        """Let the next relay lead at once: the end of a session alone frees its lock a moment later."""
        if self._connection is not None:
            if self._taken and not self._connection.invalidated:  # a lost session took its lock with it
                with suppress(DBAPIError):
                    self._connection.execute(advisory_unlock(self._name))
            self._connection.close()
        self._connection, self._taken = None, False
