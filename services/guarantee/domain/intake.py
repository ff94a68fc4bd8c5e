"""A guarantor's book as CSV: one row, one contract; amounts in yuan. Every mistake names its row and column.

| column | |
|---|---|
| contract | the guarantor's own number; of a loan that is also on the platform it is refused |
| party | `uscc:…` or 18 characters of a unified social credit code, or `person:…`; names are not taken |
| bank | its organisation id on the platform, or its name |
| programme | one of the platform's, or empty |
| loan_amount, loan_balance, guaranteed_balance, fee | yuan |
| size, owner_kind, county | of the borrower; size empty where it cannot be judged |
| drawn_on, due_on | 2026-11-22 |
| provincial_filed, national_filed | yes or no |
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from libs.criteria.table_text import Row, cell, read
from libs.criteria.violation import Violation
from libs.finance.money import fen_of_yuan
from libs.registry import uscc
from libs.registry.dimensions import OwnerKind
from libs.registry.regions import county_of
from libs.registry.size import Size
from services.guarantee.domain.opening import BookRow, ReturnedContract

COLUMNS = (
    "contract",
    "party",
    "bank",
    "programme",
    "loan_amount",
    "loan_balance",
    "guaranteed_balance",
    "size",
    "owner_kind",
    "county",
    "drawn_on",
    "due_on",
    "fee",
    "provincial_filed",
    "national_filed",
)
_PERSON = "person:"
_LONGEST = 80
_YES_NO = {"yes": True, "no": False, "是": True, "否": False}

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row as a contract, or what is wrong with it."""

    row: int
    contract: str
    content: ReturnedContract | None
    wrong: Violation | None = None

    def told(self) -> BookRow:
        if self.wrong is None:
            return BookRow(row=self.row, contract=self.contract, ok=True)
        return BookRow(
            row=self.row,
            contract=self.contract,
            ok=False,
            column=self.wrong.field,
            message=self.wrong.message,
            mend=self.wrong.mend,
        )


def parse(
    text: str, as_of: date, programmes: Collection[str], doubled: Collection[str] = ()
) -> Iterator[Parsed]:
    """Every row, good or bad; `doubled`: numbers that are on the platform. Violation for a wrong header."""
    first: dict[str, int] = {}
    for row in read(text, COLUMNS):
        number = row.cells["contract"]
        try:
            content = _contract(row, as_of, programmes)
            _check_once(number, row.number, first.setdefault(number, row.number), doubled)
            yield Parsed(row.number, number, content)
        except Violation as wrong:
            yield Parsed(row.number, number, None, wrong)


def numbers(text: str) -> set[str]:
    """The numbers of all contracts of a book."""
    return {row.cells["contract"] for row in read(text, COLUMNS)}


def _contract(row: Row, as_of: date, programmes: Collection[str]) -> ReturnedContract:
    return ReturnedContract(
        contract=_short(row, "contract"),
        party=_party(cell(row, "party")),
        bank=_short(row, "bank"),
        programme=_programme(row, programmes),
        loan_fen=_fen(row, "loan_amount"),
        balance_fen=_fen(row, "loan_balance"),
        liability_fen=_fen(row, "guaranteed_balance"),
        size=_word(Size, "size", row.cells["size"]) if row.cells["size"] else None,
        owner_kind=_word(OwnerKind, "owner_kind", cell(row, "owner_kind")),
        county=county_of(cell(row, "county")).code,
        drawn_on=_drawn_on(row, as_of),
        due_on=_day(row, "due_on"),
        fee_fen=_fen(row, "fee"),
        provincial_filed=_yes_or_no(row, "provincial_filed"),
        national_filed=_yes_or_no(row, "national_filed"),
    )


def _check_once(number: str, row: int, first: int, doubled: Collection[str]) -> None:
    if first != row:
        raise Violation(
            "contract", f"Contract {number} stands in row {first} already.", "Keep one row of the two."
        )
    if number in doubled:
        message = f"Contract {number} is on the platform, which counts it already."
        raise Violation("contract", message, "Leave it out of the return.")


def _short(row: Row, name: str) -> str:
    text = cell(row, name)
    if len(text) > _LONGEST:
        raise Violation(name, f"{name} has {len(text)} characters.", f"Give {_LONGEST} at most.")
    return text


def _party(text: str) -> str:
    if text.startswith(_PERSON) and text != _PERSON and len(text) <= _LONGEST:
        return text
    return uscc.parse(text.removeprefix(uscc.PARTY_PREFIX), "party").party


def _programme(row: Row, programmes: Collection[str]) -> str | None:
    text = row.cells["programme"]
    if text and text not in programmes:
        choice = ", ".join(sorted(programmes))
        raise Violation(
            "programme", f"There is no programme {text}.", f"Leave it empty, or use one of: {choice}."
        )
    return text or None


def _fen(row: Row, name: str) -> int:
    return fen_of_yuan(cell(row, name), name)


def _day(row: Row, name: str) -> date:
    text = cell(row, name)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Violation(name, f"{text!r} is no day.", "Give it as 2026-11-22.") from error


def _drawn_on(row: Row, as_of: date) -> date:
    day = _day(row, "drawn_on")
    if day > as_of:
        raise Violation(
            "drawn_on", f"{day} is after {as_of}, the day of the book.", "Give it in a later return."
        )
    return day


def _yes_or_no(row: Row, name: str) -> bool:
    text = cell(row, name)
    if text not in _YES_NO:
        raise Violation(name, f"{text!r} is neither yes nor no.", "Write yes or no (是, 否).")
    return _YES_NO[text]


def _word(kind: type[E], name: str, text: str) -> E:
    try:
        return kind(text)
    except ValueError as error:
        raise Violation(name, f"{text!r} is not known.", f"Use one of: {', '.join(kind)}.") from error
