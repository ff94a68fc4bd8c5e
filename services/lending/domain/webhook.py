"""Webhooks: where a bank wants its notices sent, how they are signed, and when a failed one is tried again.

The form is that of Standard Webhooks 1.0 (https://www.standardwebhooks.com): headers `webhook-id`,
`webhook-timestamp` and `webhook-signature`, secrets as `whsec_<base64>`.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.lending.domain.feed import Notice, check_type

OVERLAP = timedelta(days=1)  # both secrets sign after a rotation, so that the bank changes its own in peace
_LONGEST_URL = 500
_PREFIX = "whsec_"

# After the first try, the second, ... and then each day. Whatever fails when it is older than LONGEST_WAIT is dead:
# that is at the tenth try of a notice that alone is refused.
_PAUSES = tuple(timedelta(seconds=s) for s in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
LONGEST_WAIT = timedelta(days=3)

# An endpoint that failed AWAY times in a row is away: it is tried with one notice after another, each time after a
# longer rest, and once it answers all that waits is sent at once, however long its own pause would be.
AWAY = 3
_REST, _LONGEST_REST = timedelta(seconds=1), timedelta(minutes=5)

# Answers that speak of the notice and not of the endpoint, which is there and well.
_REFUSALS = (400, 409, 413, 415, 422)


class Channel(StrEnum):
    HTTPS = "HTTPS"
    KAFKA = "KAFKA"


class WebhookStatus(StrEnum):
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"


class DeliveryStatus(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook(Shape):
    """`types`: such as application.approved, or application.* for all of them; none: every notice.

    A KAFKA channel needs no url: its topic is made for the bank.
    """

    channel: Channel = Channel.HTTPS
    url: str | None = None
    types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.channel is Channel.HTTPS) != (self.url is not None):
            raise Violation(
                "url", "A url belongs to HTTPS, and to it alone.", "Give one for HTTPS, none for KAFKA."
            )
        if self.url is not None:
            _check_url(self.url)
        for place, kind in enumerate(self.types):
            _check_filter(kind, f"types/{place}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(Shape):
    """`failures`: in a row, of whatever was sent. `resting_until`: nothing is sent before."""

    id: str
    bank: str
    channel: Channel
    url: str | None
    topic: str | None
    types: tuple[str, ...]
    status: WebhookStatus
    note: str | None = None
    created_by: str
    created_at: datetime
    failures: int = 0
    resting_until: datetime | None = None
    old_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookState(Shape):
    """A webhook, and how much waits for it or died on the way."""

    webhook: Webhook
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookList(Shape):
    items: tuple[WebhookState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecret(Shape):
    """The secret is shown here and never again; None for KAFKA, where the broker says who may read."""

    webhook: Webhook
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What signs: the present secret, and the one before it while it is still good."""

    present: str = field(repr=False)
    old: str | None = field(default=None, repr=False)
    old_until: datetime | None = None

    def good(self, at: datetime) -> tuple[str, ...]:
        if self.old is None or self.old_until is None or self.old_until <= at:
            return (self.present,)
        return (self.present, self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Shape):
    """One notice on its way to one webhook, `since` when. `due_at`: when it is tried next by itself."""

    id: str
    webhook: str
    notice: str
    position: int
    type: str
    subject: str
    status: DeliveryStatus
    attempts: int = 0
    since: datetime
    due_at: datetime
    tried_at: datetime | None = None
    last_code: int | None = None
    last_error: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage(Shape):
    items: tuple[Delivery, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redelivery(Shape):
    """Which dead or delivered ones to send again: one by its id, or all that died since an instant."""

    delivery_id: str | None = None
    dead_since: datetime | None = None

    def __post_init__(self) -> None:
        if (self.delivery_id is None) == (self.dead_since is None):
            raise Violation("delivery_id", "Say which.", "Give delivery_id or dead_since, not both.")
        if self.dead_since is not None and self.dead_since.tzinfo is None:
            raise Violation("dead_since", "The instant has no time zone.", "Write 2026-11-23T00:00:00Z.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redelivered(Shape):
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Shape):
    """What one try came to: the status, or why there was none. 200 for KAFKA: the log has it."""

    code: int | None = None
    error: str | None = None

    @property
    def good(self) -> bool:
        return self.code is not None and 200 <= self.code < 300

    @property
    def alive(self) -> bool:
        """Whether the endpoint is there, even if it does not want this notice."""
        return self.good or self.code in _REFUSALS


def wants(webhook: Webhook, kind: str) -> bool:
    about = kind.partition(".")[0] + ".*"
    return not webhook.types or kind in webhook.types or about in webhook.types


def secret_of(random: bytes) -> str:
    return _PREFIX + base64.b64encode(random).decode()


def rotated(secrets: Secrets, fresh: str, at: datetime) -> Secrets:
    return Secrets(present=fresh, old=secrets.present, old_until=at + OVERLAP)


def body_of(notice: Notice, *, late: bool) -> bytes:
    """`late`: something newer about the subject has been delivered already."""
    told = {"id": notice.id, "position": notice.position, "subject": notice.subject, "late": late}
    stamp = notice.at.isoformat().replace("+00:00", "Z")
    body = {"type": notice.type, "timestamp": stamp, "data": {**notice.data, **told}}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(message_id: str, at: datetime, body: bytes, secrets: tuple[str, ...]) -> dict[str, str]:
    """One signature for each good secret, parted by spaces: the bank needs to find one that fits."""
    stamp = str(int(at.timestamp()))
    return {
        "content-type": "application/json",
        "user-agent": "rongqiao-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signature(secret, message_id, stamp, body) for secret in secrets),
    }


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def after_try(delivery: Delivery, answered: Answered, jitter: float, at: datetime) -> Delivery:
    """The delivery after one more try; `jitter` is from 0 to 1 and lengthens a pause by up to a fifth."""
    told = {"last_code": answered.code, "last_error": answered.error, "tried_at": at}
    tried = replace(delivery, attempts=delivery.attempts + 1, **told)
    if answered.good:
        return replace(tried, status=DeliveryStatus.DELIVERED, ended_at=at)
    if at - delivery.since > LONGEST_WAIT:
        return replace(tried, status=DeliveryStatus.DEAD, ended_at=at)
    pause = _PAUSES[min(tried.attempts, len(_PAUSES)) - 1]
    return replace(tried, due_at=at + pause * (1 + jitter / 5))


def webhook_after_try(webhook: Webhook, answered: Answered, jitter: float, at: datetime) -> Webhook:
    """A failure lets the endpoint rest, the longer the more came before it; 410 Gone pauses it for good."""
    if answered.alive:
        return replace(webhook, failures=0, resting_until=None)
    rest = min(_LONGEST_REST, _REST * 2 ** min(webhook.failures, 12)) * (1 + jitter / 5)
    tired = replace(webhook, failures=webhook.failures + 1, resting_until=at + rest)
    if answered.code == 410:
        return replace(tired, status=WebhookStatus.PAUSED, note="The endpoint answered 410 Gone.")
    return tired


def is_away(webhook: Webhook) -> bool:
    return webhook.failures >= AWAY


def _check_filter(kind: str, field_name: str) -> None:
    try:
        check_type(kind.removesuffix("*") + "any" if kind.endswith(".*") else kind)
    except Violation as wrong:
        raise Violation(field_name, wrong.message, "Write application.approved, or application.*.") from wrong


def _check_url(url: str) -> None:
    mend = f"Give an https address without user, password or fragment, at most {_LONGEST_URL} characters."
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError as wrong:
        raise Violation("url", f"This is no address: {wrong}.", mend) from wrong
    printable = url.isascii() and url.isprintable() and " " not in url
    if not sound or not printable or "@" in parts.netloc or parts.fragment or len(url) > _LONGEST_URL:
        raise Violation("url", "This address cannot be called.", mend)
