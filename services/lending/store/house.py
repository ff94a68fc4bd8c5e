"""A bank's own house: its branches, and who of its accounts works where."""

import sqlalchemy as sa

from libs.chassis.columns import Document
from libs.chassis.database import ReadTx
from libs.chassis.rows import from_row
from services.lending.domain.house import Right, Staff
from services.lending.store.metadata import metadata

branches = sa.Table(
    "branches",
    metadata,
    sa.Column("bank", sa.String(80), primary_key=True),
    sa.Column("code", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("counties", Document(tuple[str, ...]), nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
)

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("account", sa.String(40), primary_key=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("branches", Document(tuple[str, ...]), nullable=False),
    sa.Column("counties", Document(tuple[str, ...]), nullable=False),
    sa.Column("rights", Document(tuple[Right, ...]), nullable=False),
    sa.Column("takes_new", sa.Boolean, nullable=False),
    sa.Index("ix_staff_bank", "bank"),
)


def staff_of(tx: ReadTx, bank: str, account: str) -> Staff | None:
    row = tx.row(sa.select(staff).where(staff.c.account == account, staff.c.bank == bank))
    return None if row is None else from_row(Staff, row)
