"""Invoices of one party: a few at once in one transaction, a whole file in many."""

from collections.abc import Iterable
from datetime import date
from itertools import islice

from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.principal import Principal
from libs.criteria.violation import Violation
from services.credit.domain import bulk
from services.credit.domain.bulk import BulkOutcome, RowState
from services.credit.domain.delivery import Delivery, DeliveryKind, NewDelivery, Row
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.spans import rows_of
from services.credit.intake import tables
from services.credit.operations import deliveries
from services.credit.operations.access import require_filler
from services.credit.store import deliveries as store

LARGEST_BULK = 5_000


def add_invoices(tx: WriteTx, by: Principal, party: str, new: NewInvoices) -> BulkOutcome:
    """Record invoices by their numbers, again as often as one likes; count their months anew."""
    if len(new.invoices) > LARGEST_BULK:
        raise Violation(
            "invoices", "The delivery is too large.", f"Send at most {LARGEST_BULK}, or upload a CSV."
        )
    require_filler(tx, by, party, "invoices")
    rows = [Row(number, party, invoice) for number, invoice in enumerate(new.invoices, 1)]
    delivery = deliveries.deliver(tx, by, _named(new.covers_until), rows, party)
    return _outcome(tx, delivery, party)


def load_file(
    database: Database, by: Principal, party: str, file: Iterable[str], covers_until: date | None
) -> BulkOutcome:
    """Record a CSV of any length in bounded memory. What was recorded before it broke off stays, and comes to the
    same when the file is sent again."""
    rows = tables.rows(file, DeliveryKind.INVOICES, party)

    def begin(tx: WriteTx) -> Delivery:
        require_filler(tx, by, party, "invoices")
        return deliveries.open_delivery(tx, by, _named(covers_until), party)

    delivery = deliveries.load(database, by, database.transact(begin), rows)
    with database.read() as tx:
        return _outcome(tx, delivery, party)


def _named(covers_until: date | None) -> NewDelivery:
    return NewDelivery(kind=DeliveryKind.INVOICES, covers_until=covers_until)


def _outcome(tx: ReadTx, delivery: Delivery, party: str) -> BulkOutcome:
    bad = store.spans(tx, delivery.id, RowState.REJECTED, limit=bulk.SHOWN_REJECTIONS)
    return BulkOutcome(
        party=party,
        recorded=delivery.recorded,
        known=delivery.known,
        rejected=delivery.rejected,
        rows=tuple(islice(rows_of(bad.items), bulk.SHOWN_REJECTIONS)),
        delivery=delivery.id,
    )
