"""Documents of a party's file. Collection: documents; uploads and lists are under parties."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response

from libs.chassis import codec
from libs.chassis.http import Caller
from libs.chassis.principal import Role
from libs.chassis.uploads import form_of
from services.credit.domain.content import ENDINGS, MEDIA_TYPES, TAKEN
from services.credit.domain.documents import Document, DocumentKind, DocumentList, NewDocument, Uploaded
from services.credit.http.parts import TheArchive
from services.credit.operations import documents
from services.credit.operations.documents import Opening

router = APIRouter(prefix="/v1")

Version = Annotated[int | None, Query(description="Unset: the newest that you may have", ge=1, le=1_000_000)]

_OVERHEAD = 64 << 10  # of the form around a file
_SMALLER = "Scan it in black and white or at 200 dpi, or split it."


@dataclass(frozen=True)
class Sent:
    new: NewDocument
    file: IO[bytes]


async def sent(request: Request, call: Caller, archive: TheArchive) -> AsyncIterator[Sent]:
    """The form of a firm; Forbidden before it is read from anybody else."""
    call.principal.require(Role.SME)
    most = archive.most_bytes(call) + _OVERHEAD
    async with form_of(request, most, _SMALLER) as (file, form):
        told = {name: text for name, text in form.items() if name != "file" and text != ""}
        new = codec.load(NewDocument, told | {"file_name": file.filename or ""})
        yield Sent(new, file.file)


# What the API description says of the body: FastAPI does not see that a dependency reads it.
_DAY = {"type": "string", "format": "date"}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"One file: {TAKEN}, 20 MiB at most. What it is, its content says, never its name.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["kind", "file"],
                    "properties": {
                        "kind": {"type": "string", "enum": list(DocumentKind)},
                        "title": {"type": "string", "description": "Tells documents of one kind apart"},
                        "covers_from": _DAY,
                        "covers_until": _DAY,
                        "issued_on": _DAY,
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


@router.post("/parties/{party}/documents", status_code=201, openapi_extra=_FORM)
def put_document(
    party: str, body: Annotated[Sent, Depends(sent)], call: Caller, archive: TheArchive
) -> Uploaded:
    """A new document, the next version of one (same kind and title), or one that is known (same bytes)."""
    return archive.put(call, party, body.new, body.file.read())


@router.get("/parties/{party}/documents")
def list_documents(party: str, call: Caller) -> DocumentList:
    return call.each_time().write(documents.list_documents, party)


@router.get("/documents/{document_id}")
def get_document(document_id: str, call: Caller) -> Document:
    """A document and its versions, for the firm and for whom a consent, a mandate or a decision opens it."""
    return call.each_time().write(documents.get_document, document_id)


@router.get("/documents/{document_id}/content", response_class=Response)
def get_content(document_id: str, call: Caller, archive: TheArchive, version: Version = None) -> Response:
    """The file itself. Every download is shown to the firm."""
    opening, content = archive.get(call, document_id, version)
    return Response(content, headers=_headers(opening), media_type=MEDIA_TYPES[opening.format])


@router.post("/documents/{document_id}/withdraw")
def withdraw_document(document_id: str, call: Caller) -> Document:
    """The content of every version is destroyed at once."""
    return call.write(documents.withdraw_document, document_id)


def _headers(opening: Opening) -> dict[str, str]:
    """It is saved, never shown as a page of this platform, and kept by nobody on the way."""
    plain = f"document{ENDINGS[opening.format][0]}"
    name = quote(opening.file_name, safe="")
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
        "Document-State": opening.state,
        "Document-Version": str(opening.version),
        "Document-SHA256": opening.sha256,
    }
