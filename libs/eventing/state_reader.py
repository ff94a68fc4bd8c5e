"""The state reader: projections in memory, built from the beginning of the state topics in every replica."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext

from libs.chassis.clock import Clock, SystemClock
from libs.eventing.envelope import Event
from libs.eventing.outage import Outage
from libs.eventing.topics import Kind, Topic
from libs.eventing.tracing import handling
from libs.eventing.transport import Consumer, Transport
from libs.eventing.worker import Worker

log = logging.getLogger(__name__)

BATCH = 1000
POLL_SECONDS = 0.5

StateHandler = Callable[[Event], None]


class StateReader(Worker):
    """Shows each subject's states to its handler, never an older one after a newer one.

    `ready` is set once all that was in the topics at the start has been shown. A state that its handler cannot take
    is logged and counted in `refused`, and left out until the subject's next: there is no table here to park it in.
    """

    def __init__(
        self,
        transport: Transport,
        handlers: Mapping[Topic, StateHandler],
        clock: Clock | None = None,
        ready: threading.Event | None = None,
    ) -> None:
        if any(topic.kind is not Kind.STATE for topic in handlers):
            raise ValueError("only state topics can be read without a place in them")
        super().__init__("state reader", clock or SystemClock())
        self.ready = ready or threading.Event()
        self.refused = 0
        self._transport = transport
        self._topics = tuple(handlers)
        self._handlers = {topic.name: handler for topic, handler in handlers.items()}
        self._last: dict[tuple[str, str], int] = {}
        self._consumer: Consumer | None = None

    def catch_up(self) -> None:
        """Read in this thread until `ready`, and what came since. For tests, with a reader that was not started."""
        try:
            while self._read(timeout=0) or not self.ready.is_set():
                pass
        finally:
            self._let_go()

    def _round(self) -> None:
        self._read(POLL_SECONDS)

    def _read(self, timeout: float) -> int:
        consumer = self._consumer = self._consumer or self._transport.consumer(None, self._topics)
        try:
            events = consumer.poll(timeout, BATCH)
            caught_up = consumer.caught_up()
        except Outage:
            self._let_go()  # its successor begins at the beginning; what is old is passed over
            raise
        for event in events:
            self._show(event)
        if caught_up:
            self.ready.set()
        return len(events)

    def _show(self, event: Event) -> None:
        place = (event.topic, event.subject)
        if event.sequence <= self._last.get(place, 0):
            return
        self._last[place] = event.sequence
        # What was there at the start is history; only news belongs to the trace of who told it.
        news = handling(event) if self.ready.is_set() else nullcontext()
        try:
            with news:
                self._handlers[event.topic](event)
        except Exception:  # one state that cannot be taken must not hide all the others
            self.refused += 1
            log.exception("cannot take the state of %s on %s", event.subject, event.topic)

    def _let_go(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
        self._consumer = None
