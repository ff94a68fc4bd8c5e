"""A power cut between any two steps, then a new start: nothing is lost and nothing happens twice."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.database import Database, WriteTx
from libs.eventing.embedded import EmbeddedTransport
from libs.eventing.envelope import Event
from libs.eventing.kafka import KafkaTransport
from libs.eventing.topics import Topic
from libs.eventing.transport import Transport
from tests.contract.eventing.power import Power, PowerCut, PoweredTransport
from tests.contract.eventing.world import World

TEXTS = ("first", "second", "third")
EXAMPLES = {
    EmbeddedTransport: 15,
    KafkaTransport: 5,
}  # a group of Kafka takes a moment to form, after every cut


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


def test_no_power_cut_loses_or_doubles_anything(frail: FrailWorld, transport: Transport) -> None:
    @settings(max_examples=EXAMPLES[type(transport)], deadline=None)
    @given(cuts=st.lists(st.integers(0, 12), max_size=5))
    def survives(cuts: list[int]) -> None:
        subjects = [f"loan_{uuid4()}" for _ in range(2)]  # the log remembers the examples before
        frail.database.on_commit.clear()
        for subject in subjects:
            frail.say(frail.fact, subject, *TEXTS)
        frail.database.on_commit.append(frail.power.step)
        frail.power.cuts = cuts

        again_and_again(lambda: frail.relay().drain())
        again_and_again(lambda: frail.reader().drain())

        frail.power.cuts = []
        assert [frail.told(frail.fact, subject) for subject in subjects] == [list(TEXTS)] * 2

    survives()
