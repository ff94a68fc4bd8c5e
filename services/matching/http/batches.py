"""Batches of requests over HTTP. Collection: match-batches."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from hashlib import file_digest
from itertools import chain
from typing import IO, Annotated, Any, cast

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from libs.chassis import codec
from libs.chassis.call import Call
from libs.chassis.http import Caller
from libs.chassis.rows import LONGEST_PAGE
from libs.chassis.uploads import form_of
from services.matching.batch_file import Format, csv_lines, format_of, json_lines, rows
from services.matching.batch_loading import load
from services.matching.domain.batch import (
    Batch,
    BatchPage,
    BatchRow,
    BatchRowPage,
    BatchRowState,
    NewBatch,
    OnError,
)
from services.matching.operations.batches import batches
from services.matching.operations.records import ASKERS

router = APIRouter(prefix="/v1", tags=["match-batches"])

MOST_BYTES = 32 << 20
_SPLIT = "Split the rows over several files."

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]
Cursor = Annotated[
    str | None, Query(description="The `next_cursor` of the page before; none: from the beginning")
]


@dataclass(frozen=True)
class Upload:
    new: NewBatch
    file: IO[bytes]
    kind: Format
    sha256: str


async def uploaded(request: Request, call: Caller) -> AsyncIterator[Upload]:
    """The form; on disk when it is large, and from those who may ask alone."""
    call.principal.require(*ASKERS)
    call.insist_on_key()
    async with form_of(request, MOST_BYTES, _SPLIT) as (sent, form):
        told = {name: value for name, value in form.items() if isinstance(value, str) and value}
        new = codec.load(NewBatch, {"reference": sent.filename or ""} | told)
        kind = format_of(sent.filename or "", sent.content_type or "")
        sent.file.seek(0)
        yield Upload(new, sent.file, kind, file_digest(cast(Any, sent.file), "sha256").hexdigest())


# What the API description says of the body: FastAPI does not see that a dependency reads it.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A CSV in UTF-8 with the columns party, amount_fen, term_months and, if you like, row (your own "
        "name for it) and kinds (with | between them); or JSON lines of the same fields, kinds a list.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "on_error": {"type": "string", "enum": list(OnError), "default": OnError.CONTINUE},
                        "reference": {"type": "string", "description": "Your own name for it"},
                    },
                }
            }
        },
    }
}


@router.post("/match-batches", status_code=201, openapi_extra=_BODY)
def post_batch(asked: Annotated[Upload, Depends(uploaded)], call: Caller) -> Batch:
    """A file of requests, which are worked off while you do something else: look at `GET /v1/match-batches/{id}`. A
    row is answered once; what a file sent again under its key brings is known."""
    batch = call.write(batches.open_batch, asked.new, asked.sha256)
    return load(call.database, batch.id, rows(asked.file, asked.kind))


@router.get("/match-batches")
def list_batches(
    call: Caller,
    reference: Annotated[str | None, Query(description="The sender's own name for it")] = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> BatchPage:
    """The newest first: the organisation's own, for operators also what came over the topic."""
    return call.read(batches.list_batches, reference, cursor, limit)


@router.get("/match-batches/{batch_id}")
def get_batch(batch_id: str, call: Caller) -> Batch:
    """How far it is: how many rows wait, were answered, were refused."""
    return call.read(batches.get_batch, batch_id)


@router.get("/match-batches/{batch_id}/rows")
def list_rows(
    batch_id: str,
    call: Caller,
    state: BatchRowState | None = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> BatchRowPage:
    """What became of each row: its answer in short, or why it has none."""
    return call.read(batches.list_rows, batch_id, state, cursor, limit)


class Csv(StreamingResponse):
    media_type = "text/csv; charset=utf-8"


class JsonLines(StreamingResponse):
    media_type = "application/x-ndjson"


@router.get("/match-batches/{batch_id}/rows.csv", response_class=Csv)
def rows_as_csv(batch_id: str, call: Caller) -> Csv:
    """A line for every row."""
    return Csv(csv_lines(_all_rows(call, batch_id)))


@router.get("/match-batches/{batch_id}/rows.jsonl", response_class=JsonLines)
def rows_as_json_lines(batch_id: str, call: Caller) -> JsonLines:
    """A line for every row."""
    return JsonLines(json_lines(_all_rows(call, batch_id)))


@router.post("/match-batches/{batch_id}/cancel")
def cancel_batch(batch_id: str, call: Caller) -> Batch:
    """Rows that wait are not worked on any more; answers that were given stay."""
    return call.write(batches.cancel_batch, batch_id)


def _all_rows(call: Call, batch_id: str) -> Iterator[BatchRow]:
    """The first page is read at once, so that a refusal is told before the answer has begun."""
    first = call.read(batches.list_rows, batch_id, None, None, LONGEST_PAGE)
    return chain(first.items, _later(call, batch_id, first.next_cursor))


def _later(call: Call, batch_id: str, cursor: str | None) -> Iterator[BatchRow]:
    while cursor is not None:
        page = call.read(batches.list_rows, batch_id, None, cursor, LONGEST_PAGE)
        yield from page.items
        cursor = page.next_cursor
