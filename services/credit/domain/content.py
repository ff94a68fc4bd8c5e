"""What a file is, by its content, never by its name: one of a few formats, whole, not locked, nothing else at once.

A scanner looks for malware; here is refused what nobody could open, or what two programs would read differently.
"""

import logging
import zlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from io import BytesIO
from typing import Any, cast

import puremagic

from libs.criteria.violation import Violation
from services.credit.domain import packed
from services.credit.domain.packed import FIELD, odd

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells the log what stands in a broken file


class ContentFormat(StrEnum):
    PDF = "PDF"
    PNG = "PNG"
    JPEG = "JPEG"
    XLSX = "XLSX"
    DOCX = "DOCX"
    OFD = "OFD"
    XML = "XML"


_OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES: Mapping[ContentFormat, str] = {
    ContentFormat.PDF: "application/pdf",
    ContentFormat.PNG: "image/png",
    ContentFormat.JPEG: "image/jpeg",
    ContentFormat.XLSX: f"{_OFFICE}spreadsheetml.sheet",
    ContentFormat.DOCX: f"{_OFFICE}wordprocessingml.document",
    ContentFormat.OFD: "application/ofd",
    ContentFormat.XML: "application/xml",
}
ENDINGS: Mapping[ContentFormat, tuple[str, ...]] = {
    kind: (".jpg", ".jpeg") if kind is ContentFormat.JPEG else (f".{kind.lower()}",) for kind in ContentFormat
}
TAKEN = ", ".join(ContentFormat)

_HEAD = 4096  # bytes in which a browser or a reader looks for another format
_BOM = b"\xef\xbb\xbf"


def recognised(content: bytes) -> ContentFormat:
    """The format of a whole file; Violation where it is none of ours, or something is odd about it."""
    if not content:
        raise Violation(FIELD, "The file is empty.", "Choose the file again.")
    check = _check_of(content)
    if check is None:
        raise Violation(FIELD, f"The file is {_told(content)}.", f"Send one of {TAKEN}; print it to PDF.")
    return check(content)


def _check_of(content: bytes) -> Callable[[bytes], ContentFormat] | None:
    if content.startswith(packed.SIGNATURE):
        return lambda whole: ContentFormat(packed.format_of(whole))
    if _is_markup(content):
        return _xml
    found = (_CHECKS.get(match.mime_type) for match in _matches(content))
    return next((check for check in found if check is not None), None)


def _matches(content: bytes) -> list[Any]:
    try:
        return cast("list[Any]", cast(Any, puremagic).magic_string(content))
    except (puremagic.PureError, ValueError):
        return []


def _told(content: bytes) -> str:
    matches = _matches(content)
    return (
        f"{matches[0].name or matches[0].mime_type}, which is not taken" if matches else "of no known format"
    )


def _is_markup(content: bytes) -> bool:
    return content[:_HEAD].removeprefix(_BOM).lstrip().startswith(b"<")


# PDF


_PDF_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)  # what a broken file makes the reader trip over
_ACTIVE = ("/JavaScript", "/Launch")


def _pdf(content: bytes) -> ContentFormat:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    _check_alone(content, b"%PDF-")
    if b"startxref" not in content[-_HEAD:]:
        raise odd("The PDF has no end; it was cut.", "Copy or scan it again.")
    try:
        reader = PdfReader(BytesIO(content))
        locked, pages, acts = reader.is_encrypted, 0, False
        if not locked:
            pages, acts = len(reader.pages), _acts(reader)
    except (PyPdfError, *_PDF_ERRORS) as error:
        raise odd("The PDF cannot be read.", "Print it to a new PDF.") from error
    if locked:
        raise odd("The PDF is encrypted.", "Print it to a new PDF without a password or restrictions.")
    if acts or not pages:
        raise odd("The PDF runs programs, or has no page.", "Print it to a new PDF.")
    return ContentFormat.PDF


def _acts(reader: Any) -> bool:
    """Whether opening it makes a reader do something."""
    root = reader.trailer["/Root"]
    names = root.get("/Names")
    action = root.get("/OpenAction")
    action = action.get_object() if action is not None else None
    starts = isinstance(action, dict) and cast("dict[str, Any]", action).get("/S") in _ACTIVE
    return starts or "/AA" in root or (names is not None and "/JavaScript" in names.get_object())


# Pictures


def _png(content: bytes) -> ContentFormat:
    _check_alone(content, b"\x89PNG\r\n\x1a\n")
    at, kind, first = 8, b"", content[12:16]
    while at < len(content) and kind != b"IEND":
        length = int.from_bytes(content[at : at + 4])
        kind, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(
            content[end - 4 : end]
        ):
            raise odd("The picture is damaged.", "Scan or photograph it again.")
        at = end
    if first != b"IHDR" or kind != b"IEND" or at != len(content):
        raise odd("The picture is cut, or something follows it.", "Save it anew as PNG or JPEG.")
    return ContentFormat.PNG


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA


def _jpeg(content: bytes) -> ContentFormat:
    """Some cameras append a second picture, so that something may follow the end."""
    _check_alone(content, b"\xff\xd8\xff")
    at, marker, framed = 2, 0, False
    while marker != _SCAN and content[at : at + 1] == b"\xff":
        marker = content[at + 1] if at + 1 < len(content) else 0
        framed |= marker in _FRAMES
        at += 1 if marker == 0xFF else 2 + max(2, int.from_bytes(content[at + 2 : at + 4]))
    if marker != _SCAN or not framed or b"\xff\xd9" not in content[at:]:
        raise odd("The picture is damaged or cut.", "Scan or photograph it again.")
    return ContentFormat.JPEG


_CHECKS: Mapping[str, Callable[[bytes], ContentFormat]] = {
    "application/pdf": _pdf,
    "image/png": _png,
    "image/jpeg": _jpeg,
}


def _check_alone(content: bytes, signature: bytes) -> None:
    """It begins as what it is, and neither a browser nor an unpacker would take it for something else."""
    head = content[:_HEAD].lower()
    other = any(
        sign in head[len(signature) :] for sign in (b"%pdf-", b"<html", b"<script", b"<!doctype html")
    )
    if not content.startswith(signature) or other or packed.is_archive(content):
        raise odd("The file is of two formats at once.", "Print it to a new PDF, or save it anew.")


# XML


def _xml(content: bytes) -> ContentFormat:
    packed.check_markup(content)
    return ContentFormat.XML
