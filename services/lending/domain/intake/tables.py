"""Tables of products, from CSV or a spreadsheet: a header, then a product a row; every mistake names its cell."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from libs.criteria.violation import Violation
from services.lending.domain.intake.columns import COLUMNS, NUMBER, Column, column_of, missing
from services.lending.domain.intake.mistakes import Found, Mistake, Path, Rule, Wrong
from services.lending.domain.intake.rows import Row, by_name, number_in, read_product


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A cell that does not hold what it shows."""

    rule: Rule
    message: str
    mend: str


Cell = str | Spoilt
Cells = Sequence[Cell]


def read(rows: Iterator[tuple[int, Cells]], on: date, sheet: str = "") -> Iterator[Row]:
    """Every row with something in it; `rows` are numbered, the first is the header. Violation for a header that has
    no place for a product."""
    number, header = next(rows, (1, ()))
    table = Table(_names(header), on, sheet)
    for number, cells in rows:
        if any(cells):
            yield table.row(number, cells)


@dataclass
class Table:
    """What the header says."""

    names: list[str]
    on: date
    sheet: str
    columns: list[Column] = field(init=False)
    parts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        _check_header(self.names)
        self.columns = [COLUMNS[name] for name in self.names]
        self.parts = frozenset(
            column.path[0] for column in self.columns if len(column.path) > 1 and column.wanted
        )

    def row(self, number: int, cells: Cells) -> Row:
        plain, found = self._plain(cells)
        external_id, place = number_in(plain), self._cell(self.names.index(NUMBER), number)
        beyond = [at for at, cell in enumerate(cells) if cell and at >= len(self.names)]
        try:
            product = read_product(plain, self.on, found)
        except Wrong as mistakes:
            told = [self._told(number, one) for one in mistakes.found]
        else:
            if not beyond:
                return Row(number, place, external_id, product)
            told = []
        return Row(
            number, place, external_id, None, (*told, *(self._beyond(number, at) for at in beyond[:1]))
        )

    def _plain(self, cells: Cells) -> tuple[dict[str, Any], list[Found]]:
        terms: dict[str, Any] = {name: {} for name in self.parts}
        plain: dict[str, Any] = {"terms": terms}
        found: list[Found] = []
        for column, cell in zip(self.columns, cells, strict=False):
            if not cell:
                continue
            path: Path = ("terms", *column.path) if column.path else (NUMBER,)
            try:
                _put(plain, path, _said(column, cell))
            except Wrong as mistakes:
                found += [one.below(*path) for one in mistakes.found]
        return plain, found

    def _told(self, number: int, one: Found) -> Mistake:
        name = column_of(one.path[1:], self.names) if one.path[:1] == ("terms",) else NUMBER
        place = (
            self._cell(self.names.index(name), number) if name in self.names else f"{self._prefix}{number}"
        )
        return Mistake(
            place=place,
            field=by_name(one.path),
            rule=one.rule,
            message=one.message,
            mend=one.mend,
            source=one.source,
        )

    def _beyond(self, number: int, at: int) -> Mistake:
        return Mistake(
            place=self._cell(at, number),
            field="",
            rule=Rule.UNKNOWN,
            message="The row has more cells than the header.",
            mend="Quote cells that hold a comma, or empty the cells behind the last column.",
        )

    @property
    def _prefix(self) -> str:
        return f"{self.sheet}!" if self.sheet else ""

    def _cell(self, at: int, number: int) -> str:
        return f"{self._prefix}{letters(at)}{number}"


def letters(at: int) -> str:
    """The letters of a column, counted from 0: A, B … Z, AA."""
    text = ""
    at += 1
    while at:
        at, digit = divmod(at - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def _said(column: Column, cell: Cell) -> Any:
    if isinstance(cell, Spoilt):
        raise Wrong((Found((), cell.rule, cell.message, cell.mend),))
    return column.plain(cell)


def _put(plain: dict[str, Any], path: Path, value: Any) -> None:
    *above, last = path
    for name in above:
        plain = plain.setdefault(str(name), {})
    if plain.get(str(last)):  # the columns of its parts have said something already, or the other way round
        raise Wrong(
            (Found((), Rule.TWICE, f"{last} is told twice.", "Use one cell, or a column for each part."),)
        )
    plain[str(last)] = value


def _names(header: Cells) -> list[str]:
    """The names of the columns. A title behind a name counts for nothing: `kind 产品种类`."""
    names = [cell.split()[0] if isinstance(cell, str) and cell.split() else "" for cell in header]
    while names and not names[-1]:
        names.pop()
    return names


def _check_header(names: Sequence[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            near = get_close_matches(name, COLUMNS, n=1)
            mend = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(COLUMNS)}."
            what = f"There is no column {name:.60}." if name else "A column has no name."
            raise Violation(f"header/{name:.60}", what, mend)
    lacking = missing(names)
    if lacking:
        raise Violation(
            f"header/{lacking[0]}", f"Missing columns: {', '.join(lacking)}.", "Add them to the header line."
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise Violation(
            f"header/{twice[0]}", f"Columns stand twice: {', '.join(twice)}.", "Keep one of each."
        )


def numbered(rows: Iterable[Cells]) -> Iterator[tuple[int, Cells]]:
    """Rows with their numbers, the empty ones too: a spreadsheet counts them."""
    return enumerate(rows, start=1)
