"""A worker waits out outages, dies of mistakes, and ends when asked."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from libs.chassis.clock import SettableClock
from libs.eventing.outage import Outage
from libs.eventing.worker import Worker, stop_all
from tests.support import patience

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


class Hand(Worker):
    """Does what the test says, round after round."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__("hand", SettableClock(NOON))
        self.work = work
        self.rounds = 0
        self.let_go = False

    def _round(self) -> None:
        self.rounds += 1
        self.work()
        time.sleep(0.001)

    def _let_go(self) -> None:
        self.let_go = True

    def await_the_request_to_stop(self) -> None:
        self._stopping.wait(patience.SECONDS)


def fail(error: Exception) -> None:
    raise error


def until(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + patience.SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


def test_a_worker_goes_on_until_it_is_asked_to_stop() -> None:
    hand = Hand(lambda: None)

    hand.start()
    worked = until(lambda: hand.rounds > 3)
    stopped = hand.stop(patience.SECONDS)

    assert (worked, stopped, hand.alive, hand.let_go) == (True, True, False, True)


def test_an_outage_is_waited_out_and_told() -> None:
    hand = Hand(lambda: fail(Outage("the broker is away")))

    hand.start()
    paused = until(lambda: hand.paused_since)
    since = hand.paused_since
    hand.work = lambda: None
    resumed = until(lambda: hand.paused_since is None)
    stopped = hand.stop(patience.SECONDS)

    assert (paused, since, resumed, stopped) == (True, NOON, True, True)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mistake_ends_the_worker_for_all_to_see() -> None:
    hand = Hand(lambda: fail(KeyError("no such column")))

    hand.start()

    assert until(lambda: not hand.alive)
    assert (hand.rounds, hand.let_go) == (1, True)


def test_workers_are_stopped_side_by_side() -> None:
    """Each ends its work once all have been asked to stop: who were asked one after the other would not end."""
    hands: list[Hand] = []

    def work() -> None:
        for hand in hands:
            hand.await_the_request_to_stop()

    hands += [Hand(work) for _ in range(4)]
    for hand in hands:
        hand.start()

    assert stop_all(hands, patience.SECONDS / 2)


def test_a_worker_that_never_started_stops_at_once() -> None:
    assert Hand(lambda: None).stop(1)
