"""Products from a spreadsheet (.xlsx), row by row, and what Excel does to numbers undone or refused.

A cell counts as what it shows: 3.85 % is 3.85 %, ¥3,000,000.00 is 3,000,000 元. Formulas, dates, error values and
merged cells are refused: what they hold is not what is seen, or depends on who computed it last.
"""

import re
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import IO, Any, cast

from libs.criteria.violation import Violation
from services.lending.domain.intake import tables
from services.lending.domain.intake.mistakes import Rule
from services.lending.domain.intake.rows import MOST_ROWS, Row
from services.lending.domain.intake.tables import Cell, Spoilt

SHEETS = ("products", "产品")
MOST_BYTES = 256 << 20  # of all parts, unpacked
MOST_STRINGS = 64 << 20  # of the table of texts, which is held in memory
MOST_PARTS = 500
MOST_MERGED = 1_000
_MORE_COLUMNS = 40  # looked at behind the header, to find what stands there by mistake
_EXACT = 10**15  # a spreadsheet keeps 15 digits

# Whatever zipfile, the XML reader and openpyxl say of a file that is no sound workbook: they promise no one kind.
_UNSOUND = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_YUAN = re.compile(r"[¥￥元]|CNY|RMB", re.IGNORECASE)
_FOREIGN = re.compile(r"(?<!\[)\$|\[\$[^¥￥\-\]]*\$|[€£₩]|-411\]|USD|EUR|GBP|HKD|JPY")
_SCALED = re.compile(r"万|亿|[0#],+(?:[;_\s\"]|$)|0!\.0|0\\\.0")
_CONTROL = re.compile(r"_x(000[0-9A-F]|001[0-9A-F]|005F)_", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Range:
    """Merged cells; columns from 0, rows from 1."""

    left: int
    top: int
    right: int
    bottom: int

    def __str__(self) -> str:
        return f"{tables.letters(self.left)}{self.top}:{tables.letters(self.right)}{self.bottom}"


def read(file: IO[bytes], on: date) -> Iterator[Row]:
    """The rows of the sheet `products`, or of the only one that is shown. Violation where it is no workbook, would
    unpack to too much, or has a header without a place for products."""
    with _sound():
        _check_parts(file)
        sheet = _sheet(_book(file))
        merged = _merged(sheet)
    yield from tables.read(tables.numbered(_cells(sheet, merged)), on, sheet.title)


@contextmanager
def _sound() -> Generator[None]:
    try:
        yield
    except Violation:
        raise
    except _UNSOUND as error:
        raise _no_workbook(f"{error}") from error


def _no_workbook(why: str) -> Violation:
    mend = "Save it from the spreadsheet program as .xlsx, without a password, and send that file."
    return Violation("file", f"This is no sound .xlsx workbook: {why:.120}.", mend)


def _check_parts(file: IO[bytes]) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    strings = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    if (
        sum(part.file_size for part in parts) > MOST_BYTES
        or strings > MOST_STRINGS
        or len(parts) > MOST_PARTS
    ):
        mend = f"Split the products over several files; unpacked, one may have {MOST_BYTES >> 20} MiB."
        raise Violation("file", "The workbook unpacks to more than is read.", mend)


def _book(file: IO[bytes]) -> Any:
    from openpyxl import load_workbook  # needed by few requests: not at every start

    # It tells of styles and extensions that it does not keep.
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
    # Formulas are looked at, not their last results, which any program may have left behind, or none.
    return cast(Any, load_workbook)(file, read_only=True, data_only=False, keep_links=False)


def _sheet(book: Any) -> Any:
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    named = [sheet for sheet in shown if sheet.title.strip().lower() in SHEETS]
    if len(named) == 1 or (not named and len(shown) == 1):
        return (named or shown)[0]
    what = (
        f"Which of the sheets has the products? There are: {', '.join(sheet.title for sheet in shown)[:100]}."
    )
    raise Violation("file", what, "Name one of them `products`.")


def _merged(sheet: Any) -> list[_Range]:
    """Merged cells stand behind all rows, so they are looked up before the first is read."""
    found, held = list[_Range](), b""
    with sheet._get_source() as source:
        while piece := source.read(1 << 20):
            held += piece
            end = 0
            for hit in _MERGED.finditer(held):
                found.append(_Range(_index(hit[1]), int(hit[2]), _index(hit[3]), int(hit[4])))
                end = hit.end()
            held = held[max(end, len(held) - 200) :]
    if len(found) > MOST_MERGED:
        raise Violation(
            "file", f"The sheet has {len(found)} merged cells.", "Unmerge them; a table needs none."
        )
    return found


def _index(name: bytes) -> int:
    at = 0
    for letter in name:
        at = at * 26 + letter - ord("A") + 1
    return at - 1


def _cells(sheet: Any, merged: Sequence[_Range]) -> Iterator[list[Cell]]:
    """Row by row, as far as the header goes and a little further. The size that the file claims is not believed."""
    sheet.reset_dimensions()
    header = [_cell(cell) for cell in next(_rows(sheet, max_row=1), ())]
    width = max((at for at, cell in enumerate(header) if cell), default=0) + 1 + _MORE_COLUMNS
    for number, row in enumerate(_rows(sheet, max_col=width), start=1):
        if number > 2 * MOST_ROWS:
            raise Violation(
                "file", f"The sheet goes on below row {2 * MOST_ROWS:,}.", "Delete the empty rows."
            )
        line = [_cell(cell) for cell in row]
        for one in merged:
            if one.top <= number <= one.bottom and number > 1:
                _spoil(line, one)
        yield line


def _rows(sheet: Any, **bounds: int) -> Iterator[Any]:
    rows = iter(sheet.iter_rows(**bounds))
    while True:
        with _sound():
            row = next(rows, None)
        if row is None:
            return
        yield row


def _spoil(line: list[Cell], one: _Range) -> None:
    for at in range(one.left, min(one.right + 1, len(line))):
        line[at] = Spoilt(Rule.SPOILT, f"The cell is merged: {one}.", "Unmerge the cells and fill each.")


def _cell(cell: Any) -> Cell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    if kind == "f":
        return Spoilt(Rule.SPOILT, "The cell holds a formula.", "Copy the column and paste it as values.")
    if kind == "e":
        return Spoilt(Rule.SPOILT, f"The cell holds the error {value:.20}.", "Write the value itself.")
    if isinstance(value, str):
        return _CONTROL.sub(_meant, value).strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "General")
    return _time(value)


