"""A file that comes in a request, as the body itself or as a part of a form: on disk when it is large, and bounded."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any

from fastapi import Depends, Request

from libs.chassis.http import Caller
from libs.chassis.principal import BANK
from libs.chassis.problems import Invalid
from libs.chassis.uploads import bounded, form_of
from services.lending.domain.intake.files import ENDINGS, MEDIA_TYPES, Format, named

MOST_BYTES = 32 << 20
_IN_MEMORY = 1 << 20
_SPLIT = "Split the products over several files."


@dataclass(frozen=True)
class Upload:
    file: IO[bytes]
    kind: Format
    encoding: str


async def uploaded(request: Request, call: Caller) -> AsyncIterator[Upload]:
    """The file of a bank; Forbidden before it is read from anybody else, Invalid where it is too large or unknown."""
    call.principal.require(*BANK)
    told = _parsed(request.headers.get("content-type", ""))
    if told.get_content_type() == "multipart/form-data":
        async for upload in _of_form(request):
            yield upload
        return
    kind, encoding = _kind(told, ""), _encoding(told)
    with SpooledTemporaryFile[bytes](_IN_MEMORY) as file:
        async for piece in bounded(request, MOST_BYTES, _SPLIT):
            file.write(piece)
        file.seek(0)
        yield Upload(file, kind, encoding)


Uploaded = Annotated[Upload, Depends(uploaded)]

# What the API description says of the body: FastAPI does not see that a dependency reads it.
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"A file of products, {MOST_BYTES >> 20} MiB at most: data/demo/FORMAT.md.",
        "content": {
            **{
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in MEDIA_TYPES
                if "json" not in kind
            },
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


async def _of_form(request: Request) -> AsyncIterator[Upload]:
    async with form_of(request, MOST_BYTES, _SPLIT) as (sent, _form):
        told = _parsed(sent.content_type or "")
        yield Upload(sent.file, _kind(told, sent.filename or ""), _encoding(told))


def _parsed(content_type: str) -> Message:
    told = Message()
    told["content-type"] = content_type
    return told


def _kind(told: Message, name: str) -> Format:
    kind = named(name) or MEDIA_TYPES.get(told.get_content_type())
    if kind is None:
        mend = f"Send one of {', '.join(MEDIA_TYPES)}; or a form with a file named {', '.join(ENDINGS)}."
        raise Invalid("The format of the file is not known.", field="Content-Type", mend=mend)
    return kind


def _encoding(told: Message) -> str:
    return told.get_content_charset("utf-8")
