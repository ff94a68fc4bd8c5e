"""What every log promises, whichever it is."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from kafka.partitioner.default import murmur2

from libs.eventing import embedded
from libs.eventing.embedded import EmbeddedTransport
from libs.eventing.envelope import Event
from libs.eventing.kafka import KafkaTransport
from libs.eventing.outage import Outage
from libs.eventing.topics import Kind, Topic
from libs.eventing.transport import Consumer, Transport
from tests.contract.eventing.world import event, events, make_topic
from tests.support import patience


def send(transport: Transport, sent: list[Event]) -> None:
    producer = transport.producer("tests")
    producer.send(sent)
    producer.close()


def take(consumer: Consumer, count: int) -> list[Event]:
    """The next `count` events, or as many as came in time."""
    deadline, taken = time.monotonic() + patience.SECONDS, list[Event]()
    while len(taken) < count and time.monotonic() < deadline:
        taken += consumer.poll(0.2, count - len(taken))
    return taken


def take_all(transport: Transport, group: str | None, topic: Topic, count: int) -> list[Event]:
    consumer = transport.consumer(group, [topic])
    taken = take(consumer, count)
    consumer.commit()
    consumer.close()
    return taken


def test_an_event_arrives_with_its_whole_envelope(transport: Transport, fact: Topic, group: str) -> None:
    sent = event(fact, "贷款 1", 7)

    send(transport, [sent])

    assert take_all(transport, group, fact, 1) == [sent]


def test_the_events_of_a_subject_arrive_in_order(transport: Transport, fact: Topic, group: str) -> None:
    sent = [event(fact, f"loan_{number % 7}", number) for number in range(1, 200)]

    send(transport, sent)
    taken = take_all(transport, group, fact, len(sent))

    for subject in {one.subject for one in sent}:
        assert [one for one in taken if one.subject == subject] == [
            one for one in sent if one.subject == subject
        ]


def test_a_group_goes_on_behind_what_it_committed(transport: Transport, fact: Topic, group: str) -> None:
    send(transport, events(fact, "loan", range(1, 4)))
    take_all(transport, group, fact, 3)

    send(transport, [event(fact, "loan", 4)])

    assert [one.sequence for one in take_all(transport, group, fact, 1)] == [4]


def test_what_a_group_did_not_commit_comes_again(transport: Transport, fact: Topic, group: str) -> None:
    send(transport, events(fact, "loan", range(1, 4)))
    consumer = transport.consumer(group, [fact])
    take(consumer, 3)
    consumer.close()

    again = take_all(transport, group, fact, 3)

    assert [one.sequence for one in again] == [1, 2, 3]


def test_groups_do_not_know_of_each_other(transport: Transport, fact: Topic) -> None:
    send(transport, events(fact, "loan", range(1, 4)))

    first, second = (take_all(transport, group, fact, 3) for group in ("lending", "oversight"))

    assert first == second
    assert len(first) == 3


def test_lag_is_what_a_group_has_not_committed(
    transport: Transport, fact: Topic, state: Topic, group: str
) -> None:
    transport.ensure_topics([fact, state])
    before = transport.lag(group, [fact, state])
    send(transport, [event(fact, "loan", 1), event(state, "product", 1)])
    behind = transport.lag(group, [fact, state])

    consumer = transport.consumer(group, [fact, state])
    taken = take(consumer, 2)
    while transport.lag(group, [fact, state]):
        taken += consumer.poll(0.1, 1)
        consumer.commit()
    consumer.close()

    assert (before, behind > 0, len(taken)) == (0, True, 2)


def test_a_reader_without_a_group_begins_at_the_beginning(transport: Transport, state: Topic) -> None:
    send(transport, events(state, "product", range(1, 4)))

    first, second = (take_all(transport, None, state, 3) for _ in range(2))

    assert [one.sequence for one in first] == [1, 2, 3]
    assert first == second


def test_a_reader_without_a_group_has_caught_up_at_the_end_it_saw(transport: Transport, state: Topic) -> None:
    send(transport, events(state, "product", range(1, 4)))
    consumer = transport.consumer(None, [state])
    at_first = consumer.caught_up()

    taken = take(consumer, 3)
    deadline = time.monotonic() + patience.SECONDS
    while not consumer.caught_up() and time.monotonic() < deadline:
        taken += consumer.poll(0.1, 1)
    at_last = consumer.caught_up()
    consumer.close()

    assert (at_first, at_last, len(taken)) == (False, True, 3)


def test_an_empty_topic_is_caught_up_with_at_once(transport: Transport, state: Topic) -> None:
    consumer = transport.consumer(None, [state])

    assert consumer.caught_up()
    consumer.close()


def test_a_waiting_reader_is_woken_by_what_comes(
    transport: Transport, fact: Topic, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is not woken sleeps on, as the embedded log does not look by itself here for what others appended."""
    monkeypatch.setattr(embedded, "POLL_SECONDS", patience.SECONDS)
    consumer = transport.consumer(group, [fact])
    send(transport, [event(fact, "loan", 1)])
    take(consumer, 1)
    producer = transport.producer("tests")

    came: list[Event] = []
    waiting = threading.Thread(target=lambda: came.extend(consumer.poll(patience.SECONDS, 1)))
    waiting.start()
    time.sleep(0.1)  # for it to fall asleep
    sent = event(fact, "loan", 2)
    producer.send([sent])
    waiting.join(patience.SECONDS / 2)
    woken = list(came)
    waiting.join()
    producer.close()
    consumer.close()

    assert woken == [sent]


