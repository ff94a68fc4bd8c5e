"""Products as JSON: an array of `{external_id, terms}`, or one such object a line. Read one by one, never whole."""

import io
import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import IO, Any

from libs.criteria.violation import Violation
from services.lending.domain.intake.mistakes import Found, Mistake, Rule, Wrong, wrong
from services.lending.domain.intake.rows import Row, by_name, number_in, read_product

LONGEST = 1_000_000  # characters of one product
_CHUNK = 1 << 16
_BLANK = " \t\r\n"


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number)
_MEND_LINE = 'Each line is one object: {"external_id": …, "terms": {…}}.'
_MEND_ARRAY = 'Send an array: [{"external_id": …, "terms": {…}}, …].'


def read_array(file: IO[bytes], on: date) -> Iterator[Row]:
    """The products of an array, numbered from 0. Violation where it is no array, or no JSON from some place on."""
    with _opened(file) as text:
        for at, plain in enumerate(_Array(text).items()):
            yield _row(at, f"/{at}", plain, on)


def read_lines(file: IO[bytes], on: date) -> Iterator[Row]:
    """The products of a file with one a line. A line that is no JSON is a bad row; the next one is read."""
    with _opened(file) as text:
        number = 0
        while line := _line(text, number + 1):
            number += 1
            if line.strip(_BLANK):
                yield _line_row(number, line, on)


def _line_row(number: int, line: str, on: date) -> Row:
    place = f"{number}:"
    try:
        plain: Any = _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        trouble = _no_json(error)
        return Row(number, place, "", None, (_told(place, trouble.found[0]),))
    return _row(number, place, plain, on)


def _row(number: int, place: str, plain: Any, on: date) -> Row:
    own = f"{place}/external_id"
    try:
        product = read_product(plain, on)
    except Wrong as mistakes:
        return Row(number, own, number_in(plain), None, tuple(_told(place, one) for one in mistakes.found))
    return Row(number, own, product.external_id, product)


def _told(place: str, one: Found) -> Mistake:
    pointer = "".join(f"/{_pointed(part)}" for part in one.path)
    return Mistake(
        place=f"{place}{pointer}",
        field=by_name(one.path),
        rule=one.rule,
        message=one.message,
        mend=one.mend,
        source=one.source,
    )


def _pointed(part: str | int) -> str:
    """RFC 6901: in a pointer, ~ and / are written ~0 and ~1."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _no_json(error: Exception) -> Wrong:
    what = "too deep" if isinstance(error, RecursionError) else f"{error}"
    return wrong(Rule.UNREADABLE, f"This is no JSON: {what:.100}.", _MEND_LINE)


@contextmanager
def _opened(file: IO[bytes]) -> Generator[io.TextIOWrapper]:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="\n")
    try:
        yield text
    except UnicodeDecodeError as error:
        raise Violation("", "The file is not UTF-8 text.", "JSON is always UTF-8.") from error
    finally:
        text.detach()  # the file is its owner's to close


def _line(text: IO[str], number: int) -> str:
    line = text.readline(LONGEST + 1)
    if len(line) > LONGEST:
        raise Violation(f"line/{number}", f"The line has more than {LONGEST:,} characters.", _MEND_LINE)
    return line


class _Array:
    """Walks over an array with no more of it in memory than one item and a piece of the file."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self._held = ""
        self._count = 0
        self._ended = False

    def items(self) -> Iterator[Any]:
        if self._sign() != "[":
            raise Violation("", "The file is no JSON array.", _MEND_ARRAY)
        self._skip()
        if self._sign() == "]":
            self._skip()
            self._end()
            return
        while True:
            self._sign()
            yield self._item()
            self._count += 1
            sign = self._sign()
            if sign not in (",", "]"):
                raise self._broken(f"expected ',' or ']', not {sign!r}")
            self._skip()
            if sign == "]":
                self._end()
                return

    def _end(self) -> None:
        if self._sign():
            raise self._broken("something stands behind its end")

    def _item(self) -> Any:
        while True:
            try:
                item, end = _DECODER.raw_decode(self._held)
                if end < len(self._held) or not self._grow():  # a number at the edge may go on
                    self._held = self._held[end:]
                    return item
            except (ValueError, RecursionError) as error:
                if len(self._held) > LONGEST or isinstance(error, RecursionError) or not self._grow():
                    raise self._broken(str(error)) from error

    def _sign(self) -> str:
        """The next sign that is no blank, still held; empty at the end."""
        while True:
            self._held = self._held.lstrip(_BLANK)
            if self._held or not self._grow():
                return self._held[:1]

    def _skip(self) -> None:
        self._held = self._held[1:]

    def _grow(self) -> bool:
        more = self._text.read(_CHUNK)
        self._held += more
        return bool(more)

    def _broken(self, why: str) -> Violation:
        return Violation(f"/{self._count}", f"This is no JSON: {why:.100}.", _MEND_ARRAY)


def write_array(products: Iterable[bytes], file: IO[bytes]) -> None:
    """Products, each as JSON already."""
    file.write(b"[")
    for at, product in enumerate(products):
        file.write(b",\n" if at else b"\n")
        file.write(product)
    file.write(b"\n]\n")
