"""Carries notices to webhooks: each in a thread of its own, so that a bank that hangs delays no other."""

import threading
from dataclasses import dataclass, field
from ssl import SSLContext

import httpcore

from libs.chassis.database import Database
from libs.chassis.outward import Gate
from libs.eventing.transport import Transport
from services.lending.carriers import Carrier
from services.lending.domain.webhook import Answered, Webhook
from services.lending.operations import deliveries

SECONDS = 10.0  # in which an endpoint has to answer
_AT_ONCE = 16


@dataclass
class Courier:
    database: Database
    gate: Gate
    log: Transport | None = None
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
        carrier = self._carrier()
        try:
            return deliveries.ping(self.database, webhook, carrier.send)
        finally:
            carrier.close()

    def close(self) -> None:
        """Begin with nothing more. What is being sent now is held until its time is over, then sent again."""
        self._stopping = True

    def _carry(self, webhook_id: str) -> None:
        carrier = self._carrier()
        try:
            deliveries.send_due(self.database, webhook_id, carrier.send)
        finally:
            carrier.close()
            self._busy.discard(webhook_id)

    def _carrier(self) -> Carrier:
        return Carrier(self.gate, self.seconds, self._tls, self.log)
