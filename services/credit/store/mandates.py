"""Mandates: one row each, with its end."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.credit.domain.mandates import Mandate, MandatePage
from services.credit.store.tables import PARTY, metadata

mandates = sa.Table(
    "mandates",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("agent", PARTY, nullable=False),
    sa.Column("scopes", Document(tuple[str, ...]), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("granted_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Index("ix_mandates_party_agent", "party", "agent"),
    sa.Index("ix_mandates_agent_id", "agent", "id"),
)


def insert_mandate(tx: WriteTx, mandate: Mandate) -> None:
    tx.execute(sa.insert(mandates).values(to_row(mandate)))


def mandate_to_change(tx: WriteTx, mandate_id: str) -> Mandate:
    rows = tx.lock_rows(sa.select(mandates).where(mandates.c.id == mandate_id))
    if not rows:
        raise NotFound(f"There is no mandate {mandate_id}.", field="mandate_id")
    return from_row(Mandate, rows[0])


def update_mandate(tx: WriteTx, mandate: Mandate) -> None:
    changed = {"revoked_at": mandate.revoked_at}
    tx.execute(sa.update(mandates).where(mandates.c.id == mandate.id).values(changed))


def mandates_of(tx: ReadTx, party: str, agent: str | None = None) -> tuple[Mandate, ...]:
    """All that a party ever gave, or those to one agent; the oldest first."""
    query = sa.select(mandates).where(mandates.c.party == party)
    if agent is not None:
        query = query.where(mandates.c.agent == agent)
    return tuple(from_row(Mandate, row) for row in tx.rows(query.order_by(mandates.c.id)))


def mandates_to(tx: ReadTx, agent: str, cursor: str | None, limit: int) -> MandatePage:
    """Those that an agent holds today, the newest first."""
    standing = sa.select(mandates).where(
        mandates.c.agent == agent, mandates.c.revoked_at.is_(None), mandates.c.valid_until >= tx.today
    )
    items, following = page(tx, standing, mandates.c.id, Mandate, cursor, limit)
    return MandatePage(items=items, next_cursor=following)
