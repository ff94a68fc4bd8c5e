"""Webhooks against a real endpoint: signed, tried again, given up, sent again; and one bank never waits for another."""

import base64
import hashlib
import hmac
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from libs.chassis.database import Database
from libs.chassis.outward import Gate
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from services.lending.courier import Courier
from services.lending.domain.webhook import (
    Answered,
    DeliveryStatus,
    NewWebhook,
    Redelivery,
    Webhook,
    WebhookStatus,
)
from services.lending.operations import deliveries, feed, webhooks
from services.lending.store import metadata
from services.lending.store.feed import feeds, notices
from services.lending.store.webhooks import deliveries as delivery_table
from services.lending.store.webhooks import webhooks as webhook_table
from tests.support import patience
from tests.support.receiver import Got, Receiver, receiving
from tests.support.services import opened

BANK, OTHER_BANK = "org_bank_a", "org_bank_b"
OFFICER = Principal("acc_officer", Role.BANK_OFFICER, BANK)
MANAGER = Principal("acc_manager", Role.BANK_MANAGER, BANK)
THEIR_MANAGER = Principal("acc_stranger", Role.BANK_MANAGER, OTHER_BANK)
LOOPBACK = Gate(("127.0.0.0/8",))


@dataclass
class Post:
    """The post room: a database, a courier, and time that is moved by hand."""

    database: Database
    courier: Courier

    def act(self, operation: Any, by: Principal, *args: Any) -> Any:
        return self.database.transact(lambda tx: operation(tx, by, *args))

    def ask(self, query: Any, by: Principal, *args: Any) -> Any:
        with self.database.read() as tx:
            return query(tx, by, *args)

    def registered(self, url: str, *types: str, by: Principal = MANAGER) -> tuple[Webhook, str]:
        made = self.act(webhooks.register_webhook, by, NewWebhook(url=url, types=types), LOOPBACK)
        return made.webhook, made.secret

    def happens(self, *subjects: str, bank: str = BANK, kind: str = "application.approved") -> None:
        for subject in subjects:
            self.database.transact(lambda tx, s=subject: feed.note(tx, bank, kind, s, {"amount_fen": 5}))
        feed.number_notices(self.database)

    def carry(self) -> None:
        """One round of the courier, to its end."""
        self.courier.run()
        deadline = time.monotonic() + patience.SECONDS
        while self.courier.busy and time.monotonic() < deadline:
            time.sleep(0.002)

    def later(self, **span: float) -> None:
        clock: Any = self.database.clock
        clock.instant += timedelta(**span)

    def deliveries(self, webhook: Webhook, status: DeliveryStatus | None = None) -> Any:
        return self.ask(webhooks.list_deliveries, MANAGER, webhook.id, status).items

    def state(self, webhook: Webhook) -> Any:
        return self.ask(webhooks.get_webhook, MANAGER, webhook.id)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with opened(f"sqlite:///{tmp_path_factory.mktemp('post') / 'post.db'}", metadata) as made:
        yield made


