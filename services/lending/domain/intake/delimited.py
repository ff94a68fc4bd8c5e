"""Products as CSV: RFC 4180, UTF-8 unless the sender says otherwise, a header line."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO

from libs.criteria.violation import Violation
from services.lending.domain.intake import tables
from services.lending.domain.intake.columns import WRITTEN, cells
from services.lending.domain.intake.rows import Row
from services.lending.domain.product import NewProduct

ENCODINGS = ("utf-8", "gb18030", "gbk", "gb2312")


def read(file: IO[bytes], on: date, encoding: str = "utf-8") -> Iterator[Row]:
    """Every row, good or bad. Violation for a header without a place for products, broken quoting, other encodings."""
    if encoding not in ENCODINGS:
        raise Violation(
            "Content-Type", f"Unknown charset {encoding:.40}.", f"Use one of {', '.join(ENCODINGS)}."
        )
    text = io.TextIOWrapper(file, "utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    try:
        yield from tables.read(tables.numbered(_lines(text)), on)
    finally:
        text.detach()


def _lines(text: IO[str]) -> Iterator[list[str]]:
    reader = csv.reader(text, strict=True)
    try:
        for line in reader:
            yield [cell.strip() for cell in line]
    except csv.Error as error:
        mend = "Quote cells that hold a comma, a quote or a line end, and double the quotes inside."
        raise Violation(f"line/{reader.line_num}", f"This is no CSV: {error}.", mend) from error
    except UnicodeDecodeError as error:
        mend = "Save it as CSV UTF-8, or name its charset: text/csv; charset=gb18030."
        raise Violation(
            f"line/{reader.line_num + 1}", f"The file is not {error.encoding} text.", mend
        ) from error


def write(products: Iterable[NewProduct], file: IO[bytes]) -> None:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")  # the mark tells Excel that it is UTF-8
    writer = csv.writer(text)
    writer.writerow([column.name for column in WRITTEN])
    writer.writerows(cells(product) for product in products)
    text.detach()  # flushes, and leaves the file open
