"""The book behind the figures, as CSV: one row, one loan; amounts in yuan. Every mistake names its row and column.

| column | |
|---|---|
| number | the bank's own number of the loan |
| borrower | 18 characters of a unified social credit code, or `person:…`; names are not taken |
| kind | of the product, such as WORKING_CAPITAL |
| county, industry, size, owner_kind | of the borrower; GB/T 2260 and GB/T 4754 codes; size empty where unknown |
| balance, credit_line | yuan; the line is the borrower's at this bank, the same in all its rows |
| rate | annual, in percent: 4.35 |
| granted_on | 2026-11-22 |
| first_loan, unsecured, medium_long | yes or no (是, 否) |
| class | one of the five categories, never better than the days past due allow |
| days_past_due | 0 where it is not |
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from libs.criteria import table_text
from libs.criteria.shape import Shape
from libs.criteria.table_text import Row, cell
from libs.criteria.violation import Violation
from libs.finance.money import fen_of_yuan
from libs.registry import uscc
from libs.registry.dimensions import OwnerKind
from libs.registry.industries import division_of, industry
from libs.registry.loan_terms import ProductKind
from libs.registry.regions import county_of
from libs.registry.size import Size
from services.lending.domain.loan import LoanClass
from services.lending.domain.loan_class import SOURCE as CLASSES
from services.lending.domain.loan_class import Floors, floor_of, worse
from services.lending.domain.product import MOST_FEN, MOST_PPM

COLUMNS = (
    "number",
    "borrower",
    "kind",
    "county",
    "industry",
    "size",
    "owner_kind",
    "balance",
    "credit_line",
    "rate",
    "granted_on",
    "first_loan",
    "unsecured",
    "medium_long",
    "class",
    "days_past_due",
)
MOST_ROWS = 200_000
_PERSON = "person:"
_LONGEST = 64
_MOST_DAYS = 20_000
_YES_NO = {"yes": True, "no": False, "是": True, "否": False}

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLoan:
    """A loan of the book. The borrower is kept as its pseudonym alone, so here it is what the row says."""

    number: str
    borrower: str
    kind: ProductKind
    county: str
    industry_division: str
    size: Size | None
    owner_kind: OwnerKind
    balance_fen: int
    credit_line_fen: int
    rate_ppm: int
    granted_on: date
    first_loan: bool
    unsecured: bool
    medium_long: bool
    loan_class: LoanClass
    days_past_due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookMistake(Shape):
    """What is wrong with a row; rows count as a spreadsheet does, the header is row 1."""

    row: int
    number: str
    column: str
    message: str
    mend: str
    source: str | None = None


@dataclass(slots=True)
class Reader:
    """Reads a book of one period, row by row: what it remembers is numbers and borrowers, never rows."""

    last_day: date
    floors: Floors
    rows: dict[str, int] = field(default_factory=dict[str, int])
    lines: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    def read(self, text: str) -> Iterator[BookLoan | BookMistake]:
        """Every row as a loan, or its first mistake. Violation where the text as a whole is no book."""
        for row in _rows(text):
            try:
                yield self._loan(row)
            except Violation as wrong:
                yield BookMistake(
                    row=row.number,
                    number=row.cells["number"][:_LONGEST],
                    column=wrong.field,
                    message=wrong.message,
                    mend=wrong.mend,
                    source=wrong.source,
                )

    def _loan(self, row: Row) -> BookLoan:
        loan = _read(row)
        first = self.rows.setdefault(loan.number, row.number)
        if first != row.number:
            why = f"Loan {loan.number} stands in row {first} already."
            raise Violation("number", why, "Keep one row of the two.")
        if loan.granted_on > self.last_day:
            why = f"{loan.granted_on} is after {self.last_day}, the end of the period."
            raise Violation("granted_on", why, "Give it in a later return.")
        self._check_line(loan, row.number)
        self._check_class(loan)
        return loan

    def _check_line(self, loan: BookLoan, row: int) -> None:
        if loan.balance_fen > loan.credit_line_fen:
            raise Violation("credit_line", "It is less than the balance.", "Give the borrower's whole line.")
        first, known_fen = self.lines.setdefault(loan.borrower, (row, loan.credit_line_fen))
        if known_fen != loan.credit_line_fen:
            why = f"Row {first} gives another credit line of the same borrower."
            raise Violation("credit_line", why, "Give the borrower's whole line in each of its rows.")

    def _check_class(self, loan: BookLoan) -> None:
        best = floor_of(loan.days_past_due, self.floors)
        if worse(loan.loan_class, best) is not loan.loan_class:
            why = f"A loan {loan.days_past_due} days past due is at least {best}."
            raise Violation("class", why, f"Give {best} or worse.", CLASSES)


def _rows(text: str) -> Iterator[Row]:
    for row in table_text.read(text, COLUMNS):
        if row.number > MOST_ROWS:
            raise Violation("csv", f"The book has more than {MOST_ROWS:,} rows.", "Ask the platform first.")
        yield row


def _read(row: Row) -> BookLoan:
    division = division_of(industry(cell(row, "industry")).code)
    size = row.cells["size"]
    return BookLoan(
        number=_number(row),
        borrower=_borrower(cell(row, "borrower")),
        kind=_word(ProductKind, row, "kind"),
        county=county_of(cell(row, "county")).code,
        industry_division="" if division is None else division.code,
        size=_word(Size, row, "size") if size else None,
        owner_kind=_word(OwnerKind, row, "owner_kind"),
        balance_fen=_fen(row, "balance"),
        credit_line_fen=_fen(row, "credit_line"),
        rate_ppm=_rate(row),
        granted_on=_converted(row, "granted_on", date.fromisoformat, "Give a day as 2026-11-22."),
        first_loan=_yes_or_no(row, "first_loan"),
        unsecured=_yes_or_no(row, "unsecured"),
        medium_long=_yes_or_no(row, "medium_long"),
        loan_class=_word(LoanClass, row, "class"),
        days_past_due=_bounded(
            row, "days_past_due", _converted(row, "days_past_due", int, "Give days."), _MOST_DAYS
        ),
    )


T = TypeVar("T")


def _converted(row: Row, name: str, convert: Callable[[str], T], mend: str) -> T:
    text = cell(row, name)
    try:
        return convert(text)
    except (ValueError, InvalidOperation) as error:
        raise Violation(name, f"{text!r:.60} cannot be read.", mend) from error


def _number(row: Row) -> str:
    text = cell(row, "number")
    if len(text) > _LONGEST:
        raise Violation("number", f"It has {len(text)} characters.", f"Give {_LONGEST} at most.")
    return text


def _borrower(text: str) -> str:
    if text.startswith(_PERSON) and len(_PERSON) < len(text) <= _LONGEST:
        return text
    return uscc.parse(text.removeprefix(uscc.PARTY_PREFIX), "borrower").party


def _word(kind: type[E], row: Row, name: str) -> E:
    return _converted(row, name, kind, f"Use one of: {', '.join(kind)}.")


def _fen(row: Row, name: str) -> int:
    return _bounded(row, name, fen_of_yuan(cell(row, name), name), MOST_FEN)


def _rate(row: Row) -> int:
    mend = "Give the annual rate in percent, such as 4.35, with four decimals at most."
    percent = _converted(row, "rate", Decimal, mend)
    if not percent.is_finite() or percent * 10_000 != int(percent * 10_000):
        raise Violation("rate", f"{percent} is no such rate.", mend)
    return _bounded(row, "rate", int(percent * 10_000), MOST_PPM)


def _bounded(row: Row, name: str, value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise Violation(name, f"{row.cells[name]} cannot be.", "Look for a slip of the keyboard.")
    return value


def _yes_or_no(row: Row, name: str) -> bool:
    text = cell(row, name)
    if text not in _YES_NO:
        raise Violation(name, f"{text!r:.20} is neither yes nor no.", "Write yes or no (是, 否).")
    return _YES_NO[text]
