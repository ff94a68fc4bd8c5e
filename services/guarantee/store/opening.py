"""Books from off the platform: as uploaded, and the contracts of those in force."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.opening import (
    BookStatus,
    OpeningBook,
    OpeningBookPage,
    ReturnedClaims,
    ReturnedContract,
)
from services.guarantee.store.party_tables import opening_books, returned_claims, returned_contracts
from services.guarantee.store.tables import drawdowns, guarantees

_CHUNK = 400
_COLUMNS = [opening_books.c[field.name] for field in fields(OpeningBook)]


def insert(
    tx: WriteTx, book: OpeningBook, rows: Sequence[ReturnedContract], claims: Sequence[ReturnedClaims]
) -> None:
    content = {"rows": tuple(rows), "claims": tuple(claims)}
    tx.execute(sa.insert(opening_books).values(to_row(book) | content))


def update(tx: WriteTx, book: OpeningBook) -> None:
    tx.execute(sa.update(opening_books).where(opening_books.c.id == book.id).values(to_row(book)))


def get(tx: ReadTx, book_id: str) -> OpeningBook:
    row = tx.row(sa.select(*_COLUMNS).where(opening_books.c.id == book_id))
    if row is None:
        raise NotFound(f"There is no book {book_id}.", field="book_id")
    return from_row(OpeningBook, row)


def to_change(tx: WriteTx, book_id: str) -> OpeningBook:
    tx.lock_rows(sa.select(opening_books.c.id).where(opening_books.c.id == book_id))
    return get(tx, book_id)


def content(tx: ReadTx, book_id: str) -> tuple[tuple[ReturnedContract, ...], tuple[ReturnedClaims, ...]]:
    """The contracts and the claims of a book."""
    columns = (opening_books.c.rows, opening_books.c.claims)
    row = tx.rows(sa.select(*columns).where(opening_books.c.id == book_id))[0]
    return row.rows, row.claims


def page_of(tx: ReadTx, guarantor_id: str | None, cursor: str | None, limit: int) -> OpeningBookPage:
    """The books of a guarantor, or of all."""
    query = sa.select(*_COLUMNS)
    if guarantor_id is not None:
        query = query.where(opening_books.c.guarantor == guarantor_id)
    items, following = page(tx, query, opening_books.c.id, OpeningBook, cursor, limit)
    return OpeningBookPage(items=items, next_cursor=following)


def newest_approved(tx: ReadTx, guarantor_id: str) -> OpeningBook | None:
    mine = (opening_books.c.guarantor == guarantor_id) & (opening_books.c.status == BookStatus.APPROVED)
    row = tx.row(sa.select(*_COLUMNS).where(mine).order_by(opening_books.c.as_of.desc()).limit(1))
    return None if row is None else from_row(OpeningBook, row)


def contracts(tx: ReadTx, guarantor_id: str) -> dict[str, ReturnedContract]:
    """The contracts in force, and those that were, by their numbers."""
    query = sa.select(returned_contracts).where(returned_contracts.c.guarantor == guarantor_id)
    return {row.contract: from_row(ReturnedContract, row) for row in tx.rows(query)}


def replace_contracts(tx: WriteTx, guarantor_id: str, found: Iterable[ReturnedContract]) -> None:
    rows = [to_row(one) | {"guarantor": guarantor_id} for one in found]
    tx.execute(sa.delete(returned_contracts).where(returned_contracts.c.guarantor == guarantor_id))
    if rows:
        tx.execute(sa.insert(returned_contracts), rows)


def add_claims(tx: WriteTx, book: OpeningBook, claims: Iterable[ReturnedClaims]) -> None:
    beside = {"book": book.id, "guarantor": book.guarantor, "period": book.as_of.year}
    rows = [to_row(one) | beside for one in claims]
    if rows:
        tx.execute(insert_into(tx, returned_claims).values(rows))


def claims_of(tx: ReadTx, programme: str, period: int, bank: str | None) -> tuple[int, int, int]:
    """What was paid and released off the platform, by all guarantors, and the released principal by days."""
    table = returned_claims.c
    mine = (table.programme == programme) & (table.period == period)
    if bank is not None:
        mine &= table.bank == bank
    sums = [sa.func.sum(column) for column in (table.paid_fen, table.released_fen, table.released_fen_days)]
    paid_fen, released_fen, released_fen_days = (
        int(total or 0) for total in tx.rows(sa.select(*sums).where(mine))[0]
    )
    return paid_fen, released_fen, released_fen_days


def claiming_banks(tx: ReadTx, programme: str, period: int) -> set[str]:
    mine = (returned_claims.c.programme == programme) & (returned_claims.c.period == period)
    return {row.bank for row in tx.rows(sa.select(returned_claims.c.bank).where(mine).distinct())}


def on_platform(tx: ReadTx, guarantor_id: str, numbers: Collection[str]) -> set[str]:
    """Which of these are numbers of guarantees of the guarantor, of their applications or of their loans."""
    found: set[str] = set()
    wanted = sorted(numbers)
    mine = guarantees.c.guarantor == guarantor_id
    joined = guarantees.outerjoin(drawdowns, drawdowns.c.guarantee_id == guarantees.c.id)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        for column in (guarantees.c.id, guarantees.c.application_id, drawdowns.c.loan_id):
            query = sa.select(column).select_from(joined).where(mine & column.in_(chunk))
            found |= {row[0] for row in tx.rows(query)}
    return found
