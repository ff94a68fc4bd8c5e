"""Carries notices to webhooks: each in a thread of its own, so that a bank that hangs delays no other."""

import threading
from dataclasses import dataclass, field
from ssl import SSLContext

import httpcore

from libs.chassis.database import Database
from libs.chassis.outward import Gate, NoAnswer, Poster, Refused
from services.lending.domain import webhook as rules
from services.lending.domain.webhook import Answered, Webhook
from services.lending.operations import deliveries
from services.lending.operations.deliveries import Message

SECONDS = 10.0  # in which an endpoint has to answer
_AT_ONCE = 16
_LONGEST_ERROR = 300  # characters


@dataclass
class Courier:
    database: Database
    gate: Gate
    seconds: float = SECONDS
    _tls: SSLContext = field(default_factory=httpcore.default_ssl_context)
    _busy: set[str] = field(default_factory=set[str])
    _stopping: bool = False

    @property
    def busy(self) -> bool:
        """Whether something is being sent now."""
        return bool(self._busy)

    def run(self) -> None:
        """Begin with every webhook that has something due and nobody who sends it. Does not wait for their answers."""
        for webhook_id in deliveries.with_work(self.database):
            if self._stopping or len(self._busy) >= _AT_ONCE:
                return
            if webhook_id not in self._busy and deliveries.claim(self.database, webhook_id):
                self._busy.add(webhook_id)
                name = f"webhook {webhook_id}"
                threading.Thread(target=self._carry, args=(webhook_id,), name=name, daemon=True).start()

    def ping(self, webhook: Webhook) -> Answered:
        poster = self._poster()
        try:
            return deliveries.ping(self.database, webhook, lambda message: _post(poster, message))
        finally:
            poster.close()

    def close(self) -> None:
        """Begin with nothing more. What is being sent now is held until its time is over, then sent again."""
        self._stopping = True

    def _carry(self, webhook_id: str) -> None:
        poster = self._poster()
        try:
            deliveries.send_due(self.database, webhook_id, lambda message: _post(poster, message))
        finally:
            poster.close()
            self._busy.discard(webhook_id)

    def _poster(self) -> Poster:
        return Poster(self.gate, self.seconds, self._tls)


def _post(poster: Poster, message: Message) -> Answered:
    notice, webhook = message.notice, message.webhook
    body = rules.body_of(notice, late=message.late)
    headers = rules.headers_of(notice.id, message.at, body, message.secrets.good(message.at))
    try:
        return Answered(code=poster.post(webhook.url or "", body, headers))
    except (Refused, NoAnswer) as why:
        return Answered(error=str(why)[:_LONGEST_ERROR])