def test_topics_can_be_made_twice(transport: Transport, fact: Topic, state: Topic, group: str) -> None:
    transport.ensure_topics([fact, state])
    transport.ensure_topics([fact, state])

    send(transport, [event(fact, "loan", 1)])

    assert len(take_all(transport, group, fact, 1)) == 1


def test_another_process_may_append_to_the_embedded_log(
    embedded: EmbeddedTransport, tmp_path: Path, fact: Topic, group: str
) -> None:
    other = EmbeddedTransport(tmp_path / "events.db")

    send(other, [event(fact, "loan", 1)])
    other.close()

    assert len(take_all(embedded, group, fact, 1)) == 1


def test_the_embedded_log_forgets_states_that_were_replaced(
    embedded: EmbeddedTransport, fact: Topic, state: Topic, group: str
) -> None:
    send(embedded, [*events(state, "product_1", range(1, 4)), event(state, "product_2", 1)])
    send(embedded, events(fact, "loan", range(1, 4)))

    embedded.ensure_topics([fact, state])

    assert [one.id for one in take_all(embedded, None, state, 2)] == ["evt_product_1_3", "evt_product_2_1"]
    assert len(take_all(embedded, group, fact, 3)) == 3


def test_a_new_producer_shuts_out_an_earlier_one_of_its_name(
    kafka: KafkaTransport, fact: Topic, group: str
) -> None:
    earlier = kafka.producer("relay")
    earlier.send([event(fact, "loan", 1)])
    later = kafka.producer("relay")

    with pytest.raises(Outage):
        earlier.send([event(fact, "loan", 2)])
    later.send([event(fact, "loan", 3)])
    earlier.close()
    later.close()

    assert [one.sequence for one in take_all(kafka, group, fact, 2)] == [1, 3]


def test_a_long_partition_does_not_keep_the_others_waiting(
    kafka: KafkaTransport, fact: Topic, group: str
) -> None:
    for _ in range(9):
        send(kafka, [event(fact, f"loan_{number % 30}", 1 + number // 30) for number in range(1_000)])
    consumer = kafka.consumer(group, [fact])

    first = take(consumer, 900)
    consumer.close()

    partitions = {murmur2(one.subject.encode()) & 0x7FFFFFFF for one in first}
    assert {place % fact.partitions for place in partitions} == {0, 1, 2}


def test_a_topic_with_another_number_of_partitions_is_refused(kafka: KafkaTransport, fact: Topic) -> None:
    grown = Topic(fact.name, fact.kind, fact.partitions + 1, fact.owner)

    with pytest.raises(ValueError, match="other numbers of partitions"):
        kafka.ensure_topics([grown])


def test_brokers_that_cannot_be_reached_are_an_outage() -> None:
    nobody = KafkaTransport("127.0.0.1:1", settings={"bootstrap_timeout_ms": 500})

    with pytest.raises(Outage, match="kafka"):
        nobody.ensure_topics([make_topic(Kind.FACT, "nobody")])


def test_a_member_that_looks_briefly_comes_through_a_sharing_out_for_new_partitions(
    kafka: KafkaTransport, fact: Topic, group: str
) -> None:
    kafka.ensure_topics([fact])
    member: Any = kafka.consumer(group, [fact])
    coordinator = member._kafka._coordinator
    for turn in range(1, 6):
        send(kafka, [event(fact, f"loan_{number}", turn) for number in range(20)])
        taken = brief_looks(member, 20)
        assert {one.sequence for one in taken} == {turn}
        member.commit()
        coordinator._assignment_snapshot = {}  # as when there were other partitions when it joined
        for _ in range(200):
            member.poll(0.001, 1)
    joined = not coordinator.rejoining
    member.close()

    assert joined


def brief_looks(member: Consumer, count: int) -> list[Event]:
    """As many events as that, by polls too short for the broker's answers."""
    deadline, taken = time.monotonic() + patience.SECONDS, list[Event]()
    while len(taken) < count and time.monotonic() < deadline:
        taken += member.poll(0.001, count)
    return taken
