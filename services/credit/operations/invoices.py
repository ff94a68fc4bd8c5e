"""Invoices: a few at once in one transaction, a whole file in many."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import reduce
from itertools import islice
from typing import TextIO

from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.criteria.violation import Violation
from services.credit.domain import bulk
from services.credit.domain.bulk import BulkOutcome, RowOutcome
from services.credit.domain.invoices import (
    Invoice,
    NewInvoices,
    check_header,
    check_invoice,
    month_of,
    read_rows,
)
from services.credit.operations.access import writable
from services.credit.store import files, invoices, summaries

LARGEST_BULK = 5_000
CHUNK = 5_000  # rows a transaction: bounds memory, and how long other writers wait
BROKEN_AFTER = timedelta(minutes=30)

Rows = Iterable[Invoice | Violation]
Chunk = tuple[int, Sequence[Invoice | Violation]]  # how many rows stand before it, and its own


def add_invoices(tx: WriteTx, by: Principal, party: str, new: NewInvoices) -> BulkOutcome:
    """Record invoices by their numbers, again as often as one likes; count their months anew."""
    if len(new.invoices) > LARGEST_BULK:
        raise Violation(
            "invoices", "The delivery is too large.", f"Send at most {LARGEST_BULK}, or upload a CSV."
        )
    delivery = open_delivery(tx, by, party, new.covers_until)
    outcome = add_chunk(tx, party, new.invoices, 0)
    invoices.count(tx, party, {month_of(invoice.issued_on) for invoice in new.invoices})
    _close(tx, party, delivery)
    return outcome


def load_file(
    database: Database, by: Principal, party: str, file: TextIO, covers_until: date | None
) -> BulkOutcome:
    """Record a CSV of any length in bounded memory. What was recorded before it broke off stays, and comes to the
    same when the file is sent again."""
    try:
        reader = csv.DictReader(file)
        check_header(list(reader.fieldnames or ()))
        delivery = database.transact(lambda tx: open_delivery(tx, by, party, covers_until))
        chunks = _chunks(read_rows(reader))
        outcome = reduce(_sum, (_keep(database, party, chunk) for chunk in chunks), bulk.outcome(party, ()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Violation("file", f"This is no CSV in UTF-8: {error}.", "Save it as CSV in UTF-8.") from error
    database.transact(lambda tx: close_delivery(tx, party, delivery))
    return outcome


def open_delivery(tx: WriteTx, by: Principal, party: str, covers_until: date | None) -> str:
    """A delivery is on its way; who may write is decided here."""
    files.lock_party(tx, party)
    writable(tx, by, party)
    until = covers_until or tx.today
    if until > tx.today:
        raise Violation(
            "covers_until", f"{until} is still to come.", "Give the last day of which all invoices are here."
        )
    return invoices.open_delivery(tx, party, until, by.subject)


def add_chunk(tx: WriteTx, party: str, rows: Rows, before: int) -> BulkOutcome:
    good: list[Invoice] = []
    bad: list[RowOutcome] = []
    for number, row in enumerate(rows, before + 1):
        try:
            good.append(_checked(row, tx.today))
        except Violation as violation:
            bad.append(bulk.rejected(number, violation))
    recorded = invoices.add_invoices(tx, party, good)
    shown = tuple(bad[: bulk.SHOWN_REJECTIONS])
    return BulkOutcome(
        party=party, recorded=recorded, known=len(good) - recorded, rejected=len(bad), rows=shown
    )


def close_delivery(tx: WriteTx, party: str, delivery: str) -> None:
    files.lock_party(tx, party)
    invoices.count(tx, party)
    _close(tx, party, delivery)


def broken_deliveries(tx: ReadTx, by: Principal) -> list[tuple[str, str]]:
    """Id and party of uploads that broke off long ago."""
    by.require(Role.SERVICE)
    return invoices.open_since_before(tx, tx.now - BROKEN_AFTER)


def give_up_delivery(tx: WriteTx, by: Principal, delivery: str, party: str) -> None:
    """Count what came of an upload that broke off; it covers no day."""
    by.require(Role.SERVICE)
    files.lock_party(tx, party)
    invoices.count(tx, party)
    invoices.give_up_delivery(tx, delivery)
    summaries.mark_stale(tx, party)


def _close(tx: WriteTx, party: str, delivery: str) -> None:
    invoices.close_delivery(tx, delivery)
    summaries.mark_stale(tx, party)


def _checked(row: Invoice | Violation, today: date) -> Invoice:
    if isinstance(row, Violation):
        raise row
    check_invoice(row, today)
    return row


def _keep(database: Database, party: str, chunk: Chunk) -> BulkOutcome:
    before, rows = chunk
    return database.transact(lambda tx: add_chunk(tx, party, rows, before))


def _chunks(rows: Iterator[Invoice | Violation]) -> Iterator[Chunk]:
    before = 0
    while chunk := list(islice(rows, CHUNK)):
        yield before, chunk
        before += len(chunk)


def _sum(one: BulkOutcome, other: BulkOutcome) -> BulkOutcome:
    return BulkOutcome(
        party=one.party,
        recorded=one.recorded + other.recorded,
        known=one.known + other.known,
        rejected=one.rejected + other.rejected,
        rows=(one.rows + other.rows)[: bulk.SHOWN_REJECTIONS],
    )
