"""The end of a bank's day, read out of its loans, and the comparisons with its own file."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from libs.chassis.clock import SHANGHAI
from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from services.lending.domain.application import ApplicationStatus, Step
from services.lending.domain.day_end import DayRow, Difference, Reconciliation, RowKind, StateCount
from services.lending.domain.repayment import RepaymentKind
from services.lending.store.applications import applications
from services.lending.store.feed import notices
from services.lending.store.loans import loans, repayments
from services.lending.store.metadata import metadata

reconciliations = sa.Table(
    "reconciliations",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("rows_here", sa.Integer, nullable=False),
    sa.Column("rows_there", sa.Integer, nullable=False),
    sa.Column("difference_count", sa.Integer, nullable=False),
    sa.Column("differences", Document(tuple[Difference, ...]), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("signed_by", sa.String(80)),
    sa.Column("signed_at", Instant),
    sa.Column("note", sa.String(500)),
    sa.Index("ix_reconciliations_bank_date", "bank", "date"),
)


def rows_of(tx: ReadTx, bank: str, day: date) -> tuple[DayRow, ...]:
    """Paid out, repaid, and owed at the end of the day, each in the order of the bank's numbers."""
    return (*_disbursed(tx, bank, day), *_repaid(tx, bank, day), *_balances(tx, bank, day))


def _disbursed(tx: ReadTx, bank: str, day: date) -> list[DayRow]:
    query = sa.select(loans.c.external_id, loans.c.amount_fen)
    query = query.where(loans.c.bank == bank, loans.c.disbursed_on == day).order_by(loans.c.external_id)
    return [
        DayRow(kind=RowKind.DISBURSED, loan=row.external_id, amount_fen=row.amount_fen)
        for row in tx.rows(query)
    ]


def _repaid(tx: ReadTx, bank: str, day: date) -> list[DayRow]:
    query = sa.select(loans.c.external_id.label("loan"), repayments).join(loans)
    query = query.where(loans.c.bank == bank, repayments.c.paid_on == day)
    return [
        DayRow(
            kind=RowKind.REPAID,
            loan=row.loan,
            number=row.external_id,
            amount_fen=row.principal_fen,
            interest_fen=row.interest_fen,
        )
        for row in tx.rows(query.order_by(loans.c.external_id, repayments.c.external_id))
    ]


def _balances(tx: ReadTx, bank: str, day: date) -> list[DayRow]:
    """What is owed now, and on top of it what has left the loan since that day."""
    query = sa.select(loans).where(loans.c.bank == bank, loans.c.disbursed_on <= day)
    since, given_up = _repaid_since(tx, bank, day), _ended_since(tx, bank, day)
    owed = [
        (row.external_id, row.outstanding_fen + since[row.id] + _left(row, given_up))
        for row in tx.rows(query.order_by(loans.c.external_id))
    ]
    return [DayRow(kind=RowKind.BALANCE, loan=loan, amount_fen=amount) for loan, amount in owed if amount]


def _repaid_since(tx: ReadTx, bank: str, day: date) -> Counter[str]:
    """Principal by loan. What came back after a write-off was owed no more."""
    total = sa.func.sum(repayments.c.principal_fen).label("total")
    query = sa.select(repayments.c.loan_id, total).join(loans).group_by(repayments.c.loan_id)
    later = (repayments.c.paid_on > day) & (repayments.c.kind != RepaymentKind.RECOVERY)
    return Counter({row.loan_id: int(row.total) for row in tx.rows(query.where(loans.c.bank == bank, later))})


def _ended_since(tx: ReadTx, bank: str, day: date) -> set[tuple[str, str]]:
    """Loans that a guarantor paid for, or that were written off, after the day, as their notices tell."""
    query = sa.select(notices.c.subject, notices.c.type, notices.c.data).where(
        notices.c.bank == bank,
        notices.c.type.in_(("loan.claimed", "loan.written_off")),
        notices.c.at >= start_of(day),
    )
    return {
        (row.subject, row.type)
        for row in tx.rows(query)
        if str(row.data.get("business_date")) > day.isoformat()
    }


def _left(row: sa.Row[Any], ended: set[tuple[str, str]]) -> int:
    claimed = row.claim_paid_fen if (row.id, "loan.claimed") in ended else 0
    given_up = row.written_off_fen if (row.id, "loan.written_off") in ended else 0
    return claimed + given_up


def states_of(tx: ReadTx, bank: str, day: date) -> tuple[StateCount, ...]:
    """The bank's applications by the state in which the day left them."""
    end = start_of(day + timedelta(days=1))
    query = sa.select(applications.c.status, applications.c.amount_fen, applications.c.timeline)
    counts, amounts = Counter[ApplicationStatus](), Counter[ApplicationStatus]()
    for row in tx.rows(query.where(applications.c.bank == bank, applications.c.submitted_at < end)):
        status = _status_at(row.timeline or (), end) or ApplicationStatus(row.status)
        counts[status] += 1
        amounts[status] += row.amount_fen
    return tuple(
        StateCount(status=status, count=counts[status], amount_fen=amounts[status])
        for status in ApplicationStatus
        if counts[status]
    )


def _status_at(timeline: tuple[Step, ...], end: datetime) -> ApplicationStatus | None:
    before = [step.status for step in timeline if step.at < end]
    return before[-1] if before else None


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def insert(tx: WriteTx, bank: str, kept: Reconciliation) -> None:
    tx.execute(sa.insert(reconciliations).values(to_row(kept) | {"bank": bank}))


def update(tx: WriteTx, kept: Reconciliation) -> None:
    tx.execute(sa.update(reconciliations).where(reconciliations.c.id == kept.id).values(to_row(kept)))


def to_change(tx: WriteTx, bank: str, day: date, reconciliation_id: str) -> Reconciliation:
    c = reconciliations.c
    mine = sa.select(reconciliations).where(c.id == reconciliation_id, c.bank == bank, c.date == day)
    rows = tx.lock_rows(mine)
    if not rows:
        raise NotFound(f"No reconciliation {reconciliation_id} of {day}.", field="reconciliation_id")
    return from_row(Reconciliation, rows[0])


def of_day(tx: ReadTx, bank: str, day: date) -> tuple[Reconciliation, ...]:
    c = reconciliations.c
    query = sa.select(reconciliations).where(c.bank == bank, c.date == day).order_by(c.id)
    return tuple(from_row(Reconciliation, row) for row in tx.rows(query))
