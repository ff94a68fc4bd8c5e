"""Webhooks and what is on its way to them: rows in, domain values out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.lending.domain.feed import Notice
from services.lending.domain.webhook import (
    AWAY,
    Delivery,
    DeliveryPage,
    DeliveryStatus,
    Secrets,
    Webhook,
    WebhookState,
    WebhookStatus,
    wants,
)
from services.lending.store.feed import notices
from services.lending.store.metadata import metadata

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("url", sa.String(500)),
    sa.Column("topic", sa.String(120)),
    sa.Column("types", Document(tuple[str, ...]), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("note", sa.String(200)),
    sa.Column("created_by", sa.String(80), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("resting_until", Instant),
    sa.Column("old_secret_until", Instant),
    sa.Column("secret", Encrypted, nullable=False),
    sa.Column("old_secret", Encrypted),
    sa.Column("held_until", Instant),  # by the process that is sending to it just now
    sa.Index("ix_webhooks_bank", "bank"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("webhook", sa.String(40), sa.ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    sa.Column("notice", sa.String(40), sa.ForeignKey("notices.id"), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("tried_at", Instant),
    sa.Column("last_code", sa.Integer),
    sa.Column("last_error", sa.String(300)),
    sa.Column("ended_at", Instant),
    sa.UniqueConstraint("webhook", "position"),
    sa.Index("ix_deliveries_webhook_id", "webhook", "id"),
    sa.Index("ix_deliveries_webhook_subject", "webhook", "subject", "position"),
    sa.Index("ix_deliveries_ended_at", "status", "ended_at"),
)
_elder = deliveries.alias("older")
_pending = deliveries.c.status == DeliveryStatus.PENDING
sa.Index(
    "ix_deliveries_pending",
    deliveries.c.webhook,
    deliveries.c.position,
    sqlite_where=sa.text("status = 'PENDING'"),
    postgresql_where=sa.text("status = 'PENDING'"),
)


def insert(tx: WriteTx, webhook: Webhook, secret: str) -> None:
    tx.execute(sa.insert(webhooks).values(to_row(webhook) | {"secret": secret}))


def update(tx: WriteTx, webhook: Webhook, **more: Any) -> None:
    tx.execute(sa.update(webhooks).where(webhooks.c.id == webhook.id).values(to_row(webhook) | more))


def delete(tx: WriteTx, webhook_id: str) -> None:
    tx.execute(sa.delete(deliveries).where(deliveries.c.webhook == webhook_id))
    tx.execute(sa.delete(webhooks).where(webhooks.c.id == webhook_id))


def find(tx: ReadTx, bank: str, webhook_id: str) -> Webhook:
    """One of the bank's; of others it learns not even that they are there."""
    row = tx.row(sa.select(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.bank == bank))
    if row is None:
        raise NotFound(f"There is no webhook {webhook_id}.", field="webhook_id")
    return from_row(Webhook, row)


def lookup(tx: ReadTx, webhook_id: str) -> Webhook | None:
    row = tx.row(sa.select(webhooks).where(webhooks.c.id == webhook_id))
    return None if row is None else from_row(Webhook, row)


def to_change(tx: WriteTx, webhook_id: str) -> Webhook | None:
    """The webhook, locked; None where it was deleted."""
    rows = tx.lock_rows(sa.select(webhooks).where(webhooks.c.id == webhook_id))
    return from_row(Webhook, rows[0]) if rows else None


def secrets_of(tx: ReadTx, webhook_id: str) -> Secrets:
    query = sa.select(webhooks.c.secret, webhooks.c.old_secret, webhooks.c.old_secret_until)
    row = tx.execute(query.where(webhooks.c.id == webhook_id)).one()
    return Secrets(present=row.secret, old=row.old_secret, old_until=row.old_secret_until)


def of_bank(tx: ReadTx, bank: str) -> tuple[Webhook, ...]:
    query = sa.select(webhooks).where(webhooks.c.bank == bank).order_by(webhooks.c.id)
    return tuple(from_row(Webhook, row) for row in tx.rows(query))


def state_of(tx: ReadTx, webhook: Webhook) -> WebhookState:
    counted = sa.select(deliveries.c.status, sa.func.count().label("many")).group_by(deliveries.c.status)
    open_ones = deliveries.c.status.in_((DeliveryStatus.PENDING, DeliveryStatus.DEAD))
    counts = {
        row.status: int(row.many)
        for row in tx.rows(counted.where(deliveries.c.webhook == webhook.id, open_ones))
    }
    waiting, dead = counts.get(DeliveryStatus.PENDING, 0), counts.get(DeliveryStatus.DEAD, 0)
    return WebhookState(webhook=webhook, waiting=waiting, dead=dead)


def fan_out(tx: WriteTx, bank: str, fresh: Sequence[sa.Row[Any]], after: int) -> None:
    """A delivery of each notice, in their order from `after` on, to each of the bank's webhooks that wants it."""
    rows = [
        _delivery_row(tx, webhook.id, notice, position)
        for webhook in of_bank(tx, bank)
        for position, notice in enumerate(fresh, after + 1)
        if wants(webhook, notice.type)
    ]
    if rows:
        tx.execute(sa.insert(deliveries), rows)


def _delivery_row(tx: WriteTx, webhook: str, notice: sa.Row[Any], position: int) -> dict[str, Any]:
    told = {"notice": notice.id, "type": notice.type, "subject": notice.subject, "position": position}
    state = {"status": DeliveryStatus.PENDING, "attempts": 0, "since": tx.now, "due_at": tx.now}
    return told | state | {"id": tx.new_id("dlv"), "webhook": webhook}