def _meant(found: "re.Match[str]") -> str:
    """OOXML writes a sign that XML cannot hold as _x000D_, and the _ of such a text as _x005F_."""
    sign = chr(int(found[1], 16))
    return "" if sign == "\r" else sign


def _time(value: date | time | timedelta) -> Cell:
    what = f"The spreadsheet has made a date or time of it: {value}."
    return Spoilt(Rule.SPOILT, what, "Format the cell as text and write it again.")


def _number(value: float, shown: str) -> Cell:
    if abs(value) >= _EXACT:
        what = "The spreadsheet keeps 15 digits and has lost the rest."
        return Spoilt(Rule.SPOILT, what, "Format the cell as text and write it again.")
    if _SCALED.search(shown) or _FOREIGN.search(shown):
        what = f"The cell shows another number than it holds, or another currency ({shown:.30})."
        return Spoilt(Rule.AMBIGUOUS, what, "Write it as text with its unit: 300万元.")
    exact = Decimal(f"{value:.15g}")  # what the spreadsheet itself shows of a binary fraction
    if "%" in shown:
        return f"{_plain(exact * 100)}%"
    return f"{_plain(exact)}元" if _YUAN.search(shown) else _plain(exact)


def _plain(number: Decimal) -> str:
    return f"{number.to_integral_value() if number == number.to_integral_value() else number:f}"
