"""The rows of a return's book: written as they are read, and asked only for sums and for what disagrees."""

from collections.abc import Iterator, Sequence
from datetime import date

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row
from libs.registry.loan_terms import ProductKind
from services.lending.domain.loan import LoanClass, LoanStatus
from services.lending.domain.returns.book import BookLoan
from services.lending.domain.returns.cells import BookCell
from services.lending.domain.returns.differences import MOST_OF_A_KIND, BookSums, Carried, OnPlatform
from services.lending.domain.returns.returned import Return
from services.lending.store.loans import loans, repayments
from services.lending.store.return_tables import return_rows

NPL = (LoanClass.SUBSTANDARD, LoanClass.DOUBTFUL, LoanClass.LOSS)
_COUNTED = ("kind", "county", "industry_division", "size", "owner_kind")
_MOST = MOST_OF_A_KIND + 1  # one more says that there are more


def insert(tx: WriteTx, return_id: str, rows: Sequence[tuple[BookLoan, str, bool]]) -> None:
    """Loans, each with the pseudonym of its borrower and whether it is inclusive."""
    tx.execute(
        sa.insert(return_rows),
        [
            {name: getattr(loan, name) for name in _OWN}
            | {"return_id": return_id, "firm_key": key, "inclusive": inclusive}
            for loan, key, inclusive in rows
        ],
    )


_OWN = tuple(
    column.name for column in return_rows.c if column.name not in ("return_id", "firm_key", "inclusive")
)


def sums(tx: ReadTx, return_id: str, year: int) -> BookSums:
    """Of the inclusive rows; first loans are those granted in a year."""
    table = return_rows.c
    this_year = table.granted_on >= date(year, 1, 1)
    columns = {
        "inclusive_fen": _sum(),
        "inclusive_npl_fen": _sum(table.loan_class.in_(NPL)),
        "inclusive_unsecured_fen": _sum(table.unsecured),
        "inclusive_medium_long_fen": _sum(table.medium_long),
        "households": _borrowers(table.balance_fen > 0),
        "first_loan_households": _borrowers(table.first_loan & this_year),
    }
    query = sa.select(*[column.label(name) for name, column in columns.items()])
    row = tx.rows(query.where(table.return_id == return_id, table.inclusive))[0]
    return BookSums(**{name: int(getattr(row, name)) for name in columns})


def cells(tx: ReadTx, return_id: str) -> Iterator[BookCell]:
    """The book as sums by what statistics know of a borrower."""
    table = return_rows.c
    groups = [table[name] for name in (*_COUNTED, "inclusive")]
    measures = {
        "loans": sa.func.count(),
        "households": _borrowers(table.balance_fen > 0),
        "balance_fen": _sum(),
        "npl_fen": _sum(table.loan_class.in_(NPL)),
        "unsecured_fen": _sum(table.unsecured),
        "medium_long_fen": _sum(table.medium_long),
        "first_loan_households": _borrowers(table.first_loan),
    }
    query = sa.select(*groups, *[measure.label(name) for name, measure in measures.items()])
    grouped = query.where(table.return_id == return_id).group_by(*groups).order_by(*groups)
    return (from_row(BookCell, row) for row in tx.execute(grouped))


def on_platform(tx: ReadTx, told: Return, last_day: date) -> Iterator[OnPlatform]:
    """The bank's loans as the platform knows them on a day, where the book disagrees."""
    later = (
        sa.select(sa.func.coalesce(sa.func.sum(repayments.c.principal_fen), 0))
        .where(repayments.c.loan_id == loans.c.id, repayments.c.paid_on > last_day)
        .scalar_subquery()
    )
    known_fen = loans.c.outstanding_fen + later
    in_book = (return_rows.c.return_id == told.id) & (return_rows.c.number == loans.c.external_id)
    ours = (
        (loans.c.bank == told.bank) & (loans.c.disbursed_on <= last_day) & (loans.c.sandbox == told.sandbox)
    )
    book_fen = return_rows.c.balance_fen
    differs = sa.case((book_fen.is_(None), known_fen > 0), else_=book_fen != known_fen)
    query = (
        sa.select(loans.c.external_id, known_fen.label("known_fen"), book_fen.label("book_fen"))
        .select_from(loans.outerjoin(return_rows, in_book))
        .where(ours, loans.c.status != LoanStatus.WRITTEN_OFF, differs)
        .order_by(loans.c.external_id)
        .limit(_MOST)
    )
    return (OnPlatform(row.external_id, int(row.known_fen), row.book_fen) for row in tx.execute(query))


def carried(tx: ReadTx, return_id: str, last_id: str) -> Iterator[Carried]:
    """Loans that both books have, and that are not simply smaller in this one, or drawn on again."""
    this, last = return_rows.alias("this"), return_rows.alias("last")
    both = (this.c.return_id == return_id) & (last.c.return_id == last_id) & (this.c.number == last.c.number)
    same = this.c.firm_key == last.c.firm_key
    grown = (this.c.balance_fen > last.c.balance_fen) & (this.c.kind != ProductKind.REVOLVING_LINE)
    odd = sa.not_(same) | (this.c.granted_on != last.c.granted_on) | grown
    query = (
        sa.select(
            this.c.number,
            this.c.balance_fen.label("fen"),
            last.c.balance_fen.label("last_fen"),
            this.c.granted_on,
            last.c.granted_on.label("last_granted_on"),
            same.label("same_borrower"),
        )
        .where(both, odd)
        .order_by(this.c.number)
        .limit(_MOST)
    )
    return (
        Carried(
            number=row.number,
            fen=row.fen,
            last_fen=row.last_fen,
            granted_on=row.granted_on,
            last_granted_on=row.last_granted_on,
            same_borrower=bool(row.same_borrower),
        )
        for row in tx.execute(query)
    )


def _sum(where: sa.ColumnElement[bool] | None = None) -> sa.ColumnElement[int]:
    amount = return_rows.c.balance_fen
    counted = amount if where is None else sa.case((where, amount), else_=0)
    return sa.func.coalesce(sa.func.sum(counted), 0)


def _borrowers(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.distinct(sa.case((where, return_rows.c.firm_key), else_=None)))
