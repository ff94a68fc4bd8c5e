"""Packed files (Office, OFD) and the markup in them: refused where they are traps for whoever opens them.

A bomb is known before it is unpacked: what the directory promises is bounded and summed, parts that overlap or lie
about their size are found by the file's own length and by their check sums.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import IO
from xml.parsers import expat

from libs.criteria.violation import Violation

FIELD = "file"
SIGNATURE = b"PK\x03\x04"

_MOST_PARTS = 5_000
_MOST_BYTES = 256 << 20  # unpacked, all together
_MOST_TIMES = 200  # a part may unpack to so many times its size
_PIECE = 1 << 20
_END = b"PK\x05\x06"
_END_LENGTH = 22  # of an end without a comment
_LARGE_END = b"PK\x06\x07"  # before it, in archives of more than 4 GiB
_LARGE_END_LENGTH = 20
_LONGEST_ENTRY = 512  # of the directory
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAIN: Mapping[str, str] = {"xl/workbook.xml": "XLSX", "word/document.xml": "DOCX", "OFD.xml": "OFD"}
_OFFICE_MARK = "[Content_Types].xml"
_PROGRAM = re.compile(
    r"vbaProject\.bin$|/activeX/|\.(exe|dll|js|vbs|jar|bat|cmd|scr|com|ps1|lnk|hta)$", re.IGNORECASE
)
_FOREIGN = frozenset(("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"))
_BETWEEN = " "  # a namespace and a name


def odd(message: str, mend: str) -> Violation:
    return Violation(FIELD, message, mend)


def is_archive(content: bytes) -> bool:
    return zipfile.is_zipfile(BytesIO(content))


def format_of(content: bytes) -> str:
    """XLSX, DOCX or OFD; Violation for any other archive, and for one that nobody should open."""
    _check_end(content)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            kind = _kind(parts)
            _check_frame(content, parts)
            for part in parts:
                _check_part(part)
            _unpack(archive, parts)
            return kind
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError, ValueError) as error:
        raise odd("The file is damaged.", "Save it anew and send it again.") from error


def _kind(parts: list[zipfile.ZipInfo]) -> str:
    names = {part.filename for part in parts}
    kinds = {kind for name, kind in _MAIN.items() if name in names}
    if len(kinds) != 1 or (kinds != {"OFD"} and _OFFICE_MARK not in names):
        raise odd("The file is an archive, and no XLSX, DOCX or OFD.", "Send the files in it one by one.")
    return kinds.pop()


def _check_end(content: bytes) -> None:
    """Before the directory is read: it is the last thing in the file, and no larger than one of a document."""
    end = content[-_END_LENGTH:]
    if not end.startswith(_END) or _LARGE_END in content[-_END_LENGTH - _LARGE_END_LENGTH : -_END_LENGTH]:
        raise odd("Something stands behind the document.", "Save it anew.")
    if int.from_bytes(end[12:16], "little") > _MOST_PARTS * _LONGEST_ENTRY:
        raise odd("The document has too many parts.", "Split it, or print it to PDF.")


def _check_frame(content: bytes, parts: list[zipfile.ZipInfo]) -> None:
    """Nothing stands before the first part, and no two parts share their bytes."""
    if min(part.header_offset for part in parts) != 0:
        raise odd("Something stands before the document.", "Save it anew.")
    promised = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or promised > _MOST_BYTES:
        raise odd("The document unpacks to too much.", "Split it, or print it to PDF.")
    names = [part.filename for part in parts]
    if sum(part.compress_size for part in parts) > len(content) or len(set(names)) != len(names):
        raise odd("Parts of the document overlap.", "Save it anew.")


def _check_part(part: zipfile.ZipInfo) -> None:
    name = part.filename.replace("\\", "/")  # as some writers on Windows separate folders
    if part.flag_bits & 1:
        raise odd("The document is encrypted.", "Save it without a password.")
    if name.startswith("/") or ":" in name or ".." in name.split("/"):
        raise odd("A part of the document leads out of it.", "Save it anew.")
    if _PROGRAM.search(name):
        raise odd("The document contains a program (macros).", "Save it without macros, or print it to PDF.")
    if part.compress_type not in _PACKINGS or part.file_size > _MOST_TIMES * part.compress_size + _PIECE:
        raise odd("A part of the document is packed in a way that documents are not.", "Save it anew.")


def _unpack(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Every part is what the directory says: its length and check sum. Markup among them is well formed."""
    for part in parts:
        with archive.open(part) as file:
            if part.filename.lower().endswith((".xml", ".rels")):
                _read_markup(file, _markup_parser())
            while file.read(_PIECE):
                pass


def check_markup(content: bytes) -> None:
    """Well-formed XML in an encoding that every reader knows, without entities, and no page for browsers."""
    parser = _markup_parser()
    parser.StartElementHandler = _refuse_page
    parser.ProcessingInstructionHandler = _refuse_program
    _read_markup(BytesIO(content), parser)


def _markup_parser() -> expat.XMLParserType:
    """Without a DOCTYPE there are no entities, so nothing grows, and nothing is fetched."""
    parser = expat.ParserCreate(namespace_separator=_BETWEEN)
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _read_markup(file: IO[bytes], parser: expat.XMLParserType) -> None:
    try:
        parser.ParseFile(file)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise odd("The markup is not well formed.", "Export it again, in UTF-8.") from error


def _refuse_doctype(*_told: object) -> None:
    raise odd("The markup declares entities.", "Export it without a DOCTYPE.")


def _refuse_page(name: str, _attributes: object) -> None:
    """Markup for browsers would run where it is opened."""
    space, _, local = name.rpartition(_BETWEEN)
    if space in _FOREIGN or local.lower() in ("html", "script"):
        raise odd("The markup is a page for browsers.", "Print it to PDF.")


def _refuse_program(target: str, _data: str) -> None:
    if target.lower() == "xml-stylesheet":
        raise odd("The markup brings a program to show it.", "Print it to PDF.")
