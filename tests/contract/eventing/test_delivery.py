"""From `emit` to the effect in the reader's database: once, in order, and past whatever cannot be handled."""

import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
from google.protobuf.wrappers_pb2 import BytesValue, StringValue

from libs.chassis.database import WriteTx
from libs.eventing import parking
from libs.eventing.envelope import Event
from libs.eventing.inbox import TRIES
from libs.eventing.outbox import emit, purge
from libs.eventing.reader import Reader
from libs.eventing.state_reader import StateReader
from libs.eventing.tables import outbox
from libs.eventing.worker import stop_all
from tests.contract.eventing.world import World, effects, event, events
from tests.support import patience


def until(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_what_is_emitted_takes_effect_once_and_in_order(world: World) -> None:
    world.say(world.fact, "loan", "disbursed", "repaid", "closed")

    world.run()
    world.run()

    assert world.told(world.fact, "loan") == ["disbursed", "repaid", "closed"]


def test_an_operation_that_fails_says_nothing(world: World) -> None:
    try:
        with world.database.write() as tx:
            emit(tx, world.fact, "loan", StringValue(value="disbursed"))
            raise ZeroDivisionError
    except ZeroDivisionError:
        world.say(world.fact, "loan", "refused")

    world.run()

    assert world.told(world.fact, "loan") == ["refused"]


def test_a_message_that_cannot_be_handled_holds_up_its_own_subject_only(world: World) -> None:
    world.poison = {"bad"}
    world.say(world.fact, "loan_1", "first", "bad", "third")
    world.say(world.fact, "loan_2", "first", "second")

    world.run()

    assert world.told(world.fact, "loan_1") == ["first"]
    assert world.told(world.fact, "loan_2") == ["first", "second"]
    [parked] = parking.parked(world.database)
    assert (parked.subject, parked.sequence, parked.error) == ("loan_1", 2, "Poisoned: bad")
    assert (parked.tries, parked.behind) == (TRIES, 1)


def test_replay_runs_the_parked_message_and_what_waits_behind_it(world: World) -> None:
    world.poison = {"bad"}
    world.say(world.fact, "loan", "first", "bad", "third")
    world.run()
    world.say(world.fact, "loan", "fourth")
    world.run()

    world.poison = set()
    handled = parking.replay(world.database, world.handlers, world.fact.name, "loan")
    world.say(world.fact, "loan", "fifth")
    world.run()

    assert handled == 3
    assert world.told(world.fact, "loan") == ["first", "bad", "third", "fourth", "fifth"]
    assert parking.parked(world.database) == []


def test_a_replay_that_fails_again_leaves_the_message_parked(world: World) -> None:
    world.poison = {"bad"}
    world.say(world.fact, "loan", "bad", "second")
    world.run()

    handled = parking.replay(world.database, world.handlers, world.fact.name, "loan")

    assert handled == 0
    assert [(one.sequence, one.tries, one.behind) for one in parking.parked(world.database)] == [
        (1, 2 * TRIES, 1)
    ]


def test_replay_stops_at_the_next_message_that_cannot_be_handled(world: World) -> None:
    world.poison = {"bad", "worse"}
    world.say(world.fact, "loan", "bad", "second", "worse", "fourth")
    world.run()

    world.poison = {"worse"}
    handled = parking.replay(world.database, world.handlers, world.fact.name, "loan")

    assert handled == 2
    assert [(one.sequence, one.behind) for one in parking.parked(world.database)] == [(3, 1)]


def test_a_discarded_message_lets_those_behind_it_pass(world: World) -> None:
    world.poison = {"bad"}
    world.say(world.fact, "loan", "first", "bad", "third")
    world.run()

    handled = parking.discard(world.database, world.handlers, world.fact.name, "loan")

    assert handled == 1
    assert world.told(world.fact, "loan") == ["first", "third"]


def test_a_message_of_another_type_is_parked(world: World) -> None:
    with world.database.write() as tx:
        emit(tx, world.fact, "loan", BytesValue(value=b"?"))

    world.run()

    [parked] = parking.parked(world.database)
    assert parked.type == "google.protobuf.BytesValue"
    assert "expects a google.protobuf.StringValue" in parked.error


def test_a_later_state_supersedes_a_parked_one(world: World) -> None:
    world.poison = {"bad", "worse"}
    world.say(world.state, "product", "first", "bad", "worse")
    world.run()
    parked = parking.parked(world.database)

    world.say(world.state, "product", "fourth")
    world.run()

    assert [one.sequence for one in parked] == [3]
    assert world.told(world.state, "product") == ["first", "fourth"]
    assert parking.parked(world.database) == []


def test_an_older_state_does_not_pass_a_newer_one_that_is_parked(world: World) -> None:
    world.poison = {"product3"}
    producer = world.transport.producer("tests")
    producer.send(events(world.state, "product", [1, 3, 2]))
    producer.close()

    world.reader().drain()

    assert world.told(world.state, "product") == ["product1"]
    assert [one.sequence for one in parking.parked(world.database)] == [3]


def test_a_parked_message_that_comes_again_stays_parked_until_its_replay(world: World) -> None:
    world.poison = {"loan1"}
    producer = world.transport.producer("tests")
    producer.send([event(world.fact, "loan", 1)])
    world.reader().drain()

    world.poison = set()
    producer.send([event(world.fact, "loan", 1), event(world.fact, "loan", 2)])
    producer.close()
    world.reader().drain()
    before = world.told(world.fact, "loan")
    parking.replay(world.database, world.handlers, world.fact.name, "loan")

    assert (before, world.told(world.fact, "loan")) == ([], ["loan1", "loan2"])


def test_a_handler_that_swallows_an_error_of_the_database_is_parked_not_believed(world: World) -> None:
    def careless(tx: WriteTx, event: Event) -> None:
        try:
            tx.execute(sa.insert(effects).values(place=None, topic=None))
        except sa.exc.IntegrityError:
            world.handle(tx, event)

    world.say(world.fact, "loan", "first")
    world.relay().drain()
    Reader(world.database, world.transport, world.fact.name, {world.fact: careless}).drain()

    done, parked = world.told(world.fact, "loan"), parking.parked(world.database)
    assert (done == ["first"]) != (
        len(parked) == 1
    )  # SQLite forgives it, PostgreSQL does not; never both or neither


def test_a_gap_is_held_until_it_is_filled(world: World) -> None:
    producer = world.transport.producer("tests")
    producer.send([event(world.fact, "loan", 1), event(world.fact, "loan", 3)])
    world.reader().drain()
    before, backlog = world.told(world.fact, "loan"), parking.backlog(world.database)

    producer.send([event(world.fact, "loan", 2)])
    producer.close()
    world.reader().drain()

    assert (before, backlog.waiting, backlog.oldest_gap is not None) == (["loan1"], 1, True)
    assert world.told(world.fact, "loan") == ["loan1", "loan2", "loan3"]
    assert parking.backlog(world.database).waiting == 0


def test_a_rebuild_reads_everything_again_while_the_reader_runs(world: World) -> None:
    world.poison = {"bad"}
    world.say(world.fact, "loan_1", "first", "bad")
    world.say(world.fact, "loan_2", "first")
    reader = world.reader()
    world.relay().drain()
    reader.start()
    until(lambda: parking.parked(world.database) and world.told(world.fact, "loan_2"))

    world.poison = set()
    parking.rebuild(world.database, lambda tx: tx.execute(sa.delete(effects)))
    rebuilt = until(
        lambda: world.told(world.fact, "loan_1") == ["first", "bad"] and world.told(world.fact, "loan_2")
    )
    stopped = reader.stop()

    assert (rebuilt, stopped) == (True, True)
    assert world.told(world.fact, "loan_2") == ["first"]


def test_a_running_relay_and_reader_need_no_push(world: World) -> None:
    workers = [world.relay(), world.reader()]
    for worker in workers:
        worker.start()

    for text in ("first", "second", "third"):
        world.say(world.fact, "loan", text)
        time.sleep(0.05)
    arrived = until(lambda: len(world.told(world.fact, "loan")) == 3)

    assert (arrived, stop_all(workers)) == (True, True)
    assert [worker.alive for worker in workers] == [False, False]
    assert world.told(world.fact, "loan") == ["first", "second", "third"]


def test_two_threads_that_speak_of_one_subject_leave_no_hole(world: World) -> None:
    speakers = [
        threading.Thread(target=world.say, args=(world.fact, "loan", *"abcdefghij")) for _ in range(2)
    ]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()

    with world.database.read() as tx:
        sequences = [
            row.sequence for row in tx.rows(sa.select(outbox.c.sequence).order_by(outbox.c.position))
        ]

    assert sequences == list(range(1, 21))


def test_what_was_published_can_be_purged(world: World) -> None:
    world.say(world.fact, "loan", "first")
    world.relay().drain()
    world.say(world.fact, "loan", "second")

    with world.database.write() as tx:
        purged = purge(tx, before=tx.now)

    world.run()
    assert purged == 1
    assert world.told(world.fact, "loan") == ["first", "second"]


def test_a_state_reader_is_ready_once_it_has_seen_what_was_there(world: World) -> None:
    world.say(world.state, "product_1", "draft", "published")
    world.say(world.state, "product_2", "draft")
    world.relay().drain()
    shown: dict[str, int] = {}
    reader = StateReader(
        world.transport, {world.state: lambda event: shown.update({event.subject: event.sequence})}
    )

    reader.start()
    ready = reader.ready.wait(patience.SECONDS)
    at_ready = dict(shown)
    world.say(world.state, "product_2", "published")
    world.relay().drain()
    followed = until(lambda: shown["product_2"] == 2)

    assert (ready, at_ready) == (True, {"product_1": 2, "product_2": 1})
    assert (followed, reader.stop()) == (True, True)


def test_a_state_reader_never_shows_an_older_state_after_a_newer_one(world: World) -> None:
    producer = world.transport.producer("tests")
    producer.send(events(world.state, "product", [1, 3, 2, 3, 5, 4]))
    producer.close()
    shown: list[int] = []
    reader = StateReader(world.transport, {world.state: lambda event: shown.append(event.sequence)})

    reader.catch_up()

    assert shown == [1, 3, 5]


def test_a_state_that_cannot_be_taken_does_not_hide_the_others(world: World) -> None:
    world.say(world.state, "product_1", "bad")
    world.say(world.state, "product_2", "good")
    world.relay().drain()
    shown: list[str] = []

    def take(event: Event) -> None:
        text = event.decode(StringValue).value
        if text == "bad":
            raise ValueError(text)
        shown.append(text)

    reader = StateReader(world.transport, {world.state: take})
    reader.catch_up()

    assert (shown, reader.refused, reader.ready.is_set()) == (["good"], 1, True)
