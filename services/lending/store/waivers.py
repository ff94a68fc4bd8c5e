"""Waivers: rows in, domain values out. A firm has one live waiver of a fact at a product."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, insert_if_absent, page, to_row
from libs.criteria.evaluate import Criterion
from services.lending.domain.waiver import LIVE, Waiver, WaiverPage, WaiverStatus
from services.lending.store.metadata import metadata

waivers = sa.Table(
    "waivers",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("product_id", sa.String(40), nullable=False),
    sa.Column("product_version", sa.Integer, nullable=False),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("fact", sa.String(60), nullable=False),
    sa.Column("criteria", Document(tuple[Criterion, ...]), nullable=False),
    sa.Column("reason", Encrypted, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("proposed_by", sa.String(80), nullable=False),
    sa.Column("proposed_at", Instant, nullable=False),
    sa.Column("granted_by", sa.String(80)),
    sa.Column("granted_at", Instant),
    sa.Column("ended_by", sa.String(80)),
    sa.Column("ended_at", Instant),
    sa.Column("seal", sa.String(80)),
    sa.ForeignKeyConstraint(["product_id", "product_version"], ["products.id", "products.version"]),
    sa.Index("ix_waivers_bank_id", "bank", "id"),
    sa.Index("ix_waivers_party_product", "party", "product_id"),
    sa.Index("ix_waivers_status_valid_until", "status", "valid_until"),
)
_lives = waivers.c.status.in_(LIVE)
sa.Index(
    "uq_waivers_live",
    waivers.c.product_id,
    waivers.c.party,
    waivers.c.fact,
    unique=True,
    sqlite_where=_lives,
    postgresql_where=_lives,
)


def insert(tx: WriteTx, waiver: Waiver) -> None:
    """Conflict where the firm has a live waiver of the fact at the product."""
    if not insert_if_absent(tx, waivers, to_row(waiver)):
        raise Conflict(
            "This rule is set aside for the firm already, or it is proposed.",
            field="fact",
            mend="Grant the proposal, or withdraw what there is.",
        )


def update(tx: WriteTx, waiver: Waiver) -> None:
    tx.execute(sa.update(waivers).where(waivers.c.id == waiver.id).values(to_row(waiver)))


def get(tx: ReadTx, waiver_id: str) -> Waiver:
    row = tx.row(sa.select(waivers).where(waivers.c.id == waiver_id))
    if row is None:
        raise NotFound(f"There is no waiver {waiver_id}.", field="waiver_id")
    return from_row(Waiver, row)


def to_change(tx: WriteTx, waiver_id: str) -> Waiver:
    """The waiver, locked."""
    tx.lock_rows(sa.select(waivers.c.id).where(waivers.c.id == waiver_id))
    return get(tx, waiver_id)


def granted_to(tx: ReadTx, party: str, product_id: str, today: date) -> tuple[Waiver, ...]:
    """What holds for a firm at a product on a day, by id."""
    mine = (waivers.c.party == party) & (waivers.c.product_id == product_id)
    holds = (waivers.c.status == WaiverStatus.GRANTED) & (waivers.c.valid_until >= today)
    rows = tx.rows(sa.select(waivers).where(mine, holds).order_by(waivers.c.id))
    return tuple(from_row(Waiver, row) for row in rows)


def over(tx: ReadTx, today: date, most: int) -> Sequence[str]:
    """Live waivers whose last day is past."""
    query = sa.select(waivers.c.id).where(_lives, waivers.c.valid_until < today)
    return [row.id for row in tx.rows(query.order_by(waivers.c.id).limit(most))]


def page_of(
    tx: ReadTx,
    *,
    bank: str | None,
    party: str | None,
    product_id: str | None,
    status: WaiverStatus | None,
    cursor: str | None,
    limit: int,
) -> WaiverPage:
    """Those of a bank; or of a firm what was granted to it. The newest first."""
    query = sa.select(waivers)
    if party is not None:
        query = query.where(waivers.c.party == party, waivers.c.granted_at.is_not(None))
    for column, wanted in (
        (waivers.c.bank, bank),
        (waivers.c.product_id, product_id),
        (waivers.c.status, status),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    items, following = page(tx, query, waivers.c.id, Waiver, cursor, limit)
    return WaiverPage(items=items, next_cursor=following)
