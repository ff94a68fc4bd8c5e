"""The bank's webhooks over HTTP."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request

from libs.chassis.http import Caller, door_of
from services.lending.courier import Courier
from services.lending.domain.webhook import (
    Answered,
    DeliveryPage,
    DeliveryStatus,
    NewWebhook,
    Redelivered,
    Redelivery,
    Webhook,
    WebhookList,
    WebhookSecret,
    WebhookState,
)
from services.lending.http import examples
from services.lending.http.paging import Cursor, Limit
from services.lending.operations import webhooks

router = APIRouter(prefix="/v1")


@dataclass(frozen=True)
class Parts:
    courier: Courier


def parts(request: Request) -> Parts:
    return cast(Parts, door_of(request).parts)


Having = Annotated[Parts, Depends(parts)]


@router.post("/webhooks", status_code=201)
def register_webhook(
    body: Annotated[NewWebhook, examples.WEBHOOK], call: Caller, having: Having
) -> WebhookSecret:
    """The secret is shown in this answer alone."""
    return call.write(webhooks.register_webhook, body, having.courier.gate)


@router.get("/webhooks")
def list_webhooks(call: Caller) -> WebhookList:
    """Each with how much waits for it and how much is dead."""
    return call.read(webhooks.list_webhooks)


@router.get("/webhooks/{webhook_id}")
def get_webhook(webhook_id: str, call: Caller) -> WebhookState:
    """With how much waits for it and how much is dead, its failures in a row, and until when it rests."""
    return call.read(webhooks.get_webhook, webhook_id)


@router.delete("/webhooks/{webhook_id}")
def delete_webhook(webhook_id: str, call: Caller) -> Webhook:
    return call.write(webhooks.delete_webhook, webhook_id)


@router.post("/webhooks/{webhook_id}/rotate")
def rotate_secret(webhook_id: str, call: Caller) -> WebhookSecret:
    """A new secret; for a day every message is signed with the old one too."""
    return call.write(webhooks.rotate_secret, webhook_id)


@router.post("/webhooks/{webhook_id}/pause")
def pause_webhook(webhook_id: str, call: Caller) -> Webhook:
    return call.write(webhooks.pause_webhook, webhook_id)


@router.post("/webhooks/{webhook_id}/resume")
def resume_webhook(webhook_id: str, call: Caller) -> Webhook:
    return call.write(webhooks.resume_webhook, webhook_id)


@router.post("/webhooks/{webhook_id}/ping")
def ping_webhook(webhook_id: str, call: Caller, having: Having) -> Answered:
    """Sends `webhook.ping` now and tells what came back. Changes nothing, so that a key has no effect."""
    return having.courier.ping(call.read(webhooks.webhook_to_ping, webhook_id))


@router.get("/webhooks/{webhook_id}/deliveries")
def list_deliveries(
    webhook_id: str,
    call: Caller,
    status: DeliveryStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> DeliveryPage:
    return call.read(webhooks.list_deliveries, webhook_id, status, cursor, limit)


@router.post("/webhooks/{webhook_id}/redeliver")
def redeliver(webhook_id: str, body: Annotated[Redelivery, examples.REDELIVERY], call: Caller) -> Redelivered:
    """One delivery, or all that died since an instant."""
    return call.write(webhooks.redeliver, webhook_id, body)
