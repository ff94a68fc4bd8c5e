"""A delivery that comes as one message: over gRPC, or over its topic."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from libs.chassis.problems import Invalid
from libs.chassis.wire import from_message
from libs.criteria.violation import Violation
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import deliveries_pb2 as pb
from services.credit.domain.delivery import (
    DeliveryKind,
    FactRow,
    FigureRow,
    InvoiceRow,
    NewDelivery,
    RecordRow,
    Row,
    Value,
)
from services.credit.domain.party import Registration

_Read = Callable[[Any], tuple[str, Value]]


def _party(message: credit.PutPartyRequest) -> tuple[str, Value]:
    return message.id, from_message(Registration, message, without=("id",))


def _of(shape: type[Any], field: str) -> _Read:
    def read(message: Message) -> tuple[str, Value]:
        row = from_message(shape, message)
        return row.party, getattr(row, field)

    return read


# Kind -> the list that its rows stand in, and how one is read.
_LISTS: Mapping[DeliveryKind, tuple[str, _Read]] = {
    DeliveryKind.PARTIES: ("parties", _party),
    DeliveryKind.FACTS: ("facts", _of(FactRow, "fact")),
    DeliveryKind.INVOICES: ("invoices", _of(InvoiceRow, "invoice")),
    DeliveryKind.RECORDS: ("records", _of(RecordRow, "record")),
    DeliveryKind.SERIES: ("figures", _of(FigureRow, "figure")),
}
LISTS = tuple(name for name, _ in _LISTS.values())


@dataclass(frozen=True, slots=True)
class Delivered:
    """`problem`: why none of it can be recorded. `content`: what the message hashes to; of it an idempotency key is
    the key."""

    new: NewDelivery
    rows: Sequence[Row]
    problem: Violation | None
    content: str

    def content_hash(self) -> str:
        return self.content


def delivered(message: pb.DataDelivery) -> Delivered:
    """Invalid where the message is no delivery. What is wrong with a row stands in its place."""
    new = from_message(NewDelivery, message, without=LISTS)
    name, read = _LISTS[new.kind]
    others = [other for other in LISTS if other != name and len(getattr(message, other))]
    problem = None
    if others:
        problem = Violation(
            others[0], f"A delivery of {new.kind} has rows in `{name}` alone.", "Send them apart."
        )
    content = hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()
    return Delivered(new, list(_rows(getattr(message, name), read)), problem, content)


def _rows(messages: Iterable[Message], read: _Read) -> Iterator[Row]:
    for number, message in enumerate(messages, 1):
        try:
            yield Row(number, *read(message))
        except Violation as violation:
            yield Row(number, "", violation)
        except Invalid as invalid:
            field = (invalid.field or "/row").removeprefix("/")
            detail = invalid.detail.split("; got ")[0].removesuffix(".")
            yield Row(number, "", Violation(field, f"{detail}.", invalid.mend or ""))
