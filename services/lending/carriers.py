"""How a notice goes out: as a signed HTTP request, or as an event on the bank's own topic."""

from dataclasses import dataclass, field
from ssl import SSLContext

from libs.chassis.outward import Gate, NoAnswer, Poster, Refused
from libs.eventing.envelope import Event
from libs.eventing.outage import Outage
from libs.eventing.topics import Kind, Topic
from libs.eventing.transport import Producer, Transport
from services.lending.domain import webhook as rules
from services.lending.domain.webhook import Answered, Channel, Webhook
from services.lending.messages import notice_event
from services.lending.operations.deliveries import Message

_LONGEST_ERROR = 300  # characters
_KEPT = Answered(code=200)  # the log has it for good


@dataclass
class Carrier:
    """Takes messages to one webhook, over whichever channel it has, on one connection. Not for two threads."""

    gate: Gate
    seconds: float
    tls: SSLContext
    log: Transport | None
    _poster: Poster | None = None
    _producer: Producer | None = None
    _made: set[str] = field(default_factory=set[str])

    def send(self, message: Message) -> Answered:
        try:
            if message.webhook.channel is Channel.KAFKA:
                return self._append(message)
            return self._post(message)
        except (Refused, NoAnswer, Outage) as why:
            return Answered(error=str(why)[:_LONGEST_ERROR])

    def close(self) -> None:
        for open_one in (self._poster, self._producer):
            if open_one is not None:
                open_one.close()

    def _post(self, message: Message) -> Answered:
        notice, webhook = message.notice, message.webhook
        body = rules.body_of(notice, late=message.late)
        headers = rules.headers_of(notice.id, message.at, body, message.secrets.good(message.at))
        if self._poster is None:
            self._poster = Poster(self.gate, self.seconds, self.tls)
        return Answered(code=self._poster.post(webhook.url or "", body, headers))

    def _append(self, message: Message) -> Answered:
        """Every notice is a transaction of its own. A producer that failed is spent, so the carrier ends with it."""
        if self.log is None:
            raise Refused("this process has no log")
        if self._producer is None:
            self.log.ensure_topics([topic_of(message.webhook)])
            self._producer = self.log.producer(f"bank.{message.webhook.id}")
        self._producer.send([_event(message)])
        return _KEPT


def topic_of(webhook: Webhook) -> Topic:
    """One partition: all of a bank's notices in the order of its feed. Who may read it is the brokers' to say."""
    return Topic(webhook.topic or "", Kind.FACT, 1, "lending")


def _event(message: Message) -> Event:
    event = notice_event(message.notice, message.late)
    topic = topic_of(message.webhook)
    return Event(
        topic=topic.name,
        subject=message.notice.subject,
        sequence=max(1, message.notice.position),
        id=message.notice.id,
        type=event.DESCRIPTOR.full_name,
        source=topic.source,
        time=message.notice.at,
        data=event.SerializeToString(),
    )
