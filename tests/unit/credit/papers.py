"""Files of every format that is taken, made here."""

import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

from openpyxl import Workbook
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

OFFICE_MARK = "[Content_Types].xml"


def pdf(text: str = "1", password: str | None = None, script: str | None = None) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_metadata({"/Title": text})
    if script is not None:
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    if password is not None:
        writer.encrypt("", owner_password=password, algorithm="AES-256")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def png(text: str = "1") -> bytes:
    header = struct.pack("!LLBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"tEXt", text.encode()), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("!L", len(body)) + kind + body + struct.pack("!L", zlib.crc32(kind + body))


def jpeg() -> bytes:
    frame = b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF"
        + b"\0" * 10
        + frame
        + b"\xff\xda\x00\x08\x01\x01\0\0\x3f\0\x7f\xff\xd9"
    )


def xlsx() -> bytes:
    book = Workbook()
    book["Sheet"]["A1"] = "营业收入"
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def packed(parts: Mapping[str, bytes | str]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return file.getvalue()


def docx(**more: bytes | str) -> bytes:
    return packed({OFFICE_MARK: "<Types/>", "word/document.xml": "<document>合同</document>", **more})


def ofd() -> bytes:
    return packed({"OFD.xml": "<OFD/>", "Doc_0/Document.xml": "<Document/>"})


def xml(root: str = "<发票><金额>100</金额></发票>") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{root}'.encode()
