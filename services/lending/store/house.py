"""A bank's own house: its branches, who works where, and what changed hands."""

from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.lending.domain.house import Assignment, Branch, Right, Staff
from services.lending.domain.life import UNDRAWN
from services.lending.store.applications import applications
from services.lending.store.loans import loans
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
    sa.Column("bank", sa.String(80), primary_key=True),
    sa.Column("account", sa.String(80), primary_key=True),
    sa.Column("branches", Document(tuple[str, ...]), nullable=False),
    sa.Column("counties", Document(tuple[str, ...]), nullable=False),
    sa.Column("rights", Document(tuple[Right, ...]), nullable=False),
    sa.Column("takes_new", sa.Boolean, nullable=False),
)

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.String(40), sa.ForeignKey("applications.id"), nullable=False),
    sa.Column("from_branch", sa.String(40)),
    sa.Column("from_manager", sa.String(80)),
    sa.Column("branch", sa.String(40)),
    sa.Column("manager", sa.String(80)),
    sa.Column("reason", Encrypted, nullable=False),  # people name people
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_assignments_application_id", "application_id"),
)


def branches_of(tx: ReadTx, bank: str) -> tuple[Branch, ...]:
    query = sa.select(branches).where(branches.c.bank == bank).order_by(branches.c.code)
    return tuple(from_row(Branch, row) for row in tx.rows(query))


def find_branch(tx: ReadTx, bank: str, code: str) -> Branch | None:
    row = tx.row(sa.select(branches).where(branches.c.bank == bank, branches.c.code == code))
    return None if row is None else from_row(Branch, row)


def put_branch(tx: WriteTx, bank: str, branch: Branch) -> None:
    _put(tx, branches, to_row(branch) | {"bank": bank}, "code")


def all_staff(tx: ReadTx, bank: str) -> tuple[Staff, ...]:
    query = sa.select(staff).where(staff.c.bank == bank).order_by(staff.c.account)
    return tuple(from_row(Staff, row) for row in tx.rows(query))


def staff_of(tx: ReadTx, bank: str, account: str) -> Staff | None:
    row = tx.row(sa.select(staff).where(staff.c.account == account, staff.c.bank == bank))
    return None if row is None else from_row(Staff, row)


def put_staff(tx: WriteTx, bank: str, place: Staff) -> None:
    _put(tx, staff, to_row(place) | {"bank": bank}, "account")


def remove_staff(tx: WriteTx, bank: str, account: str) -> bool:
    gone = sa.delete(staff).where(staff.c.account == account, staff.c.bank == bank)
    return tx.execute(gone).rowcount == 1


def load_of(tx: ReadTx, bank: str) -> dict[str, int]:
    """How many applications that are not over yet each manager of the bank has."""
    open_ones = applications.c.status.in_(UNDRAWN) & (applications.c.bank == bank)
    query = sa.select(applications.c.manager, sa.func.count().label("many")).where(
        open_ones, applications.c.manager.is_not(None)
    )
    return {row.manager: int(row.many) for row in tx.rows(query.group_by(applications.c.manager))}


def open_in_branch(tx: ReadTx, bank: str, code: str) -> int:
    """How many applications of a branch are not over yet."""
    mine = (
        (applications.c.bank == bank) & (applications.c.branch == code) & applications.c.status.in_(UNDRAWN)
    )
    return int(tx.scalar(sa.select(sa.func.count()).select_from(applications).where(mine)))


def assign(tx: WriteTx, assignment: Assignment) -> None:
    """Keep who had it before, and let its loans go along."""
    tx.execute(sa.insert(assignments).values(to_row(assignment)))
    theirs = loans.c.application_id == assignment.application_id
    tx.execute(sa.update(loans).where(theirs).values(branch=assignment.branch))


def assignments_of(tx: ReadTx, application_id: str) -> tuple[Assignment, ...]:
    query = sa.select(assignments).where(assignments.c.application_id == application_id)
    return tuple(from_row(Assignment, row) for row in tx.rows(query.order_by(assignments.c.id)))


def _put(tx: WriteTx, table: sa.Table, row: dict[str, Any], key: str) -> None:
    insert = insert_into(tx, table).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=["bank", key], set_=row))