def with_work(tx: ReadTx) -> tuple[str, ...]:
    """Webhooks that have something due and may be sent to now, in no order: none is always the last."""
    timely = sa.or_(deliveries.c.due_at <= tx.now, webhooks.c.failures >= AWAY)
    waiting = sa.exists().where(deliveries.c.webhook == webhooks.c.id, _pending, timely)
    query = sa.select(webhooks.c.id).where(_free(tx.now), waiting).order_by(sa.func.random())
    return tuple(row.id for row in tx.rows(query))


def hold(tx: WriteTx, webhook_id: str, until: datetime) -> bool:
    """Be the one that sends to it; whether it was free."""
    mine = sa.update(webhooks).where(webhooks.c.id == webhook_id, _free(tx.now))
    return tx.execute(mine.values(held_until=until)).rowcount == 1


def _free(now: datetime) -> sa.ColumnElement[bool]:
    c = webhooks.c
    rested = sa.or_(c.resting_until.is_(None), c.resting_until <= now)
    nobody = sa.or_(c.held_until.is_(None), c.held_until <= now)
    return sa.and_(c.status == WebhookStatus.ACTIVE, rested, nobody)


def due(tx: ReadTx, webhook_id: str, limit: int) -> list[tuple[Delivery, Notice]]:
    """What is due, the oldest first; nothing whose subject has something older waiting for its next try."""
    query = _waiting(webhook_id).where(deliveries.c.due_at <= tx.now, ~_older(_elder.c.due_at > tx.now))
    return _with_notices(tx, query.order_by(deliveries.c.position).limit(limit))


def next_to_try(tx: ReadTx, webhook_id: str) -> list[tuple[Delivery, Notice]]:
    """For an endpoint that is away: whatever of the subjects' oldest was not tried for longest, due or not."""
    longest_ago = sa.nulls_first(deliveries.c.tried_at.asc())
    query = _waiting(webhook_id).where(~_older(sa.true()))
    return _with_notices(tx, query.order_by(longest_ago, deliveries.c.position).limit(1))


def _waiting(webhook_id: str) -> sa.Select[Any]:
    return sa.select(deliveries).where(deliveries.c.webhook == webhook_id, _pending)


def _older(such: sa.ColumnElement[bool]) -> sa.Exists:
    """Whether something older of the same subject waits, and is such."""
    return sa.exists().where(
        _elder.c.webhook == deliveries.c.webhook,
        _elder.c.subject == deliveries.c.subject,
        _elder.c.position < deliveries.c.position,
        _elder.c.status == DeliveryStatus.PENDING,
        such,
    )


def _with_notices(tx: ReadTx, query: sa.Select[Any]) -> list[tuple[Delivery, Notice]]:
    found = [from_row(Delivery, row) for row in tx.rows(query)]
    ids = [delivery.notice for delivery in found]
    told = {row.id: from_row(Notice, row) for row in tx.rows(sa.select(notices).where(notices.c.id.in_(ids)))}
    return [(delivery, told[delivery.notice]) for delivery in found]


def newer_delivered(tx: ReadTx, delivery: Delivery) -> bool:
    """Whether something newer about the subject has gone out already."""
    c = deliveries.c
    newer = sa.exists().where(
        c.webhook == delivery.webhook,
        c.subject == delivery.subject,
        c.position > delivery.position,
        c.status == DeliveryStatus.DELIVERED,
    )
    return bool(tx.scalar(sa.select(newer)))


def let_go(tx: WriteTx, webhook_id: str) -> None:
    tx.execute(sa.update(webhooks).where(webhooks.c.id == webhook_id).values(held_until=None))


def update_delivery(tx: WriteTx, delivery: Delivery) -> None:
    tx.execute(sa.update(deliveries).where(deliveries.c.id == delivery.id).values(to_row(delivery)))


def all_due(tx: WriteTx, webhook_id: str) -> None:
    """Whatever waits for the webhook waits no longer."""
    waiting = sa.update(deliveries).where(deliveries.c.webhook == webhook_id, _pending)
    tx.execute(waiting.where(deliveries.c.due_at > tx.now).values(due_at=tx.now))


def delivery_page(
    tx: ReadTx, webhook_id: str, status: DeliveryStatus | None, cursor: str | None, limit: int
) -> DeliveryPage:
    query = sa.select(deliveries).where(deliveries.c.webhook == webhook_id)
    if status is not None:
        query = query.where(deliveries.c.status == status)
    items, following = page(tx, query, deliveries.c.id, Delivery, cursor, limit)
    return DeliveryPage(items=items, next_cursor=following)


def revive(tx: WriteTx, webhook_id: str, delivery_id: str | None, dead_since: datetime | None) -> int:
    """Send again: this one, or all that died since then. Their time begins anew; how many they are."""
    which = deliveries.c.webhook == webhook_id
    if delivery_id is not None:
        which &= (deliveries.c.id == delivery_id) & (deliveries.c.status != DeliveryStatus.PENDING)
    else:
        which &= (deliveries.c.status == DeliveryStatus.DEAD) & (deliveries.c.ended_at >= dead_since)
    fresh = {"status": DeliveryStatus.PENDING, "since": tx.now, "due_at": tx.now, "ended_at": None}
    return tx.execute(sa.update(deliveries).where(which).values(fresh)).rowcount


def forget_delivered(tx: WriteTx, before: datetime) -> int:
    old = (deliveries.c.status == DeliveryStatus.DELIVERED) & (deliveries.c.ended_at < before)
    return tx.execute(sa.delete(deliveries).where(old)).rowcount
