"""Deliveries, how far each came, and the outcomes of its rows as spans."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from libs.chassis.columns import Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict, Invalid, NotFound
from libs.chassis.rows import from_row, page, page_size, to_row
from services.credit.domain.bulk import RowOutcome, RowState
from services.credit.domain.delivery import Delivery, DeliveryPage, DeliveryState, OutcomePage
from services.credit.domain.party import PartyStatus
from services.credit.domain.spans import Span, joined, spans_of
from services.credit.store.tables import PARTY, metadata, parties, registrations

LONGEST_TEXT = 300  # of what is told about one row
_RUNNING = sa.text("state = 'RUNNING'")

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("party", PARTY),
    sa.Column("reference", sa.String(120), nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("covers_until", sa.Date),
    sa.Column("organisation", PARTY, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("recorded", sa.BigInteger, nullable=False),
    sa.Column("known", sa.BigInteger, nullable=False),
    sa.Column("rejected", sa.BigInteger, nullable=False),
    sa.Column("problem", Encrypted),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("moved_at", Instant, nullable=False),  # when its last rows came
    sa.Column("closed_at", Instant),
    sa.Index("ix_deliveries_organisation_id", "organisation", "id"),
    sa.Index("ix_deliveries_reference", "reference"),
    sa.Index("ix_deliveries_running", "moved_at", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
)

delivery_spans = sa.Table(
    "delivery_spans",
    metadata,
    sa.Column("delivery", sa.String(40), sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("from_row", sa.BigInteger, primary_key=True),
    sa.Column("to_row", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("field", sa.String(80)),
    # What is said of a bad row may repeat what stood in it.
    sa.Column("message", Encrypted),
    sa.Column("mend", Encrypted),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a party is registered, and whether its file is open."""

    county: str
    status: PartyStatus


def open_delivery(tx: WriteTx, delivery: Delivery, by: str) -> None:
    tx.execute(sa.insert(deliveries).values(to_row(delivery) | {"recorded_by": by, "moved_at": tx.now}))


def find(tx: ReadTx, delivery: str) -> Delivery:
    row = tx.row(sa.select(deliveries).where(deliveries.c.id == delivery))
    if row is None:
        raise NotFound(f"There is no delivery {delivery}.", field="delivery_id")
    return from_row(Delivery, row)


def running(tx: WriteTx, delivery: str) -> Delivery:
    """To be changed by this transaction alone; Conflict once it has ended."""
    tx.lock_rows(sa.select(deliveries.c.id).where(deliveries.c.id == delivery))
    found = find(tx, delivery)
    if found.state is not DeliveryState.RUNNING:
        raise Conflict(
            f"The delivery is {found.state}.", field="delivery_id", mend="Send its rows in a new one."
        )
    return found


def find_page(
    tx: ReadTx, organisations: Sequence[str], reference: str | None, cursor: str | None, limit: int
) -> DeliveryPage:
    """The newest first."""
    query = sa.select(deliveries).where(deliveries.c.organisation.in_(organisations))
    if reference is not None:
        query = query.where(deliveries.c.reference == reference)
    items, following = page(tx, query, deliveries.c.id, Delivery, cursor, limit)
    return DeliveryPage(items=items, next_cursor=following)


def add_outcomes(tx: WriteTx, delivery: Delivery, outcomes: Sequence[RowOutcome]) -> None:
    """What became of the rows that come next, and that the delivery has come so far."""
    _add_spans(tx, delivery.id, spans_of(outcomes))
    counts = {state: sum(one.state is state for one in outcomes) for state in RowState}
    progress = {
        "rows": deliveries.c.rows + len(outcomes),
        "recorded": deliveries.c.recorded + counts[RowState.RECORDED],
        "known": deliveries.c.known + counts[RowState.KNOWN],
        "rejected": deliveries.c.rejected + counts[RowState.REJECTED],
        "moved_at": tx.now,
    }
    tx.execute(sa.update(deliveries).where(deliveries.c.id == delivery.id).values(progress))


def _add_spans(tx: WriteTx, delivery: str, spans: Sequence[Span]) -> None:
    of_delivery = sa.select(delivery_spans).where(delivery_spans.c.delivery == delivery)
    row = tx.row(of_delivery.order_by(delivery_spans.c.from_row.desc()).limit(1))
    longer, new = joined(from_row(Span, row) if row else None, [_cut(span) for span in spans])
    if longer is not None:
        this = (delivery_spans.c.delivery == delivery) & (delivery_spans.c.from_row == longer.from_row)
        tx.execute(sa.update(delivery_spans).where(this).values(to_row=longer.to_row))
    if new:
        tx.execute(sa.insert(delivery_spans), [to_row(span) | {"delivery": delivery} for span in new])


def _cut(span: Span) -> Span:
    return Span(
        from_row=span.from_row,
        to_row=span.to_row,
        state=span.state,
        field=_storable(span.field, 80),
        message=_storable(span.message, LONGEST_TEXT),
        mend=_storable(span.mend, LONGEST_TEXT),
    )


def _storable(text: str | None, most: int) -> str | None:
    """PostgreSQL stores neither NUL nor half a surrogate pair, and a cell may hold them."""
    return None if text is None else text.replace("\x00", "").encode("utf-8", "replace").decode()[:most]


def move(tx: WriteTx, delivery: str) -> None:
    """Somebody is still at work on it."""
    tx.execute(sa.update(deliveries).where(deliveries.c.id == delivery).values(moved_at=tx.now))


def end(tx: WriteTx, delivery: str, state: DeliveryState, problem: str | None = None) -> None:
    values = {"state": state, "closed_at": tx.now, "problem": _storable(problem, LONGEST_TEXT)}
    tx.execute(sa.update(deliveries).where(deliveries.c.id == delivery).values(values))


def still_since(tx: ReadTx, instant: datetime) -> list[str]:
    """Deliveries that run, but of which nothing came since an instant."""
    stopped = (deliveries.c.state == DeliveryState.RUNNING, deliveries.c.moved_at < instant)
    return [row.id for row in tx.rows(sa.select(deliveries.c.id).where(*stopped))]


def spans(
    tx: ReadTx, delivery: str, state: RowState | None, cursor: str | None = None, limit: int = 0
) -> OutcomePage:
    size = page_size(limit)
    query = sa.select(delivery_spans).where(delivery_spans.c.delivery == delivery)
    if state is not None:
        query = query.where(delivery_spans.c.state == state)
    if cursor is not None:
        query = query.where(delivery_spans.c.from_row > _number(cursor))
    rows = tx.rows(query.order_by(delivery_spans.c.from_row).limit(size + 1))
    found = tuple(from_row(Span, row) for row in rows[:size])
    return OutcomePage(items=found, next_cursor=str(found[-1].from_row) if len(rows) > size else None)


def _number(cursor: str) -> int:
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Invalid(f"{cursor:.40} is no cursor.", field="cursor", mend="Take it from the page before.")
    return int(cursor)


def lock_places(tx: WriteTx, of: Collection[str]) -> Mapping[str, Place]:
    """Where these parties are, for all of them that there are; nobody else changes them until the end."""
    newest = (registrations.c.party == parties.c.id) & (registrations.c.version == parties.c.version)
    wanted = sa.select(parties.c.id, parties.c.status, registrations.c.county).join(registrations, newest)
    wanted = wanted.where(parties.c.id.in_(sorted(of))).order_by(parties.c.id)
    rows = tx.lock_rows(cast(sa.Select[Any], wanted))
    return {row.id: Place(row.county, PartyStatus(row.status)) for row in rows}
