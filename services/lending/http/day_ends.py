"""The end of the bank's day over HTTP: a file, so over HTTP alone."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, UploadFile
from fastapi.responses import PlainTextResponse

from libs.chassis.http import Caller
from libs.chassis.problems import Invalid
from services.lending.domain.day_end import (
    DayEnd,
    Reconciliation,
    ReconciliationList,
    SignDay,
    to_csv,
)
from services.lending.http import examples
from services.lending.operations import day_ends

router = APIRouter(prefix="/v1")

_MOST_BYTES = 32 << 20


class Csv(PlainTextResponse):
    media_type = "text/csv"


@router.get("/day-ends/{day}.csv", response_class=Csv)
def day_end_file(day: date, call: Caller) -> Csv:
    """The rows of the day: kind, loan, number, amount_fen, interest_fen."""
    return Csv(to_csv(call.read(day_ends.day_end_rows, day)))


@router.get("/day-ends/{day}")
def get_day_end(day: date, call: Caller) -> DayEnd:
    return call.read(day_ends.get_day_end, day)


@router.post("/day-ends/{day}/reconcile", status_code=201)
def reconcile(day: date, file: UploadFile, call: Caller) -> Reconciliation:
    """Compares the day with the bank's own file of the same columns; CSV in UTF-8 or GB 18030."""
    return call.write(day_ends.reconcile, day, _text(file.file.read(_MOST_BYTES + 1)))


@router.get("/day-ends/{day}/reconciliations")
def list_reconciliations(day: date, call: Caller) -> ReconciliationList:
    """Every comparison of the day, with who signed it."""
    return call.read(day_ends.list_reconciliations, day)


@router.post("/day-ends/{day}/sign-off")
def sign_day_off(day: date, body: Annotated[SignDay, examples.SIGN_DAY], call: Caller) -> Reconciliation:
    return call.write(day_ends.sign_day_off, day, body)


def _text(raw: bytes) -> str:
    if len(raw) > _MOST_BYTES:
        mend = "Leave out BALANCE rows of old loans."
        raise Invalid(f"The file is larger than {_MOST_BYTES >> 20} MiB.", field="file", mend=mend)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("The file is no text.", field="file", mend="Save it as CSV in UTF-8 or GB 18030.")
