"""A CSV as the rows of a delivery: one at a time, each read or told what is wrong with it."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from libs.criteria.violation import Violation
from services.credit.domain.delivery import DeliveryKind, Row
from services.credit.intake.columns import COLUMNS, Columns

_PARTY = "party"


def rows(file: Iterable[str], kind: DeliveryKind, party: str | None = None) -> Iterator[Row]:
    """Rows counted from 1 below the header; `party`: the one that all of them are about, so that no column names it.
    Violation where the header is another, at once, or where the file cannot be read on, when it is reached."""
    lines = _lines(file)
    header = [name.strip() for name in next(lines, list[str]())]
    columns = COLUMNS[kind]
    names = list(columns.names) if party is not None else [_PARTY, *columns.names]
    _check_header(header, names, columns.required)
    places = [header.index(name) if name in header else len(header) for name in names]
    return _read(lines, len(header), places, columns, party)


def _read(
    lines: Iterator[list[str]], width: int, places: Sequence[int], columns: Columns, party: str | None
) -> Iterator[Row]:
    number = 0
    for line in lines:
        if not line:
            continue
        number += 1
        if len(line) != width:
            yield Row(number, party or "", _WRONG_WIDTH)
            continue
        line.append("")  # what a column holds that the file has not
        cells = [line[place] for place in places]
        of = cells.pop(0) if party is None else party
        try:
            yield Row(number, of, columns.read(cells))
        except Violation as violation:
            yield Row(number, of, violation)


_WRONG_WIDTH = Violation(
    "row", "The row has more or fewer cells than the header.", "Quote cells that hold a comma."
)


def _lines(file: Iterable[str]) -> Iterator[list[str]]:
    try:
        yield from csv.reader(map(_text, file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Violation("file", f"This is no CSV in UTF-8: {error}.", "Save it as CSV in UTF-8.") from error


def _text(line: str) -> str:
    """A table in another encoding is full of NUL, which no database stores."""
    if "\x00" in line:
        raise csv.Error("line contains NUL")
    return line


def _check_header(header: Sequence[str], names: Sequence[str], required: frozenset[str]) -> None:
    wanted = [name for name in names if name in required or name == _PARTY]
    wrong = [name for name in wanted if name not in header] or sorted(set(header) - {*names})
    if wrong or len(set(header)) != len(header):
        more = [name for name in names if name not in wanted]
        mend = f"Name {','.join(wanted)}" + (f"; if you like {','.join(more)}." if more else ".")
        raise Violation("header", f"The columns are {', '.join(header):.200}.", mend)
