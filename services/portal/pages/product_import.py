"""A bank's products from a file: first a trial that keeps nothing, then the same rows for good."""

import base64
import binascii

from starlette.responses import Response

from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import intake_pb2 as pb
from services.portal.audiences import BANKS
from services.portal.forms import Posted, fresh
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visiting

router = page_router(BANKS)

LARGEST_FILE = 3 << 20  # bytes: the page of the trial carries it on
_ZIP, _ARRAY, _OBJECT = b"PK", b"[", b"{"


@router.get("/bank/products/import")
def import_form(visit: Visiting) -> Response:
    return visit.page("bank/import.html", form=fresh(), report=None, trial=False)


@router.post("/bank/products/import")
def import_products(visit: Visiting, posted: Posting) -> Response:
    """The page of the trial carries the file, so that it is sent once."""
    trial = not posted.ticked("keep")
    try:
        request = _request(_content(posted), dry_run=trial, all_or_nothing=posted.ticked("all_or_nothing"))
        report = visit.act(visit.services.intake.ImportFile, request, posted.key)
    except (Problem, Violation) as refusal:
        form = back(posted, refusal, visit.words)
        return visit.page("bank/import.html", status_of(refusal), form=form, report=None, trial=trial)
    carried = base64.b64encode(request.content).decode()
    form = fresh(content=carried, all_or_nothing="yes" if request.all_or_nothing else "")
    return visit.page("bank/import.html", form=form, report=report, trial=trial)


def _content(posted: Posted) -> bytes:
    """The file as it was chosen, or as the page of the trial carried it."""
    try:
        sent = posted.files.get("file") or base64.b64decode(posted.text("content"), validate=True)
    except binascii.Error:
        sent = b""
    if not sent:
        raise Violation("file", "There is no file.", "Choose a file: CSV, XLSX or JSON.")
    if len(sent) > LARGEST_FILE:
        mend = "Split it, or send it to the API of the platform, which takes up to 32 MB."
        raise Violation("file", "The file is too large for this page.", mend)
    return sent


def _request(content: bytes, *, dry_run: bool, all_or_nothing: bool) -> pb.ImportFileRequest:
    """Known by its first signs, not by its name. A CSV that is no UTF-8 is taken for one of a Chinese spreadsheet: the
    trial shows whether that was right."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:2]
    kind = pb.FORMAT_CSV
    if start == _ZIP:
        kind = pb.FORMAT_XLSX
    elif start[:1] in (_ARRAY, _OBJECT):
        kind = pb.FORMAT_JSON if start[:1] == _ARRAY else pb.FORMAT_JSON_LINES
    return pb.ImportFileRequest(
        content=content,
        format=kind,
        encoding=_encoding(content) if kind == pb.FORMAT_CSV else "",
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
    )


def _encoding(content: bytes) -> str:
    try:
        content.decode()
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"
