"""Who stands behind a party: every saying is kept; the edges of control of those that count are kept apart, to be
followed."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

import sqlalchemy as sa

from libs.chassis.columns import Instant, Sealed
from libs.chassis.database import ReadTx, WriteTx
from services.credit.domain.relations import NewRelations
from services.credit.domain.sources import Source, Weight, weight
from services.credit.store.tables import PARTY, metadata

relation_sayings = sa.Table(
    "relation_sayings",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("told", Sealed(NewRelations), nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("observed_on", sa.Date, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
    sa.Index("ix_relation_sayings_party", "party", "recorded_at"),
)

control_edges = sa.Table(
    "control_edges",
    metadata,
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), primary_key=True),
    sa.Column("other", PARTY, primary_key=True),
    sa.Index("ix_control_edges_other", "other"),
)

Saying = tuple[NewRelations, Source, datetime]


def add_relations(tx: WriteTx, party: str, new: NewRelations, source: Source, by: str) -> None:
    row = {
        "id": tx.new_id("rel"),
        "party": party,
        "told": new,
        "source": source,
        "observed_on": new.observed_on,
        "recorded_at": tx.now,
        "recorded_by": by,
    }
    tx.execute(sa.insert(relation_sayings).values(row))


def relations_of(
    tx: ReadTx, party: str, as_of: date | None = None, known: datetime | None = None
) -> Saying | None:
    """What counts on a day, as far as it was known by an instant; None where nobody told."""
    query = sa.select(relation_sayings).where(relation_sayings.c.party == party)
    counts: tuple[Weight, Saying] | None = None
    for row in tx.rows(query.order_by(relation_sayings.c.recorded_at, relation_sayings.c.id)):
        late = as_of is not None and row.observed_on > as_of
        if late or (known is not None and row.recorded_at > known):
            continue
        source = Source(row.source)
        heavy = weight(source, row.observed_on, row.recorded_at)
        if counts is None or heavy >= counts[0]:
            counts = heavy, (row.told, source, row.recorded_at)
    return counts[1] if counts else None


def set_edges(tx: WriteTx, party: str, others: Iterable[str]) -> None:
    tx.execute(sa.delete(control_edges).where(control_edges.c.party == party))
    rows = [{"party": party, "other": other} for other in others]
    if rows:
        tx.execute(sa.insert(control_edges), rows)


def edges_at(tx: ReadTx, parties: Collection[str]) -> list[tuple[str, str]]:
    """All edges that begin or end at one of these."""
    named = sa.or_(control_edges.c.party.in_(parties), control_edges.c.other.in_(parties))
    rows = tx.rows(
        sa.select(control_edges).where(named).order_by(control_edges.c.party, control_edges.c.other)
    )
    return [(row.party, row.other) for row in rows]
