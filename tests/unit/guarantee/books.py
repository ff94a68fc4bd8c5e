"""Books from off the platform to test with."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.finance.money import fen_of_yuan
from libs.registry import uscc
from services.guarantee.domain.intake import COLUMNS
from services.guarantee.domain.opening import BookReport, ControlTotals, NewBook, OpeningBook, ReturnKind
from services.guarantee.operations import opening_books
from tests.unit.guarantee.chain import HELAN

OFFICER = Principal("acc_officer", Role.GUARANTOR_OFFICER, HELAN.id)
CHECKER = Principal("acc_checker", Role.GUARANTOR_MANAGER, HELAN.id)
OCTOBER = date(2026, 10, 31)

PLAIN = {
    "bank": "org_bank",
    "programme": "ordinary",
    "loan_amount": "1000000",
    "loan_balance": "1000000.00",
    "guaranteed_balance": "800000.00",
    "size": "SMALL",
    "owner_kind": "ENTERPRISE",
    "county": "640122",
    "drawn_on": "2025-06-01",
    "due_on": "2027-06-01",
    "fee": "10000",
    "provincial_filed": "yes",
    "national_filed": "no",
}


def party(number: int) -> str:
    """The party id of a firm with a valid code of its own."""
    return uscc.complete(f"91640100{number:09d}").party


def row(number: int, **other: str) -> dict[str, str]:
    return {"contract": f"HL-{number}", "party": party(number)} | PLAIN | other


def csv_of(rows: Sequence[Mapping[str, str]]) -> str:
    lines = [",".join(COLUMNS), *(",".join(one[name] for name in COLUMNS) for one in rows)]
    return "\n".join(lines) + "\n"


def book(rows: Sequence[Mapping[str, str]], **other: Any) -> NewBook:
    totals = ControlTotals(
        contracts=len(rows),
        balance_fen=sum(fen_of_yuan(one["loan_balance"]) for one in rows),
        liability_fen=sum(fen_of_yuan(one["guaranteed_balance"]) for one in rows),
    )
    return NewBook(**({"as_of": OCTOBER, "csv": csv_of(rows), "totals": totals} | other))


def upload(database: Database, new: NewBook, by: Principal = OFFICER) -> BookReport:
    return database.transact(lambda tx: opening_books.upload(tx, by, new))


def approve(database: Database, book_id: str, by: Principal = CHECKER) -> OpeningBook:
    return database.transact(lambda tx: opening_books.approve(tx, by, book_id))


def load(database: Database, rows: Sequence[Mapping[str, str]], **other: Any) -> OpeningBook:
    """Uploaded by one, approved by another."""
    report = upload(database, book(rows, **other))
    assert report.book is not None, [one for one in report.rows if not one.ok] or report.mismatches
    return approve(database, report.book)


def monthly(database: Database, rows: Sequence[Mapping[str, str]], as_of: date) -> OpeningBook:
    return load(database, rows, as_of=as_of, kind=ReturnKind.MONTHLY)