@pytest.fixture
def post(database: Database) -> Post:
    with database.write() as tx:
        for table in (delivery_table, webhook_table, notices, feeds):
            tx.execute(sa.delete(table))
    return Post(database, Courier(database, LOOPBACK, seconds=patience.SECONDS))


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def fits(secret: str, got: Got) -> bool:
    """What docs/banks.md tells a bank to do."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    given = [part.removeprefix("v1,") for part in got.headers["webhook-signature"].split(" ")]
    return any(hmac.compare_digest(wanted, one) for one in given)


def test_a_notice_arrives_signed_and_thin(post: Post, endpoint: Receiver) -> None:
    _, secret = post.registered(endpoint.url)
    post.happens("app_1")
    post.carry()
    got = endpoint.got[0]
    assert fits(secret, got)
    assert not fits("whsec_" + base64.b64encode(b"other").decode(), got)
    assert got.told["type"] == "application.approved"
    assert got.told["data"] | {"id": ""} == {
        "id": "",
        "position": 1,
        "subject": "app_1",
        "late": False,
        "amount_fen": 5,
    }
    assert got.headers["webhook-id"] == got.told["data"]["id"]


def test_the_signature_fits_what_openssl_makes(post: Post, endpoint: Receiver) -> None:
    _, secret = post.registered(endpoint.url)
    post.happens("app_1")
    post.carry()
    got = endpoint.got[0]
    key = base64.b64decode(secret.removeprefix("whsec_")).hex()
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key}", "-binary"]
    made = subprocess.run(command, input=signed, capture_output=True, check=True).stdout
    assert got.headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()


def test_only_what_was_asked_for_arrives(post: Post, endpoint: Receiver) -> None:
    post.registered(endpoint.url, "application.*", "loan.settled")
    post.happens("loan_1", kind="loan.disbursed")
    post.happens("loan_1", kind="loan.settled")
    post.happens("app_1", kind="application.declined")
    post.carry()
    assert endpoint.subjects == ["loan_1", "app_1"]


def test_after_a_rotation_both_secrets_sign_for_a_day(post: Post, endpoint: Receiver) -> None:
    webhook, old = post.registered(endpoint.url)
    fresh = post.act(webhooks.rotate_secret, MANAGER, webhook.id).secret
    post.happens("app_1")
    post.carry()
    post.later(hours=25)
    post.happens("app_2")
    post.carry()
    during, after = endpoint.got
    assert fits(old, during)
    assert fits(fresh, during)
    assert fits(fresh, after)
    assert not fits(old, after)


def test_secrets_are_not_legible_in_the_database(post: Post, endpoint: Receiver) -> None:
    _, secret = post.registered(endpoint.url)
    with post.database.read() as tx:
        row = tx.execute(sa.text("SELECT secret FROM webhooks")).one()
    assert secret.removeprefix("whsec_") not in str(row)


def test_a_failure_is_tried_again_later_under_the_same_id(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    endpoint.answer = lambda _got: 503
    post.happens("app_1")
    post.carry()
    failed = post.deliveries(webhook)[0]
    assert (failed.status, failed.attempts, failed.last_code) == (DeliveryStatus.PENDING, 1, 503)
    post.carry()
    assert len(endpoint.got) == 1
    endpoint.answer = lambda _got: 200
    post.later(seconds=7)
    post.carry()
    first, second = endpoint.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert post.deliveries(webhook)[0].status is DeliveryStatus.DELIVERED


def test_a_redirect_is_a_failure_and_is_not_followed(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    with receiving() as elsewhere:
        endpoint.answer, endpoint.headers = lambda _got: 307, {"location": elsewhere.url}
        post.happens("app_1")
        post.carry()
        assert elsewhere.got == []
    assert post.deliveries(webhook)[0].last_code == 307


def test_a_bank_that_is_down_for_six_hours_gets_everything_in_order(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    endpoint.answer = lambda _got: 500
    for half_hour in range(12):
        post.happens(*[f"app_{half_hour % 7}"] * 6)
        post.carry()
        post.later(minutes=30)
    assert len(endpoint.got) == 12
    endpoint.got.clear()
    endpoint.answer = lambda _got: 200
    for _ in range(4):
        post.carry()
    assert post.state(webhook).waiting == 0
    positions = [got.told["data"]["position"] for got in endpoint.got]
    assert len(positions) == 72
    for subject in range(7):
        own = [
            g.told["data"]["position"] for g in endpoint.got if g.told["data"]["subject"] == f"app_{subject}"
        ]
        assert own == sorted(own)
    assert not any(got.told["data"]["late"] for got in endpoint.got)


def test_what_is_never_taken_is_dead_in_the_end_and_can_be_sent_again(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    endpoint.answer = lambda got: 422 if got.told["data"]["position"] == 1 else 200
    post.happens("app_1", "app_1", "app_2")
    began: Any = post.database.clock.now()
    tries = 0
    while not (dead := post.deliveries(webhook, DeliveryStatus.DEAD)):
        post.carry()
        post.later(seconds=10 if tries == 0 else 0, hours=0 if tries == 0 else 2)
        tries += 1
    post.carry()
    assert endpoint.subjects[:2] == ["app_1", "app_2"]
    assert endpoint.subjects[-1] == "app_1"
    assert [(one.position, one.last_code) for one in dead] == [(1, 422)]
    # A try that a busy machine did not let through is made again; the last pause before the end is a day.
    assert timedelta(days=3) < dead[0].ended_at - dead[0].since < timedelta(days=5)
    assert 8 <= dead[0].attempts <= 10
    endpoint.answer = lambda _got: 200
    asked = Redelivery(dead_since=began)
    assert post.act(webhooks.redeliver, MANAGER, webhook.id, asked).count == 1
    post.carry()
    assert post.state(webhook).dead == 0
    last = endpoint.got[-1].told["data"]
    assert (last["position"], last["late"]) == (1, True)


def test_one_delivery_can_be_asked_for_again(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    post.happens("app_1")
    post.carry()
    done = post.deliveries(webhook)[0]
    post.act(webhooks.redeliver, MANAGER, webhook.id, Redelivery(delivery_id=done.id))
    post.carry()
    assert len(endpoint.got) == 2
    with pytest.raises(NotFound):
        post.act(webhooks.redeliver, MANAGER, webhook.id, Redelivery(delivery_id="dlv_none"))


def test_something_newer_of_a_subject_waits_for_the_older_and_others_do_not(
    post: Post, endpoint: Receiver
) -> None:
    post.registered(endpoint.url)
    endpoint.answer = lambda got: 400 if got.told["data"]["position"] == 1 else 200
    post.happens("app_1", "app_1", "app_2")
    post.carry()
    assert endpoint.subjects == ["app_1", "app_2"]
    endpoint.answer = lambda _got: 200
    post.later(seconds=7)
    post.carry()
    assert endpoint.subjects == ["app_1", "app_2", "app_1", "app_1"]


@contextmanager
def hanging() -> Iterator[Receiver]:
    """An endpoint that answers nobody within the block."""
    let_go = threading.Event()

    def hang(_got: Got) -> int:
        let_go.wait(patience.SECONDS)
        return 200

    with receiving(answer=hang) as receiver:
        yield receiver
        let_go.set()


def test_a_bank_that_hangs_delays_no_other(post: Post, endpoint: Receiver) -> None:
    with hanging() as theirs:
        post.registered(theirs.url, by=THEIR_MANAGER)
        post.registered(endpoint.url)
        post.happens("app_theirs", bank=OTHER_BANK)
        post.happens("app_1", "app_2", "app_3")
        post.courier.run()
        deadline = time.monotonic() + patience.SECONDS
        while len(endpoint.got) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        assert endpoint.subjects == ["app_1", "app_2", "app_3"]
        assert (post.courier.busy, theirs.got) == (True, [])  # the one that hangs still does
    post.carry()


def test_a_bank_that_hangs_has_failed(database: Database, post: Post) -> None:
    impatient = Post(database, Courier(database, LOOPBACK, seconds=0.5))
    with hanging() as theirs:
        webhook = post.registered(theirs.url)[0]
        post.happens("app_1")
        impatient.carry()
    [failed] = post.deliveries(webhook)
    assert (failed.attempts, failed.last_code) == (1, None)
    assert "Timeout" in failed.last_error


def test_nobody_there_is_a_failure_with_its_reason(post: Post) -> None:
    with receiving() as gone:
        url = gone.url
    webhook, _ = post.registered(url)
    post.happens("app_1")
    post.carry()
    assert "Connect" in post.deliveries(webhook)[0].last_error
    assert post.state(webhook).webhook.failures == 1


def test_while_it_is_paused_notices_wait_and_then_all_arrive(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    post.act(webhooks.pause_webhook, MANAGER, webhook.id)
    post.happens("app_1", "app_2")
    post.carry()
    assert endpoint.got == []
    assert post.state(webhook).waiting == 2
    post.act(webhooks.resume_webhook, MANAGER, webhook.id)
    post.carry()
    assert endpoint.subjects == ["app_1", "app_2"]


def test_an_endpoint_that_is_gone_is_paused(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    endpoint.answer = lambda _got: 410
    post.happens("app_1")
    post.carry()
    assert post.state(webhook).webhook.status is WebhookStatus.PAUSED
    assert "410" in post.state(webhook).webhook.note


def test_after_its_deletion_nothing_is_sent(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    post.happens("app_1")
    post.act(webhooks.delete_webhook, MANAGER, webhook.id)
    post.carry()
    assert endpoint.got == []
    with pytest.raises(NotFound):
        post.state(webhook)


def test_a_ping_tells_what_came_back(post: Post, endpoint: Receiver) -> None:
    webhook, secret = post.registered(endpoint.url)
    assert post.courier.ping(webhook) == Answered(code=204)
    assert endpoint.got[0].told["type"] == "webhook.ping"
    assert fits(secret, endpoint.got[0])
    assert post.deliveries(webhook) == ()


def test_a_process_that_died_while_sending_is_replaced(post: Post, endpoint: Receiver) -> None:
    webhook, _ = post.registered(endpoint.url)
    post.happens("app_1")
    assert deliveries.claim(post.database, webhook.id)  # and nothing more is heard of it
    post.carry()
    assert endpoint.got == []
    post.later(seconds=61)
    post.carry()
    assert endpoint.subjects == ["app_1"]


def test_of_two_replicas_one_sends(postgres_url: str) -> None:
    with opened(postgres_url, metadata) as database, receiving() as endpoint:
        post = Post(database, Courier(database, LOOPBACK, seconds=patience.SECONDS))
        webhook, _ = post.registered(endpoint.url)
        post.happens("app_1", "app_2")
        assert sorted(deliveries.claim(database, webhook.id) for _ in range(2)) == [False, True]
        post.later(seconds=61)
        post.carry()
        assert endpoint.subjects == ["app_1", "app_2"]


# Where webhooks may go


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/hook",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://[64:ff9b::a9fe:a9fe]/hook",
        "https://localhost/hook",
        "https://0.0.0.0/hook",
        "https://224.0.0.1/hook",
    ],
)
def test_an_inner_address_is_refused_when_it_is_registered(post: Post, url: str) -> None:
    with pytest.raises(Violation) as refused:
        post.act(webhooks.register_webhook, MANAGER, NewWebhook(url=url), Gate())
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/", "https://", "https://u:p@example.com/", "https://example.com/#x", "https://[x/"],
)
def test_what_is_no_address_of_an_endpoint_is_refused(url: str) -> None:
    with pytest.raises(Violation):
        NewWebhook(url=url)


def test_a_name_that_leads_inside_is_found_out_when_it_is_connected_to(
    post: Post, endpoint: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are resolved again at each connection, so it is no use to be honest only when registering."""
    webhook, _ = post.registered(f"http://bank.example:{endpoint.port}/hook")
    inside = [(2, 1, 6, "", ("127.0.0.1", endpoint.port))]
    monkeypatch.setattr("libs.chassis.outward.socket.getaddrinfo", lambda *_args, **_more: inside)
    post.courier.gate = Gate()
    post.happens("app_1")
    post.carry()
    assert endpoint.got == []
    assert "not allowed here" in post.deliveries(webhook)[0].last_error


