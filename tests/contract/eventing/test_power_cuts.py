"""A power cut between any two steps, then a new start: nothing is lost and nothing happens twice."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.chassis.database import Database, WriteTx
from libs.eventing.envelope import Event
from libs.eventing.topics import Topic
from libs.eventing.transport import Transport
from tests.contract.eventing.power import Power, PowerCut, PoweredTransport
from tests.contract.eventing.world import World

TEXTS = ("first", "second", "third")
cuts = st.lists(st.integers(0, 12), max_size=5)
some_cuts = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class FrailWorld(World):
    power: Power

    def handle(self, tx: WriteTx, event: Event) -> None:
        self.power.step()
        super().handle(tx, event)
        self.power.step()


@pytest.fixture
def frail(database: Database, transport: Transport, fact: Topic, state: Topic) -> FrailWorld:
    world = FrailWorld(database, PoweredTransport(transport, Power()), fact, state)
    world.power = world.transport.power
    return world


def again_and_again(work: Callable[[], None]) -> None:
    """Start anew after every power cut, until the work comes to its end."""
    while True:
        try:
            return work()
        except PowerCut:
            continue


@given(cuts=cuts)
@some_cuts
def test_no_power_cut_loses_or_doubles_anything(frail: FrailWorld, cuts: list[int]) -> None:
    subjects = [f"loan_{uuid4()}" for _ in range(2)]  # the log remembers the examples before
    frail.database.on_commit[:] = []
    for subject in subjects:
        frail.say(frail.fact, subject, *TEXTS)
    frail.database.on_commit.append(frail.power.step)
    frail.power.cuts = cuts

    again_and_again(lambda: frail.relay().drain())
    again_and_again(lambda: frail.reader().drain())

    frail.power.cuts = []
    for subject in subjects:
        assert frail.told(frail.fact, subject) == list(TEXTS)
