"""Monthly figures: what was said of each month, only ever added to."""

from collections.abc import Sequence

import sqlalchemy as sa

from libs.chassis.columns import Instant
from libs.chassis.database import ReadTx, WriteTx
from services.credit.domain.series import Figure, SeriesKind, month_name, month_number
from services.credit.domain.sources import Source
from services.credit.store.tables import PARTY, metadata

monthly_figures = sa.Table(
    "monthly_figures",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("series", sa.String(40), nullable=False),
    sa.Column("month", sa.Integer, nullable=False),  # domain.invoices.month_of
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
    sa.Index("ix_monthly_figures_party_series", "party", "series", "month"),
)


def figures_of(tx: ReadTx, party: str) -> list[Figure]:
    """Everything that was ever said, in the order in which it was."""
    query = sa.select(monthly_figures).where(monthly_figures.c.party == party)
    return [
        Figure(
            series=SeriesKind(row.series),
            month=month_name(row.month),
            value=row.value,
            source=Source(row.source),
            recorded_at=row.recorded_at,
        )
        for row in tx.rows(query.order_by(monthly_figures.c.recorded_at, monthly_figures.c.id))
    ]


def add_figures(tx: WriteTx, party: str, new: Sequence[Figure], by: str) -> None:
    rows = [
        {
            "id": tx.new_id("fig"),
            "party": party,
            "series": figure.series,
            "month": month_number(figure.month),
            "value": figure.value,
            "source": figure.source,
            "recorded_at": figure.recorded_at,
            "recorded_by": by,
        }
        for figure in new
    ]
    if rows:
        tx.execute(sa.insert(monthly_figures), rows)
