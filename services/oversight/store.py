"""Oversight's tables: rows in, domain values out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Instant
from libs.chassis.database import ReadTx, WriteTx, new_metadata
from libs.chassis.rows import insert_if_absent
from services.oversight.domain.cube import CubeCell
from services.oversight.domain.flows import Flow, FlowRow
from services.oversight.domain.view import Told

metadata = new_metadata()

# One row a loan (or other fact that counts), for ever. Without a release it has not been counted in any answer yet.
flows = sa.Table(
    "flows",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("flow", sa.String(20), nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("product_kind", sa.String(20), nullable=False),
    sa.Column("size", sa.String(10), nullable=False),
    sa.Column("industry_division", sa.String(2), nullable=False),  # empty: not known
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("firm_key", sa.String(40), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("first_loan", sa.Boolean, nullable=False),
    sa.Column("guarantee_id", sa.String(40)),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("release_id", sa.String(40), sa.ForeignKey("releases.id")),
    sa.Index("ix_flows_firm_key", "firm_key", "flow"),
    sa.Index(
        "ix_flows_waiting",
        "flow",
        "month",
        sqlite_where=sa.text("release_id IS NULL"),
        postgresql_where=sa.text("release_id IS NULL"),
    ),
)

guarantees = sa.Table(
    "guarantees",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),  # 0 where it did not take effect
    sa.Column("settled", sa.Boolean, nullable=False),
)

# A batch of facts that was published together, with the pattern chosen for it. Neither ever changes.
releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("flow", sa.String(20), nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("released_at", Instant, nullable=False),
    sa.Column("policy_set", sa.String(40), nullable=False),
    sa.Index("ix_releases_month", "month", "flow"),
)

released_cells = sa.Table(
    "released_cells",
    metadata,
    sa.Column("release_id", sa.String(40), sa.ForeignKey("releases.id"), primary_key=True),
    sa.Column("measure", sa.String(20), primary_key=True),
    sa.Column("place", sa.String(6), primary_key=True),
    sa.Column("dimension", sa.String(20), primary_key=True),
    sa.Column("category", sa.String(20), primary_key=True),
    sa.Column("value", sa.BigInteger),  # NULL: hidden
)

_CHUNK = 500


def insert_flow(tx: WriteTx, row: Mapping[str, Any]) -> bool:
    """Count a fact once; whether it was new."""
    return insert_if_absent(tx, flows, {**row, "recorded_at": tx.now})


def first_loan_of(tx: ReadTx, firm_key: str) -> sa.Row[Any] | None:
    """What counts as the firm's first loan: its id, month and release."""
    mine = (flows.c.firm_key == firm_key) & (flows.c.flow == Flow.LOAN) & flows.c.first_loan
    return tx.row(sa.select(flows.c.id, flows.c.month, flows.c.release_id).where(mine))


def forget_first_loan(tx: WriteTx, loan_id: str) -> None:
    """The loan counts no more as a first one, unless that is published."""
    _put_first_loan(tx, loan_id, first=False)


def note_first_loan(tx: WriteTx, loan_id: str) -> None:
    """The loan counts as a first one, where it is known and not published yet."""
    _put_first_loan(tx, loan_id, first=True)


def _put_first_loan(tx: WriteTx, loan_id: str, *, first: bool) -> None:
    this = (flows.c.id == loan_id) & flows.c.release_id.is_(None)
    tx.execute(sa.update(flows).where(this).values(first_loan=first))


def put_guarantee(tx: WriteTx, guarantee_id: str, amount_fen: int, settled: bool) -> None:
    row = {"id": guarantee_id, "amount_fen": amount_fen, "settled": settled}
    if not insert_if_absent(tx, guarantees, row):
        tx.execute(sa.update(guarantees).where(guarantees.c.id == guarantee_id).values(row))


def waiting_groups(tx: ReadTx) -> Sequence[tuple[Flow, str, datetime]]:
    """What has not been published yet: flow, month and when the last fact of it came."""
    newest = sa.func.max(flows.c.recorded_at, type_=Instant).label("newest")
    query = sa.select(flows.c.flow, flows.c.month, newest).where(flows.c.release_id.is_(None))
    rows = tx.rows(query.group_by(flows.c.flow, flows.c.month).order_by(flows.c.flow, flows.c.month))
    return [(Flow(row.flow), row.month, row.newest) for row in rows]


def waiting_rows(tx: ReadTx, flow: Flow, month: str) -> Sequence[sa.Row[Any]]:
    """The unpublished facts of a flow in a month; a guaranteed loan only once its guarantee took effect or ended."""
    guaranteed = sa.func.coalesce(guarantees.c.amount_fen, 0).label("guaranteed_fen")
    query = sa.select(flows, guaranteed).join(
        guarantees, guarantees.c.id == flows.c.guarantee_id, isouter=True
    )
    mine = (flows.c.flow == flow) & (flows.c.month == month) & flows.c.release_id.is_(None)
    ready = flows.c.guarantee_id.is_(None) | guarantees.c.settled
    return tx.rows(query.where(mine, ready).order_by(flows.c.id))


def insert_release(
    tx: WriteTx,
    release_id: str,
    rows: Sequence[FlowRow],
    cells: Mapping[CubeCell, int | None],
    policy_set: str,
) -> None:
    first = rows[0]
    release = {"id": release_id, "flow": first.flow, "month": first.month}
    tx.execute(sa.insert(releases).values(release | {"released_at": tx.now, "policy_set": policy_set}))
    told = [{**cell._asdict(), "release_id": release_id, "value": value} for cell, value in cells.items()]
    if told:
        tx.execute(sa.insert(released_cells), told)


def claim_flows(tx: WriteTx, release_id: str, ids: Sequence[str]) -> int:
    """Mark facts as published by a release; returns how many were still unpublished."""
    claimed = 0
    for start in range(0, len(ids), _CHUNK):
        free = flows.c.id.in_(ids[start : start + _CHUNK]) & flows.c.release_id.is_(None)
        claimed += tx.execute(sa.update(flows).where(free).values(release_id=release_id)).rowcount
    return claimed


def told_cells(tx: ReadTx, measure: str, place: str, first_month: str, last_month: str) -> Sequence[Told]:
    """Every published cell of a measure at a place and inside it, month by month."""
    query = sa.select(releases.c.month, released_cells).join(releases)
    window = releases.c.month.between(first_month, last_month)
    inside = released_cells.c.place.startswith(place, autoescape=True)
    rows = tx.rows(query.where(window, inside, released_cells.c.measure == measure))
    return [Told(row.month, row.place, row.dimension, row.category, row.value) for row in rows]


def policy_sets(tx: ReadTx, flow: Flow, first_month: str, last_month: str) -> Sequence[str]:
    """The policy sets by which the batches of these months were protected."""
    window = releases.c.month.between(first_month, last_month) & (releases.c.flow == flow)
    query = sa.select(releases.c.policy_set).where(window).distinct().order_by(releases.c.policy_set)
    return [row.policy_set for row in tx.rows(query)]
