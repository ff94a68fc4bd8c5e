"""The ledger: entries are only ever added; balances and heads follow in the same transaction."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.ledger import GENESIS, Account, Entry, Head, Root, Stored
from services.guarantee.store.tables import ledger_balances, ledger_entries, ledger_heads, ledger_roots

Balances = Mapping[tuple[str, str, str], int]  # (book, account, other) -> fen

_ROWS_AT_A_TIME = 5000


def lock_heads(tx: WriteTx, books: Sequence[str]) -> dict[str, Head]:
    """The last entry of each book, which nobody else follows until the end; a new book begins at number 0."""
    wanted = sorted(set(books))
    rows = tx.execute(_LOCK_HEADS, {"books": wanted}).all()
    if len(rows) < len(wanted):
        fresh = [{"book": book, "number": 0, "hash": GENESIS} for book in wanted]
        tx.execute(insert_into(tx, ledger_heads).values(fresh).on_conflict_do_nothing())
        rows = tx.execute(_LOCK_HEADS, {"books": wanted}).all()
    return {row.book: Head(book=row.book, number=row.number, hash=row.hash) for row in rows}


def append(tx: WriteTx, entries: Sequence[Entry], heads: Sequence[Head], changes: Balances) -> None:
    """The entries, the heads after them, and what they change of balances."""
    tx.execute(_APPEND, [to_row(entry) for entry in entries])
    moved = [{"of": head.book, "to": head.number, "now": head.hash} for head in heads]
    tx.execute(_MOVE_HEAD, moved)
    rows = [
        {"book": book, "account": account, "other": other, "amount_fen": amount_fen}
        for (book, account, other), amount_fen in sorted(changes.items())
    ]
    fresh = insert_into(tx, ledger_balances)
    total = ledger_balances.c.amount_fen + fresh.excluded.amount_fen
    key = list(ledger_balances.primary_key)
    tx.execute(fresh.on_conflict_do_update(index_elements=key, set_={"amount_fen": total}), rows)


_APPEND = sa.insert(ledger_entries)
_LOCK_HEADS = (
    sa.select(ledger_heads)
    .where(ledger_heads.c.book.in_(sa.bindparam("books", expanding=True)))
    .order_by(ledger_heads.c.book)
    .with_for_update()
)
_HASH = sa.select(ledger_entries.c.hash).where(
    ledger_entries.c.book == sa.bindparam("of"), ledger_entries.c.number == sa.bindparam("at")
)
_MOVE_HEAD = (
    sa.update(ledger_heads)
    .where(ledger_heads.c.book == sa.bindparam("of"))
    .values(number=sa.bindparam("to"), hash=sa.bindparam("now"))
)


def heads(tx: ReadTx) -> tuple[Head, ...]:
    return tuple(
        from_row(Head, row) for row in tx.rows(sa.select(ledger_heads).order_by(ledger_heads.c.book))
    )


def balances(tx: ReadTx, book: str | None = None) -> Balances:
    """Every balance, or those of one book."""
    query = sa.select(ledger_balances)
    if book is not None:
        query = query.where(ledger_balances.c.book == book)
    return {(row.book, row.account, row.other): row.amount_fen for row in tx.rows(query)}


def balance(tx: ReadTx, book: str, account: Account, other: str) -> int:
    here = ledger_balances.c
    mine = (here.book == book) & (here.account == account) & (here.other == other)
    return tx.scalar(sa.select(here.amount_fen).where(mine)) or 0


def entries(tx: ReadTx, book: str, after: int, limit: int) -> tuple[Entry, ...]:
    """The entries of a book in their order, from behind a number."""
    here = ledger_entries.c
    query = sa.select(ledger_entries).where((here.book == book) & (here.number > after)).order_by(here.number)
    return tuple(_entry(row) for row in tx.rows(query.limit(limit)))


def stored(tx: ReadTx, book: str) -> Iterator[Stored]:
    """All entries of a book in their order, in bounded memory."""
    times = _times(tx.connection.dialect.name)
    columns = [times.get(name, ledger_entries.c[name]) for name in Stored._fields]
    query = sa.select(*columns).where(ledger_entries.c.book == book).order_by(ledger_entries.c.number)
    return map(Stored._make, tx.execute(query.execution_options(yield_per=_ROWS_AT_A_TIME)))


def _times(dialect: str) -> dict[str, sa.ColumnElement[str]]:
    """The times of an entry as the text that is hashed, made by the database: an audit reads millions of them."""
    on, at = ledger_entries.c.business_date, ledger_entries.c.recorded_at
    if dialect == "sqlite":
        instant = sa.func.replace(sa.type_coerce(at, sa.String), " ", "T", type_=sa.String)
        return {"business_date": sa.type_coerce(on, sa.String), "recorded_at": instant.concat("+00:00")}
    utc = sa.func.timezone("UTC", at)
    instant = sa.func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.US', type_=sa.String)
    day = sa.func.to_char(on, "YYYY-MM-DD", type_=sa.String)
    return {"business_date": day, "recorded_at": instant.concat("+00:00")}


def of_reference(tx: ReadTx, reference: str) -> tuple[Entry, ...]:
    here = ledger_entries.c
    query = sa.select(ledger_entries).where(here.reference == reference).order_by(here.book, here.number)
    return tuple(_entry(row) for row in tx.rows(query))


def recorded(
    tx: ReadTx, book: str, other: str, since: datetime, until: datetime | None = None
) -> tuple[Entry, ...]:
    """The entries with a counterparty that were written into a book from an instant until before another."""
    here = ledger_entries.c
    named = here.postings.contains(json.dumps(other, ensure_ascii=False), autoescape=True)
    mine = (here.book == book) & (here.recorded_at >= since) & named
    if until is not None:
        mine &= here.recorded_at < until
    rows = tx.rows(sa.select(ledger_entries).where(mine).order_by(here.number))
    return tuple(_entry(row) for row in rows)


def roots(tx: ReadTx) -> tuple[Root, ...]:
    rows = tx.rows(sa.select(ledger_roots).order_by(ledger_roots.c.day))
    return tuple(from_row(Root, row) for row in rows)


def hashes(tx: ReadTx, places: Sequence[tuple[str, int]]) -> dict[str, str]:
    """The hash of one entry of each book, by the book; (book, number). One by one: SQLite has no index for pairs."""
    asked = ((book, tx.execute(_HASH, {"of": book, "at": number}).scalar()) for book, number in places)
    return {book: found for book, found in asked if found is not None}


def last_root(tx: ReadTx) -> Root | None:
    row = tx.row(sa.select(ledger_roots).order_by(ledger_roots.c.day.desc()).limit(1))
    return None if row is None else from_row(Root, row)


def add_root(tx: WriteTx, root: Root) -> None:
    tx.execute(sa.insert(ledger_roots).values(to_row(root)))


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(**row._mapping)  # pyright: ignore[reportPrivateUsage]
