"""Invoices, their monthly flows, and what deliveries brought of each party."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.vault import vault
from libs.eventing.tables import insert_into
from services.credit.domain.delivery import DeliveryState
from services.credit.domain.features import needed
from services.credit.domain.flows import Flow, History
from services.credit.domain.invoices import Invoice, InvoiceDirection, InvoiceStatus, month_of
from services.credit.store.deliveries import deliveries
from services.credit.store.tables import invoice_deliveries, invoice_flows, invoices

_SLACK = timedelta(days=1)  # a clock that was set back in the middle of a delivery hides no month
_UNCOUNTED = invoice_deliveries.c.counted_at.is_(None)

Delivered = tuple[str, Invoice]
"""An invoice with the party that it is of."""

_Key = tuple[str, str, str, date]


def expect(tx: WriteTx, delivery: str, of: Collection[str], covers_until: date | None, by: str) -> None:
    """A delivery brings invoices of these parties; they are in the flows only once they are counted."""
    rows = [
        {
            "id": tx.new_id("inv"),
            "delivery": delivery,
            "party": party,
            "covers_until": covers_until,
            "opened_at": tx.now,
            "recorded_by": by,
        }
        for party in sorted(of)
    ]
    if rows:
        insert = insert_into(tx, invoice_deliveries)
        one = [invoice_deliveries.c.delivery, invoice_deliveries.c.party]
        tx.execute(insert.on_conflict_do_nothing(index_elements=one), rows)


def add_invoices(tx: WriteTx, new: Sequence[Delivered]) -> set[int]:
    """Keep those that are new, and note which are void. Returns which of them changed anything, by their places."""
    if not new:
        return set()
    rows, places = _rows(new, tx.now)
    keys = list(invoices.primary_key)
    insert, given = _insert_of(tx, rows)
    voided = {"voided_at": insert.excluded.voided_at}
    only_news = invoices.c.voided_at.is_(None) & insert.excluded.voided_at.is_not(None)
    upsert = insert.on_conflict_do_update(index_elements=keys, set_=voided, where=only_news)
    changed = tx.execute(upsert.returning(*keys, invoices.c.recorded_at), given)
    return {
        place
        for *key, recorded_at in changed
        for place in places[tuple(key)]
        if recorded_at == tx.now or new[place][1].status is InvoiceStatus.VOID
    }


def _insert_of(tx: WriteTx, rows: list[dict[str, object]]) -> tuple[Any, Any]:
    """An INSERT of many rows, and its parameters. PostgreSQL takes a column as one array: its driver reads a statement
    with a parameter for each cell longer than the server takes to run it."""
    insert = insert_into(tx, invoices)
    if tx.connection.dialect.name == "sqlite":
        return insert, rows
    columns = [sa.bindparam(column.name, type_=postgresql.ARRAY(column.type)) for column in invoices.columns]
    names = [column.name for column in invoices.columns]
    table = sa.func.unnest(*columns).table_valued(*names).render_derived()
    whole = {name: [row[name] for row in rows] for name in names}
    return insert.from_select(names, sa.select(*(table.c[name] for name in names))), whole


def _rows(new: Sequence[Delivered], now: datetime) -> tuple[list[dict[str, object]], dict[Any, list[int]]]:
    """A row an invoice, as PostgreSQL takes none twice in one statement, and which of `new` it may be news from: the
    first, and the first that says that it is void, which counts whenever it is said."""
    pseudonyms = {name: vault().blind_index(name) for name in {invoice.counterparty for _, invoice in new}}
    once: dict[_Key, dict[str, object]] = {}
    places: dict[Any, list[int]] = {}
    for place, (party, invoice) in enumerate(new):
        key = (party, invoice.direction.value, invoice.number, invoice.issued_on)
        known = once.get(key)
        if known is None:
            once[key] = _row(party, invoice, pseudonyms[invoice.counterparty], now)
            places[key] = [place]
        elif known["voided_at"] is None and invoice.status is InvoiceStatus.VOID:
            known["voided_at"] = now
            places[key].append(place)
    return list(once.values()), places


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


def count(tx: WriteTx, of: Collection[str], since: datetime) -> None:
    """Sum these parties' invoices up anew, of the months about which something was said since an instant."""
    fresh = (invoices.c.recorded_at >= since) | (invoices.c.voided_at >= since)
    news = sa.select(invoices.c.party, invoices.c.month).where(invoices.c.party.in_(of), fresh).distinct()
    tx.execute(
        sa.delete(invoice_flows).where(sa.tuple_(invoice_flows.c.party, invoice_flows.c.month).in_(news))
    )
    sums = _summed(
        invoices.c.party.in_(of),
        sa.tuple_(invoices.c.party, invoices.c.month).in_(news),
        void=invoices.c.voided_at.is_not(None),
    )
    tx.execute(sa.insert(invoice_flows).from_select([column.name for column in sums.selected_columns], sums))


