"""The envelope: CloudEvents 1.0 in Kafka's binary mode, with the aggregate's version as `ce_sequence`."""

import builtins
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

CONTENT_TYPE = "application/protobuf"
_SPEC_VERSION = "1.0"
_GREATEST = 2**63 - 1  # what a database can hold as a sequence
_UNREADABLE = "rongqiao.Unreadable"

Headers = list[tuple[str, bytes]]


class WrongType(Exception):
    """A handler asked for another message than the event carries."""


class Malformed(Exception):
    """A record whose headers do not make an envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One message on its way. `sequence` counts the events of `subject` on `topic` from 1, without holes."""

    topic: str
    subject: str
    sequence: int
    id: str
    type: str  # full name of the protobuf message in `data`
    source: str
    time: datetime  # aware, UTC: when the transaction that emitted it began
    data: bytes
    traceparent: str | None = None

    @property
    def readable(self) -> bool:
        return self.type != _UNREADABLE

    def decode(self, kind: builtins.type[M]) -> M:
        """The message; WrongType when it is of another type, protobuf's DecodeError when the bytes are broken."""
        expected = kind.DESCRIPTOR.full_name
        if self.type != expected:
            raise WrongType(f"{self.topic}: the event is a {self.type}, the handler expects a {expected}")
        return kind.FromString(self.data)


def to_headers(event: Event) -> Headers:
    texts = {
        "ce_specversion": _SPEC_VERSION,
        "ce_id": event.id,
        "ce_type": event.type,
        "ce_source": event.source,
        "ce_subject": event.subject,
        "ce_time": event.time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "ce_sequence": str(event.sequence),
        "content-type": CONTENT_TYPE,
    } | ({"traceparent": event.traceparent} if event.traceparent else {})
    return [(name, text.encode()) for name, text in texts.items()]


def from_headers(topic: str, headers: Iterable[tuple[str, bytes]], data: bytes) -> Event:
    """The event of a record; Malformed when a header is missing or says something that cannot be."""
    try:
        texts = {name: value.decode() for name, value in headers}
        return _event(topic, texts, data)
    except (KeyError, ValueError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error


def _event(topic: str, texts: dict[str, str], data: bytes) -> Event:
    if texts["ce_specversion"] != _SPEC_VERSION:
        raise ValueError(f"CloudEvents {texts['ce_specversion']} is not spoken here")
    time, sequence = datetime.fromisoformat(texts["ce_time"]), int(texts["ce_sequence"])
    if time.tzinfo is None or not 0 < sequence <= _GREATEST or not all(map(str.isprintable, texts.values())):
        raise ValueError("ce_time needs a zone, ce_sequence counts from 1, and all headers are printable")
    return Event(
        topic=topic,
        subject=texts["ce_subject"],
        sequence=sequence,
        id=texts["ce_id"],
        type=texts["ce_type"],
        source=texts["ce_source"],
        time=time.astimezone(UTC),
        data=data,
        traceparent=texts.get("traceparent"),
    )


def unreadable(topic: str, place: str, time: datetime, data: bytes, reason: Malformed) -> Event:
    """A record that is no event, dressed as one so that it can be parked: alone, under its place in the log."""
    return Event(
        topic=topic,
        subject=f"unreadable@{place}",
        sequence=1,
        id="",
        type=_UNREADABLE,
        source=str(reason),
        time=time,
        data=data,
    )
