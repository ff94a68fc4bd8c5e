"""A file of requests: CSV or JSON lines, read row by row, and its outcomes written in the same two ways."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import IO, Any, cast

from libs.chassis import codec
from libs.chassis.problems import Invalid
from libs.criteria.violation import Violation
from services.matching.domain.answer import MatchRequest
from services.matching.domain.batch import BatchRow, Sent
from services.matching.domain.many import check_row

_LONGEST_LINE = 1 << 16  # characters
_LONGEST_PARTY = 80
_NUMBERS = ("amount_fen", "term_months")
_WANTED = ("party", *_NUMBERS)
_COLUMNS = ("row", *_WANTED, "kinds")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OUT = ("number", "row", "party", "state", "repeats", "match_id", "plans", "families")
_PLAN = (
    "product_id",
    "product_name",
    "bank",
    "bank_name",
    "amount_fen",
    "rate_ppm",
    "total_cost_fen",
    "all_in_effective_ppm",
    "after_subsidy_effective_ppm",
    "likelihood_band",
)
_PROBLEM = ("type", "field", "detail", "mend")


_Told = dict[str, Any]


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES = {
    "text/csv": Format.CSV,
    "application/x-ndjson": Format.JSONL,
    "application/jsonl": Format.JSONL,
}


def format_of(name: str, content_type: str) -> Format:
    """By the end of the file's name, else by its media type; Invalid for any other."""
    ending = name.rpartition(".")[2].lower()
    known = {"csv": Format.CSV, "jsonl": Format.JSONL, "ndjson": Format.JSONL}
    found = known.get(ending) or MEDIA_TYPES.get(content_type.partition(";")[0].strip().lower())
    if found is None:
        raise Invalid("The format is not known.", field="file", mend="Send a file named .csv or .jsonl.")
    return found


def rows(file: IO[bytes], kind: Format) -> Iterator[Sent]:
    """Rows counted from 1, each read or told what is wrong with it. Violation where the file cannot be read on."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield from _READ[kind](_bounded(text))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Violation("file", f"This cannot be read: {error}.", f"Save it as {kind} in UTF-8.") from error
    finally:
        text.detach()


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise csv.Error(f"a line has more than {_LONGEST_LINE} signs")
        yield line


def _of_csv(lines: Iterable[str]) -> Iterator[Sent]:
    found = csv.reader(lines, strict=True)
    header = [name.strip() for name in next(found, list[str]())]
    if header:
        _check_header(header)
    filled = (cells for cells in found if any(map(str.strip, cells)))
    for number, cells in enumerate(filled, 1):
        yield _sent(number, lambda cells=cells: _of_cells(header, cells), _typed, "row" in header)


def _check_header(header: Sequence[str]) -> None:
    wrong = [name for name in _WANTED if name not in header] or sorted(set(header) - set(_COLUMNS))
    if wrong or len(set(header)) != len(header):
        more = "; if you like row and kinds (with | between them)"
        raise Violation(
            "header", f"The columns are {', '.join(header):.200}.", f"Name {', '.join(_WANTED)}{more}."
        )


def _of_cells(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    if len(cells) != len(header):
        raise Violation("row", "It has more or fewer cells than the header.", "Quote cells with a comma.")
    return {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def _typed(told: dict[str, Any]) -> dict[str, Any]:
    """Cells as what they say."""
    numbers = {name: _whole(name, told[name]) for name in _NUMBERS}
    return told | numbers | {"kinds": [kind for kind in told.get("kinds", "").split("|") if kind]}


def _whole(name: str, cell: str) -> int:
    if not (cell.isascii() and cell.isdecimal() and len(cell) <= 18):
        raise Violation(name, f"{cell!r:.40} is no whole number.", "Give digits alone; amounts in fen.")
    return int(cell)


def _of_json(lines: Iterable[str]) -> Iterator[Sent]:
    filled = (line for line in lines if line.strip())
    for number, line in enumerate(filled, 1):
        yield _sent(number, lambda line=line: _object(line), dict, None)


def _object(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Violation("row", "It is no JSON.", "Send one object a line.") from error
    if not isinstance(told, dict):
        raise Violation("row", "It is no object.", "Send one object a line.")
    return cast(dict[str, Any], told)


_READ: dict[Format, Callable[[Iterable[str]], Iterator[Sent]]] = {
    Format.CSV: _of_csv,
    Format.JSONL: _of_json,
}


def _sent(
    number: int, read: Callable[[], _Told], typed: Callable[[_Told], _Told], named: bool | None
) -> Sent:
    """`named`: whether rows have names of their own; None: those that say one."""
    row = str(number)
    try:
        told = read()
        given = told.pop("row", None)
        if named or given is not None:
            check_row(given if isinstance(given, str) else "")
            row = given
        return Sent(number, row, _request(typed(told)))
    except Violation as violation:
        return Sent(number, row, violation)


def _request(told: dict[str, Any]) -> MatchRequest:
    try:
        request = codec.load(MatchRequest, told)
    except Invalid as invalid:
        field = (invalid.field or "/row").removeprefix("/")
        raise Violation(field, invalid.detail, invalid.mend or "") from invalid
    if not 0 < len(request.party) <= _LONGEST_PARTY or not request.party.isprintable():
        raise Violation("party", "This is no party.", "Give uscc:… or person:….")
    return request


# Out


def csv_lines(found: Iterable[BatchRow]) -> Iterator[str]:
    """A header and a line for every row. No spreadsheet takes a cell for a formula: its first sign is then a quote."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((*_OUT, *_PLAN, *_PROBLEM))
    for row in found:
        writer.writerow([safe_cell(cell) for cell in _cells(row)])
        if text.tell() > 1 << 16:
            yield _taken(text)
    yield _taken(text)


def json_lines(found: Iterable[BatchRow]) -> Iterator[bytes]:
    for row in found:
        yield codec.to_json(row) + b"\n"


def safe_cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _cells(row: BatchRow) -> Iterator[object]:
    answer, problem = row.answer, row.problem
    yield from (row.number, row.row, row.party, row.state, row.repeats)
    yield from (answer.match_id, answer.plans, "|".join(answer.families)) if answer else ("",) * 3
    first = answer.first if answer else None
    yield from (getattr(first, name) for name in _PLAN) if first else ("",) * len(_PLAN)
    yield from (getattr(problem, name) for name in _PROBLEM) if problem else ("",) * len(_PROBLEM)


def _taken(text: io.StringIO) -> str:
    said = text.getvalue()
    text.seek(0)
    text.truncate()
    return said
