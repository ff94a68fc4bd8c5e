"""A file of products in any format: which it is, its rows, and the way back."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import IO

from libs.criteria.violation import Violation
from services.lending.domain.intake import delimited, documents, workbook
from services.lending.domain.intake.mistakes import Mistake, Rule
from services.lending.domain.intake.rows import MOST_ROWS, Row


class Format(StrEnum):
    CSV = "CSV"
    XLSX = "XLSX"
    JSON = "JSON"
    JSON_LINES = "JSON_LINES"


MEDIA_TYPES: Mapping[str, Format] = {
    "text/csv": Format.CSV,
    "application/csv": Format.CSV,
    "application/vnd.ms-excel": Format.CSV,  # what Windows calls a .csv; an old .xls is told as such
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Format.XLSX,
    "application/json": Format.JSON,
    "application/x-ndjson": Format.JSON_LINES,
    "application/ndjson": Format.JSON_LINES,
    "application/jsonl": Format.JSON_LINES,
}
ENDINGS: Mapping[str, Format] = {
    ".csv": Format.CSV,
    ".xlsx": Format.XLSX,
    ".json": Format.JSON,
    ".ndjson": Format.JSON_LINES,
    ".jsonl": Format.JSON_LINES,
}
_READERS: Mapping[Format, Callable[[IO[bytes], date], Iterator[Row]]] = {
    Format.XLSX: workbook.read,
    Format.JSON: documents.read_array,
    Format.JSON_LINES: documents.read_lines,
}


def named(name: str) -> Format | None:
    """The format that a file's name says."""
    return next((kind for ending, kind in ENDINGS.items() if name.lower().endswith(ending)), None)


def rows(file: IO[bytes], kind: Format, on: date, encoding: str = "utf-8") -> Iterator[Row]:
    """Every row, good or bad, as it is read. A number that stands twice is bad the second time. `on` is
    the day whose LPR counts. Violation where the
    file as a whole is no list of products."""
    found = delimited.read(file, on, encoding) if kind is Format.CSV else _READERS[kind](file, on)
    seen: dict[str, int] = {}
    for count, row in enumerate(found, start=1):
        if count > MOST_ROWS:
            raise Violation("file", f"The file has more than {MOST_ROWS:,} products.", "Split it.")
        yield _once(row, seen.setdefault(row.external_id, row.number))


def _once(row: Row, first: int) -> Row:
    """Two rows of one number: the later would silently replace the earlier."""
    if first == row.number or not row.external_id:
        return row
    twice = Mistake(
        place=row.place,
        field="external_id",
        rule=Rule.TWICE,
        message=f"The number {row.external_id} stands in row {first} already.",
        mend="Keep one row of the two.",
    )
    return Row(row.number, row.place, row.external_id, None, (*row.mistakes, twice))
