"""What a file is, its content says; what is a trap, or two things at once, is refused with a way out."""

import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from services.credit.domain.content import ContentFormat, recognised
from services.credit.domain.documents import LONGEST_NAME, file_name_of
from tests.unit.credit import papers

TAKEN: dict[ContentFormat, Callable[[], bytes]] = {
    ContentFormat.PDF: papers.pdf,
    ContentFormat.PNG: papers.png,
    ContentFormat.JPEG: papers.jpeg,
    ContentFormat.XLSX: papers.xlsx,
    ContentFormat.DOCX: papers.docx,
    ContentFormat.OFD: papers.ofd,
    ContentFormat.XML: papers.xml,
}


@pytest.mark.parametrize("kind", TAKEN)
def test_a_file_is_what_its_content_says(kind: ContentFormat) -> None:
    assert recognised(TAKEN[kind]()) is kind


def test_a_byte_order_mark_before_markup_is_no_harm() -> None:
    assert recognised(b"\xef\xbb\xbf" + papers.xml()) is ContentFormat.XML


def test_folders_may_be_separated_as_windows_does() -> None:
    assert recognised(papers.docx(**{"word\\media\\a.png": papers.png()})) is ContentFormat.DOCX


def locked() -> bytes:
    """Whose first part is encrypted, as its directory says."""
    whole = bytearray(papers.ofd())
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
ODD: dict[str, bytes] = {
    "empty": b"",
    "text": "随便写的".encode(),
    "a page for browsers": PAGE,
    "a page that begins as a picture": b"\x89PNG\r\n\x1a\n" + PAGE,
    "a picture with a page in its words": papers.png("x<html><script>alert(1)</script>"),
    "a page behind a picture": papers.png() + PAGE,
    "a picture that was cut": papers.png()[:-4],
    "a picture with a wrong check sum": papers.png().replace(b"tEXt1", b"tEXt2"),
    "a photograph that was cut": papers.jpeg()[:20],
    "a photograph without an end": papers.jpeg()[:-2],
    "a program": b"MZ\x90\x00" + b"\0" * 200,
    "old Office, or Office under a password": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600,
    "a PDF under a password": papers.pdf(password="secret"),
    "a PDF that runs a script": papers.pdf(script="app.alert(1)"),
    "a PDF that was cut": papers.pdf()[:-40],
    "a PDF behind something": b"GIF89a" + papers.pdf(),
    "a PDF that begins as a page": PAGE + papers.pdf(),
    "a PDF of nothing": b"%PDF-1.7\nstartxref\n0\n%%EOF",
    "a PDF that turns in circles": (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF"
    ),
    "an archive behind a PDF": papers.pdf() + papers.ofd(),
    "an archive behind a picture": papers.jpeg() + papers.docx(),
    "an archive of other things": papers.packed({"a.txt": "1"}),
    "an archive that says it is two": papers.packed({"OFD.xml": "<a/>", "word/document.xml": "<a/>"}),
    "something behind a document": papers.docx() + b"#!/bin/sh",
    "a document behind something": papers.docx()[:30] + papers.docx(),
    "a document under a password": locked(),
    "a document with macros": papers.docx(**{"word/vbaProject.bin": b"1"}),
    "a document with a program in it": papers.docx(**{"word/embeddings/run.exe": b"MZ"}),
    "a part that leads out": papers.docx(**{"../../etc/cron.d/x": "1"}),
    "a part that leads out, as Windows writes it": papers.docx(**{"word\\..\\..\\x": "1"}),
    "a part with the name of a root": papers.docx(**{"/etc/passwd": "1"}),
    "a document that declares entities": papers.docx(
        **{"word/styles.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}
    ),
    "markup that laughs a billion times": papers.xml(
        '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    ),
    "markup that is a page": papers.xml('<html xmlns="http://www.w3.org/1999/xhtml"/>'),
    "markup with a page in it": papers.xml('<a><s:script xmlns:s="http://www.w3.org/1999/xhtml"/></a>'),
    "a drawing that runs a script": papers.xml('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "markup that brings a program": papers.xml().replace(b"?><", b'?><?xml-stylesheet href="x.xsl"?><'),
    "markup that is not closed": papers.xml("<a><b></a>"),
    "markup in an encoding that nobody knows": b'<?xml version="1.0" encoding="EBCDIC-X"?><a/>',
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_refused_with_a_way_out(name: str) -> None:
    with pytest.raises(Violation) as refused:
        recognised(ODD[name])

    assert refused.value.field == "file"
    assert refused.value.mend


def overlapping() -> bytes:
    """Two names for the same bytes, as in a bomb that grows with the square of its length."""
    whole = bytearray(
        papers.packed({"OFD.xml": "<OFD/>", "aaaaaaa": b"\0" * 500_000, "bbbbbbb": b"\0" * 500_000})
    )
    first, second = zipfile.ZipFile(BytesIO(bytes(whole))).infolist()[1:]
    at = whole.rindex(b"bbbbbbb") - 46
    whole[at + 42 : at + 46] = struct.pack("<L", first.header_offset)
    whole[at + 20 : at + 24] = struct.pack("<L", second.compress_size * 2000)
    return bytes(whole)


def lying() -> bytes:
    """A part that says it is small."""
    whole = bytearray(papers.docx(**{"word/big.xml": "<a>" + "x" * 5_000_000 + "</a>"}))
    at = whole.rindex(b"word/big.xml") - 46
    whole[at + 24 : at + 28] = struct.pack("<L", 10)
    return bytes(whole)


def endless() -> bytes:
    """A directory that fills the memory of whoever reads it."""
    entry = papers.packed({"OFD.xml": ""})
    at = entry.index(b"PK\x01\x02")
    line = entry[at:-22]
    directory = line * (8_000_000 // len(line))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), at, 0)
    return entry[:at] + directory + end


BOMBS = {
    "a directory without end": endless,
    "far more than it says": lying,
    "overlapping parts": overlapping,
    "a part of zeros": lambda: papers.docx(**{"word/media/zero.png": b"\0" * 60_000_000}),
    "many parts": lambda: papers.packed({"OFD.xml": "<OFD/>"} | {f"{at}": "" for at in range(6_000)}),
    "a bomb within": lambda: papers.docx(
        **{"word/embeddings/in.jar": papers.packed({"a": b"\0" * 1_000_000})}
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_known_before_it_goes_off(name: str) -> None:
    bomb = BOMBS[name]()
    tracemalloc.start()

    with pytest.raises(Violation):
        recognised(bomb)

    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(list(TAKEN)), at=st.floats(0, 1), junk=st.binary(max_size=40), cut=st.booleans())
def test_a_damaged_file_is_taken_or_refused_and_breaks_nothing(
    kind: ContentFormat, at: float, junk: bytes, cut: bool
) -> None:
    whole = TAKEN[kind]()
    place = int(at * len(whole))
    damaged = whole[:place] + junk + (b"" if cut else whole[place + len(junk) :])

    try:
        found = recognised(damaged)
    except Violation as violation:
        assert violation.field == "file"
    else:
        assert found in ContentFormat


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("营业执照.pdf", "营业执照.pdf"),
        ("执照.PDF", "执照.pdf"),
        ("scan.exe", "scan.exe.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\a\\照片.jpg", "照片.jpg.pdf"),
        ('a"; filename="b.html\r\nSet-Cookie: x=1', "a filename=b.htmlSet-Cookie x=1.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("", "document.pdf"),
        ("..", "document.pdf"),
        (".pdf", "pdf.pdf"),
    ],
)
def test_a_file_name_leads_nowhere_and_ends_as_the_content_says(name: str, safe: str) -> None:
    assert file_name_of(name, ContentFormat.PDF) == safe


@given(st.text(max_size=300))
def test_any_file_name_becomes_one_line_without_a_path(name: str) -> None:
    safe = file_name_of(name, ContentFormat.JPEG)

    assert safe.endswith(".jpg")
    assert safe.isprintable()
    assert not set(safe) & set('/\\";')
    assert 4 < len(safe) <= LONGEST_NAME + 4
