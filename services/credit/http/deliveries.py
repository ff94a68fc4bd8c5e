"""Deliveries of many rows. Collection: deliveries."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import astuple, dataclass
from itertools import chain
from typing import IO, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from libs.chassis import codec
from libs.chassis.call import Call
from libs.chassis.http import Caller
from libs.chassis.problems import Invalid
from services.credit.domain.bulk import RowState
from services.credit.domain.delivery import Delivery, DeliveryKind, DeliveryPage, NewDelivery, OutcomePage
from services.credit.domain.spans import rows_of
from services.credit.http.parts import Cursor, Limit
from services.credit.intake import files, tables
from services.credit.operations import deliveries

router = APIRouter(prefix="/v1")

_TERMS = ("kind", "source", "covers_until", "reference")
_COLUMNS = ("row", "state", "field", "message", "mend")
_AT_ONCE = 200  # spans


@dataclass(frozen=True)
class Sent:
    new: NewDelivery
    file: IO[bytes]
    sha256: str


async def sent(request: Request, call: Caller) -> AsyncIterator[Sent]:
    """The form; on disk when it is large, and from those who may deliver alone."""
    call.principal.require(*deliveries.CARRIERS)
    async with request.form(max_files=1, max_fields=len(_TERMS)) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("The form holds no file.", field="file", mend="Send the file as the part `file`.")
        told = {name: value for name, value in form.items() if isinstance(value, str) and value}
        named = {"reference": file.filename or ""} | told
        yield Sent(codec.load(NewDelivery, named), file.file, files.digest(file.file))


# What the API description says of the body: FastAPI does not see that a dependency reads it.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A CSV in UTF-8, also packed with gzip, or a Parquet, of any length; its columns are `party` "
        "and those of the kind, in any order.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "kind"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "kind": {"type": "string", "enum": list(DeliveryKind)},
                        "source": {"type": "string", "description": "Who says it"},
                        "covers_until": {"type": "string", "format": "date"},
                        "reference": {"type": "string", "description": "Your own name for it"},
                    },
                }
            }
        },
    }
}


@router.post("/deliveries", status_code=201, openapi_extra=_BODY)
def post_delivery(asked: Annotated[Sent, Depends(sent)], call: Caller) -> Delivery:
    """A file about many parties, in chunks: what was recorded before it broke off stays, and is KNOWN when the file
    is sent again."""
    with files.lines(asked.file) as lines:
        rows = tables.rows(lines, asked.new.kind)
        delivery = call.write(deliveries.open_delivery, asked.new, None, asked.sha256)
        return deliveries.load(call.database, call.principal, delivery, rows)


@router.get("/deliveries")
def list_deliveries(
    call: Caller,
    reference: Annotated[str | None, Query(description="The sender's own name for it")] = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> DeliveryPage:
    """The newest first: the caller's own, for operators also what came over the topic."""
    return call.read(deliveries.list_deliveries, reference, cursor, limit)


@router.get("/deliveries/{delivery_id}")
def get_delivery(delivery_id: str, call: Caller) -> Delivery:
    """How far a delivery is, and how many of its rows were recorded, known or rejected."""
    return call.read(deliveries.get_delivery, delivery_id)


@router.get("/deliveries/{delivery_id}/outcomes")
def list_outcomes(
    delivery_id: str,
    call: Caller,
    state: RowState | None = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> OutcomePage:
    """Neighbours with the same outcome are one span."""
    return call.read(deliveries.list_outcomes, delivery_id, state, cursor, limit)


class Csv(StreamingResponse):
    media_type = "text/csv; charset=utf-8"


@router.get("/deliveries/{delivery_id}/outcomes.csv", response_class=Csv)
def outcome_file(delivery_id: str, call: Caller) -> Csv:
    """A line for every row."""
    first = call.read(deliveries.list_outcomes, delivery_id, None, None, _AT_ONCE)
    return Csv(_lines(chain((first,), _following(call, delivery_id, first))))


def _following(call: Call, delivery_id: str, page: OutcomePage) -> Iterator[OutcomePage]:
    while page.next_cursor is not None:
        page = call.read(deliveries.list_outcomes, delivery_id, None, page.next_cursor, _AT_ONCE)
        yield page


def _lines(pages: Iterator[OutcomePage]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for page in pages:
        for row in rows_of(page.items):
            writer.writerow(astuple(row))
            if text.tell() > 1 << 16:
                yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> str:
    said = text.getvalue()
    text.seek(0)
    text.truncate()
    return said
