"""Invoices, their monthly flows, and the deliveries that brought them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.vault import vault
from libs.eventing.tables import insert_into
from services.credit.domain.features import SalesHistory, needed
from services.credit.domain.invoices import Flow, Invoice, InvoiceDirection, InvoiceStatus, month_of
from services.credit.store.tables import invoice_deliveries, invoice_flows, invoices


def open_delivery(tx: WriteTx, party: str, covers_until: date, by: str) -> str:
    delivery = tx.new_id("inv")
    row = {
        "id": delivery,
        "party": party,
        "covers_until": covers_until,
        "opened_at": tx.now,
        "recorded_by": by,
    }
    tx.execute(sa.insert(invoice_deliveries).values(row))
    return delivery


def add_invoices(tx: WriteTx, party: str, new: Sequence[Invoice]) -> int:
    """Keep those that are new, and note which are void. Returns how many rows changed."""
    if not new:
        return 0
    insert = insert_into(tx, invoices)
    voided = {"voided_at": insert.excluded.voided_at}
    only_news = invoices.c.voided_at.is_(None) & insert.excluded.voided_at.is_not(None)
    upsert = insert.on_conflict_do_update(
        index_elements=list(invoices.primary_key), set_=voided, where=only_news
    )
    changed = tx.execute(upsert.returning(invoices.c.month), _rows(party, new, tx.now))
    return len(changed.all())


def _rows(party: str, new: Sequence[Invoice], now: datetime) -> list[dict[str, object]]:
    """A row an invoice: PostgreSQL takes none twice in one statement. That it is void counts, whenever it is said."""
    pseudonyms = {name: vault().blind_index(name) for name in {invoice.counterparty for invoice in new}}
    once: dict[tuple[str, str, date], dict[str, object]] = {}
    for invoice in new:
        row = _row(party, invoice, pseudonyms[invoice.counterparty], now)
        known = once.setdefault((invoice.direction, invoice.number, invoice.issued_on), row)
        known["voided_at"] = known["voided_at"] or row["voided_at"]
    return list(once.values())


def _row(party: str, invoice: Invoice, counterparty: str, now: datetime) -> dict[str, object]:
    return {
        "party": party,
        "direction": invoice.direction.value,
        "number": invoice.number,
        "issued_on": invoice.issued_on,
        "month": month_of(invoice.issued_on),
        "counterparty": counterparty,
        "net_fen": invoice.net_fen,
        "tax_fen": invoice.tax_fen,
        "recorded_at": now,
        "voided_at": now if invoice.status is InvoiceStatus.VOID else None,
    }


def count(tx: WriteTx, party: str, months: Collection[int] | None = None) -> None:
    """Sum the party's valid invoices up anew, of some months or of all."""
    tx.execute(sa.delete(invoice_flows).where(*_of(invoice_flows, party, months)))
    net = invoices.c.net_fen
    keys = [invoices.c.party, invoices.c.direction, invoices.c.month, invoices.c.counterparty]
    sums = [
        sa.func.sum(sa.case((net > 0, net), else_=0)),
        sa.func.sum(sa.case((net < 0, -net), else_=0)),
        sa.func.count(),
    ]
    valid = (
        sa.select(*keys, *sums)
        .where(*_of(invoices, party, months), invoices.c.voided_at.is_(None))
        .group_by(*keys)
    )
    tx.execute(sa.insert(invoice_flows).from_select([column.name for column in invoice_flows.columns], valid))


def _of(table: sa.Table, party: str, months: Collection[int] | None) -> Sequence[sa.ColumnElement[bool]]:
    of_party = table.c.party == party
    return (of_party,) if months is None else (of_party, table.c.month.in_(months))


def close_delivery(tx: WriteTx, delivery: str) -> None:
    """All its rows are here, and in the flows."""
    this = invoice_deliveries.c.id == delivery
    tx.execute(sa.update(invoice_deliveries).where(this).values(counted_at=tx.now))


def give_up_delivery(tx: WriteTx, delivery: str) -> None:
    """It broke off: what came of it stays, but it covers no day."""
    this = (invoice_deliveries.c.id == delivery) & invoice_deliveries.c.counted_at.is_(None)
    tx.execute(sa.update(invoice_deliveries).where(this).values(counted_at=tx.now, covers_until=None))


def open_since_before(tx: ReadTx, instant: datetime) -> list[tuple[str, str]]:
    """Id and party of deliveries that were opened before an instant and never counted."""
    never = (invoice_deliveries.c.counted_at.is_(None), invoice_deliveries.c.opened_at < instant)
    query = sa.select(invoice_deliveries.c.id, invoice_deliveries.c.party).where(*never)
    return [(row.id, row.party) for row in tx.rows(query.order_by(invoice_deliveries.c.id))]


def sales_history(tx: ReadTx, party: str, as_of: date) -> SalesHistory | None:
    """What features on a day are made of; None while nothing was delivered."""
    counted = (invoice_deliveries.c.party == party) & invoice_deliveries.c.counted_at.is_not(None)
    covered = sa.select(sa.func.max(invoice_deliveries.c.covers_until)).where(counted)
    sales = (invoice_flows.c.party == party) & (invoice_flows.c.direction == InvoiceDirection.SALE.value)
    covers_until: date | None = tx.scalar(covered)
    since: int | None = tx.scalar(sa.select(sa.func.min(invoice_flows.c.month)).where(sales))
    if covers_until is None or since is None:
        return None
    months = needed(covers_until, as_of)
    wanted = sa.select(invoice_flows).where(sales, invoice_flows.c.month.between(months.first, months.last))
    return SalesHistory([_flow(row) for row in tx.rows(wanted)], since, covers_until)


def _flow(row: sa.Row[tuple[object, ...]]) -> Flow:
    return Flow(row.month, row.counterparty, row.gross_fen, row.refunds_fen, row.invoices)
