"""A bank's list of loans for batch business (总对总): each row a loan that was lent and is to be covered.

| column | |
|---|---|
| loan_number | the bank's own number; for a loan of the platform, its id there |
| guarantee_id, application_id | the reservation on the platform, by one of the two |
| party, county, industry_division, size, owner_kind | the borrower of a loan that nobody reserved for |
| amount_yuan, term_months, drawn_on | the loan |
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from libs.criteria.shape import Shape
from libs.criteria.table_text import Row, cell
from libs.criteria.violation import Violation
from libs.finance.money import fen_of_yuan
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size

REQUIRED = ("loan_number", "amount_yuan", "term_months", "drawn_on")
OPTIONAL = (
    "guarantee_id",
    "application_id",
    "party",
    "county",
    "industry_division",
    "size",
    "owner_kind",
)
_NUMBER = re.compile(r"[A-Za-z0-9_.-]{1,40}")

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatchList(Shape):
    """`dry_run`: only say what would become of each row. `all_or_nothing`: keep none where one is wrong."""

    programme: str
    guarantor: str
    csv: str
    dry_run: bool = False
    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow(Shape):
    """What became of a row. `ok`: the loan is listed. A loan that failed the checks has a guarantee that says so."""

    row: int
    loan_number: str
    ok: bool
    guarantee_id: str | None = None
    loan_id: str | None = None
    field: str | None = None
    message: str | None = None
    mend: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchList(Shape):
    """`id` is empty where nothing was kept."""

    id: str
    bank: str
    programme: str
    guarantor: str
    listed_by: str
    listed_at: datetime
    rows: tuple[BatchRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLoan:
    """A row, read."""

    number: str
    guarantee_id: str | None
    application_id: str | None
    amount_fen: int
    term_months: int
    drawn_on: date

    @property
    def is_reserved(self) -> bool:
        return self.guarantee_id is not None or self.application_id is not None

    def loan_id(self, bank: str) -> str:
        """The id on the platform, or the bank's number under the bank's name."""
        return self.number if self.is_reserved else f"{bank}:{self.number}"


def listed_loan(row: Row, today: date) -> ListedLoan:
    number = cell(row, "loan_number")
    if not _NUMBER.fullmatch(number):
        raise Violation("loan_number", f"{number!r} is no number.", "Give up to 40 letters, digits and _ . -")
    drawn_on = _day(row)
    if drawn_on > today:
        raise Violation("drawn_on", f"{drawn_on} is not yet.", "List loans that were paid out.")
    return ListedLoan(
        number=number,
        guarantee_id=row.cells.get("guarantee_id") or None,
        application_id=row.cells.get("application_id") or None,
        amount_fen=_fen(row),
        term_months=_whole(row, "term_months"),
        drawn_on=drawn_on,
    )


def dimensions(row: Row, firm_key: str) -> Dimensions:
    """The borrower of a loan that nobody reserved for."""
    size = row.cells.get("size")
    return Dimensions(
        county=cell(row, "county"),
        industry_division=row.cells.get("industry_division", ""),
        size=_word(Size, "size", size) if size else None,
        owner_kind=_word(OwnerKind, "owner_kind", cell(row, "owner_kind")),
        firm_key=firm_key,
    )


def application_of(bank: str, number: str) -> str:
    """The name under which a loan that nobody applied for here is reserved: the same for the same loan."""
    return f"{EXTERNAL}{sha256(f'{bank}:{number}'.encode()).hexdigest()[:32]}"


EXTERNAL = "ext_"


def _day(row: Row) -> date:
    text = cell(row, "drawn_on")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Violation("drawn_on", f"{text!r} is no day.", "Give it as 2026-11-22.") from error


def _whole(row: Row, name: str) -> int:
    text = cell(row, name)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise Violation(name, f"{text!r} is no whole number.", "Give a whole number from 1.")
    return int(text)


def _fen(row: Row) -> int:
    text = cell(row, "amount_yuan")
    fen = fen_of_yuan(text, "amount_yuan")
    if fen < 1:
        raise Violation("amount_yuan", f"A loan of {text} yuan.", "Give an amount above zero.")
    return fen


def _word(kind: type[E], name: str, text: str) -> E:
    try:
        return kind(text)
    except ValueError as error:
        raise Violation(name, f"{text!r} is not known.", f"Use one of: {', '.join(kind)}.") from error
