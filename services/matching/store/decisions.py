"""Applications for recommended products, and the bank's last word on each."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from libs.chassis.columns import Document
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, insert_if_absent, to_row
from services.matching.domain.decision import Decision
from services.matching.domain.features import Features
from services.matching.store.tables import metadata

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("application", sa.String(40), primary_key=True),
    sa.Column("product", sa.String(40), nullable=False),
    sa.Column("bank", sa.String(40), nullable=False),
    sa.Column("applied_on", sa.Date, nullable=False),
    sa.Column("decided_on", sa.Date),
    sa.Column("approved", sa.Boolean),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("said_ppm", sa.Integer, nullable=False),
    sa.Column("features", Document(Features), nullable=False),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("size", sa.String(10)),
    sa.Column("first_time", sa.Boolean, nullable=False),
    sa.Index("ix_decisions_decided_on", "decided_on"),
)


def open_decision(tx: WriteTx, application: Decision) -> None:
    """One that is there stays as it is."""
    insert_if_absent(tx, decisions, to_row(application))


def set_word(tx: WriteTx, application: str, approved: bool | None, on: date | None) -> None:
    """The bank's last word, or that there is none any more; an application that we did not recommend is not here."""
    this = decisions.c.application == application
    tx.execute(sa.update(decisions).where(this).values(approved=approved, decided_on=on))


def decided(tx: ReadTx) -> Sequence[Decision]:
    """All that have a label, in the order of the days on which they were decided."""
    labelled = sa.select(decisions).where(decisions.c.approved.is_not(None))
    rows = tx.rows(labelled.order_by(decisions.c.decided_on, decisions.c.application))
    return [from_row(Decision, row) for row in rows]
