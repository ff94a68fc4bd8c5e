"""Filings."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page_rows, to_row
from services.guarantee.domain.drawdown import Drawdown
from services.guarantee.domain.filing import Filing, FilingPage, FilingStatus
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.guarantor import Tier
from services.guarantee.domain.programme import Status
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store.tables import drawdowns, filings, guarantees, guarantors

_OF_LOAN = sa.select(filings).where(filings.c.loan_id == sa.bindparam("of")).order_by(filings.c.layer)
_UPDATE = (
    sa.update(filings)
    .where(filings.c.loan_id == sa.bindparam("of"))
    .where(filings.c.layer == sa.bindparam("before"))
)


def of_loan(tx: ReadTx, loan_id: str) -> tuple[Filing, ...]:
    """In the order of their layers' names."""
    return tuple(from_row(Filing, row) for row in tx.execute(_OF_LOAN, {"of": loan_id}))


def get(tx: ReadTx, loan_id: str, layer: str) -> Filing:
    row = tx.row(sa.select(filings).where(_is(loan_id, layer)))
    if row is None:
        raise NotFound(f"Loan {loan_id} has no filing with a {layer} tier.", field="layer")
    return from_row(Filing, row)


def insert(tx: WriteTx, new: Sequence[Filing]) -> None:
    if new:
        tx.execute(sa.insert(filings), [to_row(one) for one in new])


def update(tx: WriteTx, changed: Filing) -> None:
    tx.execute(_UPDATE, to_row(changed) | {"of": changed.loan_id, "before": changed.layer})


def delete(tx: WriteTx, gone: Sequence[Filing]) -> None:
    """Of tiers that have no part in a loan any more, before anything was submitted to them."""
    for one in gone:
        tx.execute(sa.delete(filings).where(_is(one.loan_id, one.layer)))


def organisations(tx: ReadTx) -> dict[str, str]:
    """Who stands for each tier above the direct guarantors: its one active organisation."""
    upper = sa.select(guarantors.c.tier, guarantors.c.id).where(guarantors.c.tier != Tier.LOCAL)
    active_last = sa.case((guarantors.c.status == Status.ACTIVE, 1), else_=0)
    return {row.tier.lower(): row.id for row in tx.rows(upper.order_by(active_last, guarantors.c.id.desc()))}


def page_of(
    tx: ReadTx, side: tuple[str, str], status: FilingStatus | None, cursor: str | None, limit: int
) -> FilingPage:
    """Filings of a tier's organisation, or of a side of the guarantees; the cursor is `<loan>/<layer>`."""
    key: Any = sa.label("key", filings.c.loan_id + "/" + filings.c.layer)
    query = _of_side(side).add_columns(key)
    if status is not None:
        query = query.where(filings.c.status == status)
    rows, following = page_rows(tx, query, key, cursor, limit)
    return FilingPage(items=tuple(from_row(Filing, row) for row in rows), next_cursor=following)


def submitted_between(
    tx: ReadTx, side: tuple[str, str], layer: str | None, first: date, last: date
) -> Iterator[tuple[Filing, Drawdown, Guarantee]]:
    """What was submitted from one day to another, both included, with loan and guarantee; oldest first."""
    here = filings.c.submitted_on.between(first, last)
    query = _of_side(side).where(here if layer is None else here & (filings.c.layer == layer))
    ordered = query.order_by(filings.c.submitted_on, filings.c.loan_id, filings.c.layer)
    for row in tx.rows(ordered):
        filing = from_row(Filing, row)
        yield filing, *_loan_of(tx, filing.loan_id)


def _loan_of(tx: ReadTx, loan_id: str) -> tuple[Drawdown, Guarantee]:
    drawdown = drawdown_store.get(tx, loan_id)
    return drawdown, guarantee_store.get(tx, drawdown.guarantee_id)


def _of_side(side: tuple[str, str]) -> sa.Select[Any]:
    column, value = side
    if column == "organisation":
        return sa.select(filings).where(filings.c.organisation == value)
    loans = filings.join(drawdowns).join(guarantees)
    return sa.select(filings).select_from(loans).where(guarantees.c[column] == value)


def run_out(tx: ReadTx, today: date, limit: int) -> list[str]:
    """The loans with a filing that nobody made or mended in time, or whose old term ended; oldest first."""
    by_guarantor = (filings.c.status == FilingStatus.PENDING) & filings.c.via.is_(None)
    late = (by_guarantor | (filings.c.status == FilingStatus.REJECTED)) & (filings.c.cure_by < today)
    extended = filings.c.covers_until < drawdowns.c.due_on
    over = (filings.c.status == FilingStatus.EXPIRED) & (filings.c.covers_until < today) & extended
    oldest = sa.select(filings.c.loan_id).join(drawdowns).where(late | over).group_by(filings.c.loan_id)
    rows = tx.rows(oldest.order_by(sa.func.min(filings.c.cure_by), filings.c.loan_id).limit(limit))
    return [row.loan_id for row in rows]


def _is(loan_id: str, layer: str) -> sa.ColumnElement[bool]:
    return (filings.c.loan_id == loan_id) & (filings.c.layer == layer)
