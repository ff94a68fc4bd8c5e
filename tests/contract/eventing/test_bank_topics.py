"""A bank that prefers the log to HTTPS has a topic of its own: its notices in the order of its feed, no other's."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from libs.chassis.database import Database
from libs.chassis.outward import Gate
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict
from libs.eventing.envelope import Event
from libs.eventing.outage import Outage
from libs.eventing.transport import Producer, Transport
from rongqiao.lending.v1 import house_pb2 as pb
from services.lending.carriers import topic_of
from services.lending.courier import Courier
from services.lending.domain.webhook import Channel, NewWebhook, Webhook
from services.lending.operations import feed, webhooks
from services.lending.store import metadata
from tests.support import patience
from tests.support.services import opened


@pytest.fixture
def lending(tmp_path: Path) -> Iterator[Database]:
    with opened(f"sqlite:///{tmp_path / 'lending.db'}", metadata) as database:
        yield database


def registered(database: Database, bank: str) -> Webhook:
    manager, new = Principal("acc_1", Role.BANK_MANAGER, bank), NewWebhook(channel=Channel.KAFKA)
    made = database.transact(lambda tx: webhooks.register_webhook(tx, manager, new, Gate()))
    assert made.secret is None
    return made.webhook


def happens(database: Database, bank: str, *subjects: str) -> None:
    for subject in subjects:
        database.transact(lambda tx, s=subject: feed.note(tx, bank, "loan.repaid", s, {"principal_fen": 7}))
    feed.number_notices(database)


def carry(courier: Courier) -> None:
    courier.run()
    deadline = time.monotonic() + patience.SECONDS
    while courier.busy and time.monotonic() < deadline:
        time.sleep(0.01)


def read(transport: Transport, webhook: Webhook, count: int) -> list[Event]:
    consumer, found = transport.consumer(None, [topic_of(webhook)]), list[Event]()
    deadline = time.monotonic() + patience.SECONDS
    while len(found) < count and time.monotonic() < deadline:
        found += consumer.poll(0.2, 10)
    found += consumer.poll(0.2, 10)
    consumer.close()
    return found


def test_each_bank_finds_its_own_notices_on_its_own_topic_in_their_order(
    transport: Transport, lending: Database
) -> None:
    ours, theirs = f"org_{uuid4().hex[:12]}", f"org_{uuid4().hex[:12]}"
    mine, other = registered(lending, ours), registered(lending, theirs)
    happens(lending, ours, "loan_1", "loan_2", "loan_1")
    happens(lending, theirs, "loan_9")
    carry(Courier(lending, Gate(), transport))

    assert mine.topic == f"rongqiao.bank.{ours}.v1"
    found = read(transport, mine, 3)
    assert [(event.subject, event.sequence) for event in found] == [
        ("loan_1", 1),
        ("loan_2", 2),
        ("loan_1", 3),
    ]
    first = found[0].decode(pb.Notice)
    assert (first.id, first.type, first.data["principal_fen"], first.data["late"]) == (
        found[0].id,
        "loan.repaid",
        7,
        False,
    )
    assert [event.subject for event in read(transport, other, 1)] == ["loan_9"]


class Away:
    """The log, away until it is told to be back."""

    def __init__(self, inner: Transport) -> None:
        self._inner, self.back = inner, False

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def producer(self, name: str) -> Producer:
        if not self.back:
            raise Outage("kafka: away")
        return self._inner.producer(name)


def test_what_could_not_be_appended_is_tried_again(embedded: Transport, lending: Database) -> None:
    away = Away(embedded)
    webhook = registered(lending, "org_bank_a")
    happens(lending, "org_bank_a", "loan_1")
    courier = Courier(lending, Gate(), away)  # type: ignore[arg-type]
    carry(courier)
    with lending.read() as tx:
        manager = Principal("acc_1", Role.BANK_MANAGER, "org_bank_a")
        [waiting] = webhooks.list_deliveries(tx, manager, webhook.id).items
    assert (waiting.attempts, waiting.last_error) == (1, "kafka: away")
    away.back = True
    lending.clock.instant = waiting.due_at  # type: ignore[attr-defined]
    carry(courier)
    assert [event.subject for event in read(embedded, webhook, 1)] == ["loan_1"]


def test_a_bank_has_one_topic(lending: Database) -> None:
    registered(lending, "org_bank_a")
    with pytest.raises(Conflict):
        registered(lending, "org_bank_a")