def _summed(*which: sa.ColumnElement[bool], void: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Flows as domain/flows.py `tally` makes them."""
    net = invoices.c.net_fen
    keys = [invoices.c.party, invoices.c.direction, invoices.c.month, invoices.c.counterparty]

    def total(what: sa.ColumnElement[int], *where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.cast(sa.func.sum(sa.case((sa.and_(*where), what), else_=0)), sa.BigInteger)

    one: sa.ColumnElement[int] = sa.literal_column("1")
    sums = [
        total(net, ~void, net > 0).label("gross_fen"),
        total(-net, ~void, net < 0).label("refunds_fen"),
        total(invoices.c.tax_fen, ~void).label("tax_fen"),
        total(one, ~void).label("invoices"),
        total(one, ~void, net < 0).label("refunds"),
        total(one, void).label("voids"),
    ]
    return sa.select(*keys, *sums).where(*which).group_by(*keys)


def uncounted(tx: ReadTx, delivery: str, after: str, limit: int) -> list[str]:
    """Parties of the delivery that are not in the flows yet, in their order from behind one."""
    rest = (invoice_deliveries.c.delivery == delivery) & (invoice_deliveries.c.party > after)
    query = sa.select(invoice_deliveries.c.party).where(rest, _UNCOUNTED)
    return [row.party for row in tx.rows(query.order_by(invoice_deliveries.c.party).limit(limit))]


def unsettled(tx: ReadTx) -> set[str]:
    """Deliveries that ended as broken before all that came of them was in the flows."""
    ended = (deliveries.c.id == invoice_deliveries.c.delivery) & (deliveries.c.state == DeliveryState.BROKEN)
    query = sa.select(invoice_deliveries.c.delivery).join(deliveries, ended).where(_UNCOUNTED).distinct()
    return {row.delivery for row in tx.rows(query)}


def count_delivered(tx: WriteTx, delivery: str, of: Collection[str], broken: bool) -> None:
    """Bring what came of these parties into the flows. Of a broken delivery it stays too, but covers no day."""
    this = (invoice_deliveries.c.delivery == delivery) & invoice_deliveries.c.party.in_(of) & _UNCOUNTED
    opened_at: datetime | None = tx.scalar(sa.select(sa.func.min(invoice_deliveries.c.opened_at)).where(this))
    if opened_at is not None:
        count(tx, of, opened_at - _SLACK)
        covers = {"covers_until": None} if broken else {}
        tx.execute(sa.update(invoice_deliveries).where(this).values(counted_at=tx.now, **covers))


def history(tx: ReadTx, party: str, as_of: date, known: datetime | None = None) -> History | None:
    """What features on a day are made of, as far as it was `known` by an instant; None while nothing was delivered."""
    counted = (invoice_deliveries.c.party == party) & invoice_deliveries.c.counted_at.is_not(None)
    if known is not None:
        counted &= invoice_deliveries.c.counted_at <= known
    covered = sa.select(sa.func.max(invoice_deliveries.c.covers_until)).where(counted)
    covers_until: date | None = tx.scalar(covered)
    if covers_until is None:
        return None
    flows = _flows(party, known)
    began = sa.select(flows.c.direction, sa.func.min(flows.c.month).label("month")).where(
        flows.c.invoices > 0
    )
    since = {InvoiceDirection(row.direction): row.month for row in tx.rows(began.group_by(flows.c.direction))}
    wanted = sa.select(flows).where(flows.c.month.between(*needed(covers_until, as_of)))
    return History([_flow(row) for row in tx.rows(wanted)], since, covers_until)


def _flows(party: str, known: datetime | None) -> sa.Subquery:
    """The flows in the store, or those of what had been recorded, and was known to be void, by an instant."""
    if known is None:
        return sa.select(invoice_flows).where(invoice_flows.c.party == party).subquery()
    recorded = (invoices.c.party == party, invoices.c.recorded_at <= known)
    void = invoices.c.voided_at.is_not(None) & (invoices.c.voided_at <= known)
    return _summed(*recorded, void=void).subquery()


def _flow(row: sa.Row[Any]) -> Flow:
    return Flow(
        direction=InvoiceDirection(row.direction),
        month=row.month,
        counterparty=row.counterparty,
        gross_fen=row.gross_fen,
        refunds_fen=row.refunds_fen,
        tax_fen=row.tax_fen,
        invoices=row.invoices,
        refunds=row.refunds,
        voids=row.voids,
    )