# Who may


def test_a_manager_of_the_head_office_alone_decides_where_notices_go(post: Post, endpoint: Receiver) -> None:
    with pytest.raises(Forbidden):
        post.act(webhooks.register_webhook, OFFICER, NewWebhook(url=endpoint.url), LOOPBACK)
    webhook, _ = post.registered(endpoint.url)
    assert [state.webhook for state in post.ask(webhooks.list_webhooks, OFFICER).items] == [webhook]
    for operation in (webhooks.pause_webhook, webhooks.delete_webhook, webhooks.rotate_secret):
        with pytest.raises(NotFound):
            post.act(operation, THEIR_MANAGER, webhook.id)


def test_a_bank_has_ten_webhooks_at_most(post: Post, endpoint: Receiver) -> None:
    for _ in range(10):
        post.registered(endpoint.url)
    with pytest.raises(Conflict):
        post.registered(endpoint.url)
    with post.database.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(webhook_table)) == 10


def test_one_notice_that_breaks_the_endpoint_stops_no_other_for_long(post: Post, endpoint: Receiver) -> None:
    post.registered(endpoint.url)
    endpoint.answer = lambda got: 500 if got.told["data"]["position"] == 1 else 200
    post.happens("app_1")
    for _ in range(5):
        post.carry()
        post.later(hours=1)
    post.happens("app_2")
    post.carry()
    assert endpoint.subjects[-1] == "app_2"
