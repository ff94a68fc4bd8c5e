"""First loans: what banks attested, and which drawdown counts for a firm."""

from datetime import date

import sqlalchemy as sa

from libs.chassis.columns import Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, insert_if_absent, to_row
from services.lending.domain.first_loan import FirstLoanFinding
from services.lending.store.metadata import metadata

first_loan_findings = sa.Table(
    "first_loan_findings",
    metadata,
    sa.Column("application_id", sa.String(40), sa.ForeignKey("applications.id"), primary_key=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("report_on", sa.Date, nullable=False),
    sa.Column("report_number", sa.String(64), nullable=False),
    sa.Column("history", sa.String(40), nullable=False),
    sa.Column("consent_id", sa.String(40), nullable=False),
    sa.Column("first", sa.Boolean, nullable=False),
    sa.Column("attested_by", sa.String(80), nullable=False),
    sa.Column("attested_at", Instant, nullable=False),
)

# The earliest drawdown of a firm in the country, as far as it was reported. A firm's row is locked while it draws.
first_drawdowns = sa.Table(
    "first_drawdowns",
    metadata,
    sa.Column("firm_key", sa.String(40), primary_key=True),
    sa.Column("loan_id", sa.String(40)),
    sa.Column("drawn_on", sa.Date),
)


def finding_of(tx: ReadTx, application_id: str) -> FirstLoanFinding | None:
    this = first_loan_findings.c.application_id == application_id
    row = tx.row(sa.select(first_loan_findings).where(this))
    return None if row is None else from_row(FirstLoanFinding, row)


def keep_finding(tx: WriteTx, finding: FirstLoanFinding) -> None:
    """The last one told holds."""
    row = to_row(finding)
    if not insert_if_absent(tx, first_loan_findings, row):
        this = first_loan_findings.c.application_id == finding.application_id
        tx.execute(sa.update(first_loan_findings).where(this).values(row))


def lock_firm(tx: WriteTx, firm_key: str) -> tuple[str, date] | None:
    """The firm's earliest drawdown so far, with its row locked; None: it has drawn nothing."""
    insert_if_absent(tx, first_drawdowns, {"firm_key": firm_key})
    (row,) = tx.lock_rows(sa.select(first_drawdowns).where(first_drawdowns.c.firm_key == firm_key))
    return None if row.loan_id is None else (row.loan_id, row.drawn_on)


def keep_earliest(tx: WriteTx, firm_key: str, loan_id: str, drawn_on: date) -> None:
    this = first_drawdowns.c.firm_key == firm_key
    tx.execute(sa.update(first_drawdowns).where(this).values(loan_id=loan_id, drawn_on=drawn_on))
