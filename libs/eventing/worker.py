"""A thread that does its round again and again, waits out outages, and ends when it is asked to."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from libs.chassis.clock import Clock
from libs.eventing.outage import Outage

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0  # seconds


class Worker(ABC):
    """`paused_since` is when the present outage began, None while all is well; `alive` is False once it ended.

    An error that is no outage is a mistake in this program: it ends the thread, and with it the service's readiness.
    """

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.paused_since: datetime | None = None
        self._clock = clock
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def _round(self) -> None:
        """Do what there is to do; wait a moment for it when there is nothing. Raises Outage.

        What failed in an outage is given back before: the next round starts afresh.
        """

    @abstractmethod
    def _let_go(self) -> None:
        """Give back connections, at the end. Never raises."""

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stopping.set()

    def stop(self, timeout: float = 10.0) -> bool:
        """Finish the message in hand and end; True when it did so within `timeout` seconds."""
        self.ask_to_stop()
        if self._thread is not None:
            self._thread.join(timeout)
        return not self.alive

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        try:
            while not self._stopping.is_set():
                try:
                    self._round()
                except Outage as outage:
                    log.warning("%s pauses: %s", self.name, outage)
                    self.paused_since = self.paused_since or self._clock.now()
                    self._stopping.wait(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                else:
                    pause, self.paused_since = _FIRST_PAUSE, None
        finally:
            self._let_go()


def stop_all(workers: Sequence[Worker], timeout: float = 10.0) -> bool:
    """Stop them side by side; True when all ended within `timeout` seconds each."""
    for worker in workers:
        worker.ask_to_stop()
    ended = [worker.stop(timeout) for worker in workers]
    return all(ended)
