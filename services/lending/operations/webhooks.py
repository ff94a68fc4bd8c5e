"""A bank's webhooks: where its notices go, under which secret; and those that did not arrive."""

import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.outward import Gate, Refused
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Conflict, NotFound
from libs.criteria.violation import Violation
from services.lending.domain import webhook as rules
from services.lending.domain.webhook import (
    Channel,
    DeliveryPage,
    DeliveryStatus,
    NewWebhook,
    Redelivered,
    Redelivery,
    Webhook,
    WebhookList,
    WebhookSecret,
    WebhookState,
    WebhookStatus,
)
from services.lending.operations import rights
from services.lending.store import webhooks as webhook_store

_MOST = 10  # webhooks of one bank: each notice is kept once for each
_SECRET_BYTES = 32


def register_webhook(tx: WriteTx, by: Principal, new: NewWebhook, gate: Gate) -> WebhookSecret:
    """A new place for notices, from the next one on. What came before is in the feed."""
    _manager(tx, by)
    if new.url is not None:
        _check_host(gate, new.url)
    _check_room(webhook_store.of_bank(tx, by.organisation), new)
    webhook = _webhook_of(tx, by, new)
    secret = rules.secret_of(secrets.token_bytes(_SECRET_BYTES))
    webhook_store.insert(tx, webhook, secret)
    return WebhookSecret(webhook=webhook, secret=secret if webhook.url else None)


def list_webhooks(tx: ReadTx, by: Principal) -> WebhookList:
    _reader(tx, by)
    mine = webhook_store.of_bank(tx, by.organisation)
    return WebhookList(items=tuple(webhook_store.state_of(tx, webhook) for webhook in mine))


def get_webhook(tx: ReadTx, by: Principal, webhook_id: str) -> WebhookState:
    _reader(tx, by)
    return webhook_store.state_of(tx, webhook_store.find(tx, by.organisation, webhook_id))


def webhook_to_ping(tx: ReadTx, by: Principal, webhook_id: str) -> Webhook:
    _manager(tx, by)
    return webhook_store.find(tx, by.organisation, webhook_id)


def rotate_secret(tx: WriteTx, by: Principal, webhook_id: str) -> WebhookSecret:
    """A new secret. The one before it signs too for a day, so that no message is ever without a known signature."""
    webhook = _own(tx, by, webhook_id)
    if webhook.url is None:
        raise Conflict("A KAFKA channel has no secret.", mend="Its broker says who may read.")
    fresh = rules.secret_of(secrets.token_bytes(_SECRET_BYTES))
    after = rules.rotated(webhook_store.secrets_of(tx, webhook_id), fresh, tx.now)
    changed = replace(webhook, old_secret_until=after.old_until)
    webhook_store.update(tx, changed, secret=after.present, old_secret=after.old)
    return WebhookSecret(webhook=changed, secret=fresh)


def pause_webhook(tx: WriteTx, by: Principal, webhook_id: str) -> Webhook:
    """Nothing is sent; what happens meanwhile waits."""
    return _kept(tx, replace(_own(tx, by, webhook_id), status=WebhookStatus.PAUSED, note=None))


def resume_webhook(tx: WriteTx, by: Principal, webhook_id: str) -> Webhook:
    """All that waited is sent, at once and in order."""
    webhook = _own(tx, by, webhook_id)
    webhook_store.all_due(tx, webhook_id)
    return _kept(tx, replace(webhook, status=WebhookStatus.ACTIVE, note=None, failures=0, resting_until=None))


def delete_webhook(tx: WriteTx, by: Principal, webhook_id: str) -> Webhook:
    """Gone, with what was on its way; the feed has it all."""
    webhook = _own(tx, by, webhook_id)
    webhook_store.delete(tx, webhook_id)
    return webhook


def list_deliveries(
    tx: ReadTx,
    by: Principal,
    webhook_id: str,
    status: DeliveryStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> DeliveryPage:
    """The newest first: tries, the last answer, and when the next try is due. Delivered ones are kept for 30 days."""
    _reader(tx, by)
    webhook_store.find(tx, by.organisation, webhook_id)
    return webhook_store.delivery_page(tx, webhook_id, status, cursor, limit)


def redeliver(tx: WriteTx, by: Principal, webhook_id: str, asked: Redelivery) -> Redelivered:
    """Send again, under the same webhook-id: a receiver that has it already knows it as the same."""
    _own(tx, by, webhook_id)
    count = webhook_store.revive(tx, webhook_id, asked.delivery_id, asked.dead_since)
    if asked.delivery_id is not None and not count:
        raise NotFound(
            f"No delivery {asked.delivery_id} has ended here.",
            field="delivery_id",
            mend="See GET /v1/webhooks/{id}/deliveries; what is PENDING is sent by itself.",
        )
    return Redelivered(count=count)


def _webhook_of(tx: WriteTx, by: Principal, new: NewWebhook) -> Webhook:
    return Webhook(
        id=tx.new_id("whk"),
        bank=by.organisation,
        channel=new.channel,
        url=new.url,
        topic=f"rongqiao.bank.{by.organisation}.v1" if new.channel is Channel.KAFKA else None,
        types=new.types,
        status=WebhookStatus.ACTIVE,
        created_by=by.subject,
        created_at=tx.now,
    )


def _check_room(known: tuple[Webhook, ...], new: NewWebhook) -> None:
    if len(known) >= _MOST:
        raise Conflict(f"The bank has {_MOST} webhooks.", mend="Delete one that is no longer used.")
    if new.channel is Channel.KAFKA and any(other.channel is Channel.KAFKA for other in known):
        raise Conflict("The bank has its topic already.", field="channel", mend="Delete that one first.")


def _check_host(gate: Gate, url: str) -> None:
    parts = urlsplit(url)
    try:
        gate.check_name(parts.hostname or "", plain=parts.scheme == "http")
    except Refused as why:
        mend = "Give an https address on the public internet, or ask the operator to allow your network."
        raise Violation("url", f"{why}.", mend) from why


def _own(tx: WriteTx, by: Principal, webhook_id: str) -> Webhook:
    _manager(tx, by)
    webhook_store.find(tx, by.organisation, webhook_id)
    webhook = webhook_store.to_change(tx, webhook_id)
    if webhook is None:
        raise NotFound(f"There is no webhook {webhook_id}.", field="webhook_id")
    return webhook


def _kept(tx: WriteTx, webhook: Webhook) -> Webhook:
    webhook_store.update(tx, webhook)
    return webhook


def _manager(tx: ReadTx, by: Principal) -> None:
    by.require(Role.BANK_MANAGER)
    rights.may_act(tx, by, by.organisation, None)


def _reader(tx: ReadTx, by: Principal) -> None:
    by.require(*BANK)
    rights.may_see(tx, by, by.organisation, None)
