"""Tables that come as CSV text: rows by column, numbered as a spreadsheet does; the header is row 1."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from libs.criteria.violation import Violation


class Row(NamedTuple):
    number: int
    cells: Mapping[str, str]


def read(text: str, required: Sequence[str], optional: Collection[str] = ()) -> Iterator[Row]:
    """The rows with anything in them. Violation for a header without the required columns, or with others."""
    numbered = _rows(text.removeprefix("\ufeff"))
    names = next(numbered, (1, list[str]()))[1]
    _check_header(names, required, optional)
    for number, cells in numbered:
        if any(cells):
            if len(cells) > len(names):
                raise Violation(f"csv/{number}", "The row has more cells than the header.", "Quote commas.")
            padded = [*cells, *[""] * (len(names) - len(cells))]
            yield Row(number, dict(zip(names, padded, strict=True)))


def cell(row: Row, name: str) -> str:
    """A cell that must say something; Violation names its column."""
    if not row.cells.get(name):
        raise Violation(name, f"{name} is empty.", f"Give {name}.")
    return row.cells[name]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [one.strip() for one in cells]
    except csv.Error as error:
        mend = "Quote cells that hold a comma, a quote or a line end, and double the quotes inside."
        raise Violation(f"csv/{reader.line_num}", f"This is no CSV: {error}.", mend) from error


def _check_header(names: Sequence[str], required: Sequence[str], optional: Collection[str]) -> None:
    missing = [name for name in required if name not in names]
    unknown = sorted(set(names) - {*required, *optional})
    twice = [name for name, count in Counter(names).items() if count > 1]
    known = ", ".join(dict.fromkeys((*required, *optional)))
    for found, what, mend in (
        (missing, "Missing columns", "Add them."),
        (unknown, "Unknown columns", f"Known: {known}."),
        (twice, "Columns stand twice", "Keep one of each."),
    ):
        if found:
            told = ", ".join(found)
            raise Violation(f"csv/1/{found[0]:.40}", f"{what}: {told:.200}.", mend)
