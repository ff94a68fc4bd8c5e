"""Plans of loans, every version: rows in, domain values out."""

from collections.abc import Sequence

import sqlalchemy as sa

from libs.chassis.columns import Document
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from services.lending.domain.loan_plan import Due, Plan
from services.lending.store.metadata import metadata

loan_plans = sa.Table(
    "loan_plans",
    metadata,
    sa.Column("loan_id", sa.String(40), sa.ForeignKey("loans.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("from_on", sa.Date, nullable=False),
    sa.Column("rate_ppm", sa.BigInteger, nullable=False),
    sa.Column("dues", Document(tuple[Due, ...]), nullable=False),
)


def insert(tx: WriteTx, loan_id: str, plan: Plan) -> None:
    tx.execute(sa.insert(loan_plans).values(to_row(plan) | {"loan_id": loan_id}))


def versions(tx: ReadTx, loan_id: str) -> Sequence[Plan]:
    """The newest first."""
    query = sa.select(loan_plans).where(loan_plans.c.loan_id == loan_id)
    return [from_row(Plan, row) for row in tx.rows(query.order_by(loan_plans.c.version.desc()))]


def newest(tx: ReadTx, loan_id: str) -> Plan | None:
    query = sa.select(loan_plans).where(loan_plans.c.loan_id == loan_id)
    row = tx.row(query.order_by(loan_plans.c.version.desc()).limit(1))
    return None if row is None else from_row(Plan, row)
