"""However a log delivers, and whatever cannot be handled meanwhile: effects happen once, in the order of a subject."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from libs.chassis.database import Database
from libs.eventing import parking
from libs.eventing.envelope import Event
from libs.eventing.topics import Kind, Topic
from tests.contract.eventing.scripted import ScriptedTransport
from tests.contract.eventing.world import World, event, forget, make_topic

FACT = make_topic(Kind.FACT, "facts")
STATE = make_topic(Kind.STATE, "states")
LENGTH = 6
SUBJECTS = ("a", "b", "c")

some_examples = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def scripted(database: Database) -> World:
    return World(database, ScriptedTransport(), FACT, STATE)


def start_again(world: World) -> ScriptedTransport:
    forget(world.database)
    world.poison = set()
    world.transport = ScriptedTransport()
    return world.transport


def numbers(world: World, topic: Topic, subject: str) -> list[int]:
    return [int(text.removeprefix(subject)) for text in world.told(topic, subject)]


def everything(topic: Topic) -> list[Event]:
    return [event(topic, subject, sequence) for subject in SUBJECTS for sequence in range(1, LENGTH + 1)]


@st.composite
def deliveries(draw: st.DrawFn, topic: Topic) -> list[list[Event]]:
    """Every event at least once, some twice, all shuffled, cut into batches."""
    again = draw(st.lists(st.sampled_from(everything(topic)), max_size=12))
    row = draw(st.permutations([*everything(topic), *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(row) - 1), max_size=8)))
    return [row[start:end] for start, end in zip([0, *cuts], [*cuts, len(row)], strict=True)]


@given(script=deliveries(FACT))
@some_examples
def test_facts_take_effect_once_and_in_order(scripted: World, script: list[list[Event]]) -> None:
    start_again(scripted).deliveries = script

    scripted.reader().drain()

    for subject in SUBJECTS:
        assert numbers(scripted, FACT, subject) == list(range(1, LENGTH + 1))
    assert parking.backlog(scripted.database).waiting == 0


@given(script=deliveries(STATE))
@some_examples
def test_states_only_go_forward_and_end_at_the_newest(scripted: World, script: list[list[Event]]) -> None:
    start_again(scripted).deliveries = script

    scripted.reader().drain()

    for subject in SUBJECTS:
        seen = numbers(scripted, STATE, subject)
        assert seen == sorted(set(seen))
        assert seen[-1] == LENGTH


@given(script=deliveries(FACT), bad=st.sets(st.sampled_from(["a1", "a3", "b2", "b6"]), min_size=1))
@some_examples
def test_poison_parks_its_subject_and_replay_runs_the_rest_in_order(
    scripted: World, script: list[list[Event]], bad: set[str]
) -> None:
    start_again(scripted).deliveries = script
    scripted.poison = bad

    scripted.reader().drain()
    before = {subject: numbers(scripted, FACT, subject) for subject in SUBJECTS}
    scripted.poison = set()
    for parked in parking.parked(scripted.database):
        parking.replay(scripted.database, scripted.handlers, parked.topic, parked.subject)

    for subject in SUBJECTS:
        first_bad = min((int(text[1:]) for text in bad if text[0] == subject), default=LENGTH + 1)
        assert before[subject] == list(range(1, first_bad))
        assert numbers(scripted, FACT, subject) == list(range(1, LENGTH + 1))


class AnyHistory(RuleBasedStateMachine):
    """Deliveries, poison, cures, replays, restarts and rebuilds in any order, against the plainest possible model."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.transport = start_again(self.world)
        self.delivered: list[Event] = []

    @rule(batch=st.lists(st.sampled_from([*everything(FACT), *everything(STATE)]), min_size=1, max_size=8))
    def deliver(self, batch: list[Event]) -> None:
        self.transport.deliveries.append(batch)
        self.delivered += batch
        self.world.reader().drain()

    @rule(subject=st.sampled_from(SUBJECTS), sequence=st.integers(1, LENGTH))
    def poison(self, subject: str, sequence: int) -> None:
        self.world.poison.add(f"{subject}{sequence}")

    @rule()
    def cure(self) -> None:
        self.world.poison.clear()

    @rule(subject=st.sampled_from(SUBJECTS), topic=st.sampled_from([FACT, STATE]))
    def replay(self, subject: str, topic: Topic) -> None:
        parking.replay(self.world.database, self.world.handlers, topic.name, subject)

    @invariant()
    def facts_are_a_beginning_of_the_story(self) -> None:
        for subject in SUBJECTS:
            told = numbers(self.world, FACT, subject)
            assert told == list(range(1, len(told) + 1))

    @invariant()
    def states_only_go_forward(self) -> None:
        for subject in SUBJECTS:
            told = numbers(self.world, STATE, subject)
            assert told == sorted(set(told))

    @invariant()
    def nothing_that_came_is_forgotten(self) -> None:
        """A fact whose turn has come took effect, or it, or one before it, is parked."""
        parked = {(one.topic, one.subject) for one in parking.parked(self.world.database)}
        for subject in SUBJECTS:
            came = {
                one.sequence for one in self.delivered if (one.topic, one.subject) == (FACT.name, subject)
            }
            told = len(numbers(self.world, FACT, subject))
            assert told + 1 not in came or (FACT.name, subject) in parked

    def teardown(self) -> None:
        """In the end everything comes, everything is cured: then everything has happened, once."""
        self.cure()
        for one in parking.parked(self.world.database):
            parking.replay(self.world.database, self.world.handlers, one.topic, one.subject)
        self.deliver([*everything(FACT), *everything(STATE)])
        for subject in SUBJECTS:
            assert numbers(self.world, FACT, subject) == list(range(1, LENGTH + 1))
            assert numbers(self.world, STATE, subject)[-1] == LENGTH
        assert parking.backlog(self.world.database).waiting == 0


def test_any_history_keeps_the_promises(scripted: World) -> None:
    machine = type("AnyHistoryOfThisWorld", (AnyHistory,), {"world": scripted})

    examples = 15 if scripted.database.dialect == "sqlite" else 6
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=15, deadline=None)
    )
