"""Sending notices to webhooks: each try outside any transaction, its outcome in one of its own."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.chassis.database import Database, ReadTx, WriteTx
from services.lending.domain import webhook as rules
from services.lending.domain.feed import Notice
from services.lending.domain.webhook import Answered, Delivery, Secrets, Webhook, WebhookStatus
from services.lending.store import webhooks as webhook_store

KEPT = timedelta(days=30)  # a delivered one, for whoever wonders what was sent
_HELD = timedelta(minutes=1)  # longer than one try: a process that died is replaced after it
_AT_ONCE = 50


@dataclass(frozen=True)
class Message:
    """A notice for one webhook, ready to be sent."""

    webhook: Webhook
    secrets: Secrets
    notice: Notice
    late: bool
    at: datetime


Send = Callable[[Message], Answered]


def with_work(database: Database) -> tuple[str, ...]:
    with database.read() as tx:
        return webhook_store.with_work(tx)


def claim(database: Database, webhook_id: str) -> bool:
    """Be the one of all replicas that sends to it."""
    return database.transact(lambda tx: webhook_store.hold(tx, webhook_id, tx.now + _HELD))


def send_due(database: Database, webhook_id: str, send: Send) -> int:
    """Send a batch of what is due to a claimed webhook, until the endpoint fails; how many arrived.

    What is refused by an endpoint that is well keeps back only its own subject.
    """
    with database.read() as tx:
        batch = _batch(tx, webhook_id)
    arrived, kept_back = 0, set[str]()
    for delivery, notice in batch:
        if notice.subject in kept_back:
            continue
        answered = _send_one(database, delivery, notice, send)
        if answered is None or not answered.alive:
            break
        arrived += answered.good
        if not answered.good:
            kept_back.add(notice.subject)
    database.transact(lambda tx: webhook_store.let_go(tx, webhook_id))
    return arrived


def _batch(tx: ReadTx, webhook_id: str) -> list[tuple[Delivery, Notice]]:
    webhook = webhook_store.lookup(tx, webhook_id)
    if webhook is None:
        return []
    if rules.is_away(webhook):
        return webhook_store.next_to_try(tx, webhook_id)
    return webhook_store.due(tx, webhook_id, _AT_ONCE)


def _send_one(database: Database, delivery: Delivery, notice: Notice, send: Send) -> Answered | None:
    """None where the webhook was paused or deleted meanwhile."""
    with database.read() as tx:
        message = _message(tx, delivery, notice)
    if message is None or message.webhook.status is not WebhookStatus.ACTIVE:
        return None
    answered = send(message)
    database.transact(lambda tx: record(tx, delivery, answered, random.random()))
    return answered


def record(tx: WriteTx, delivery: Delivery, answered: Answered, jitter: float) -> None:
    """What one try came to, for the delivery and for the webhook; a deleted one wants to know nothing."""
    webhook = webhook_store.to_change(tx, delivery.webhook)
    if webhook is None:
        return
    webhook_store.update_delivery(tx, rules.after_try(delivery, answered, jitter, tx.now))
    after = rules.webhook_after_try(webhook, answered, jitter, tx.now)
    webhook_store.update(tx, after, held_until=tx.now + _HELD)
    if rules.is_away(webhook) and answered.alive:
        webhook_store.all_due(tx, webhook.id)


def ping(database: Database, webhook: Webhook, send: Send) -> Answered:
    """A message of no consequence, now, whatever else waits: `webhook.ping`."""
    notice_id = database.ids("ntc")
    with database.read() as tx:
        secrets = webhook_store.secrets_of(tx, webhook.id)
        now = tx.now
    notice = Notice(id=notice_id, position=0, type="webhook.ping", subject=webhook.id, at=now, data={})
    return send(Message(webhook, secrets, notice, late=False, at=now))


def forget_delivered(tx: WriteTx) -> int:
    return webhook_store.forget_delivered(tx, tx.now - KEPT)


def _message(tx: ReadTx, delivery: Delivery, notice: Notice) -> Message | None:
    webhook = webhook_store.lookup(tx, delivery.webhook)
    if webhook is None:
        return None
    secrets = webhook_store.secrets_of(tx, webhook.id)
    return Message(webhook, secrets, notice, webhook_store.newer_delivered(tx, delivery), tx.now)
