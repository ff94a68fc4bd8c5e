"""The reader: one consumer of a service over all topics that it handles."""

from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from libs.chassis.database import Database
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler, Inbox, Refused, settle
from libs.eventing.outage import Outage, database_outages
from libs.eventing.tables import generations
from libs.eventing.topics import Topic
from libs.eventing.transport import Consumer, Transport
from libs.eventing.worker import Worker

BATCH = 100  # one transaction: on SQLite nobody else writes meanwhile
POLL_SECONDS = 0.5


class Reader(Worker):
    """Handles what comes, commits its effect, and only then its place in the log.

    An event may come twice, late, or to two replicas at once: `inbox_sequences` decides. What is in hand while the
    database is away is tried until it comes back; what is in hand when the log goes away will come again.
    """

    def __init__(
        self, database: Database, transport: Transport, group: str, handlers: Mapping[Topic, Handler]
    ) -> None:
        super().__init__(f"reader of {group}", database.clock)
        self._database = database
        self._transport = transport
        self._service = group
        self._inbox = Inbox(handlers)
        self._topics = tuple(handlers)
        self._group = ""
        self._consumer: Consumer | None = None
        self._in_hand: deque[Event] = deque()

    def lag(self) -> int:
        """How many messages of the log this service has not dealt with. Raises Outage."""
        return self._transport.lag(self._group_now(), self._topics)

    def drain(self) -> None:
        """Handle in this thread all that is in the log. For tests, with a reader that was not started."""
        self._stopping.clear()
        try:
            while self.lag():
                self._round()
        finally:
            self._let_go()

    def _round(self) -> None:
        self._follow_generation()
        if not self._in_hand:
            with self._consuming() as consumer:
                self._in_hand.extend(consumer.poll(POLL_SECONDS, BATCH))
        self._handle()
        if not self._in_hand:
            with self._consuming() as consumer:
                consumer.commit()

    def _handle(self) -> None:
        """All in one transaction, which spares the disk; when that fails, each by itself."""
        if len(self._in_hand) > 1 and self._handle_together():
            return
        while self._in_hand and not self._stopping.is_set():
            self._handle_one(self._in_hand[0])
            self._in_hand.popleft()

    def _handle_one(self, event: Event) -> None:
        settle(self._database, lambda tx, given_up: self._inbox.receive(tx, event, given_up))

    def _handle_together(self) -> bool:
        try:
            with self._database.write() as tx:
                for event in self._in_hand:
                    self._inbox.receive(tx, event, given_up={})
        except (Refused, Outage, DBAPIError, PoolTimeout):
            return False  # one by one it will be told apart
        self._in_hand.clear()
        return True

    def _follow_generation(self) -> None:
        """After a rebuild: go on as another group, which has read nothing yet."""
        group = self._group_now()
        if group != self._group:
            self._let_go()
            self._group = group

    def _group_now(self) -> str:
        with database_outages(), self._database.read() as tx:
            generation = tx.scalar(sa.select(sa.func.count()).select_from(generations))
        return f"{self._service}.{generation}"

    @contextmanager
    def _consuming(self) -> Generator[Consumer]:
        """The present consumer. One that fails is thrown away with what it delivered: its successor gets it again."""
        consumer = self._consumer = self._consumer or self._transport.consumer(self._group, self._topics)
        try:
            yield consumer
        except Outage:
            self._let_go()
            raise

    def _let_go(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
        self._consumer = None
        self._in_hand.clear()
