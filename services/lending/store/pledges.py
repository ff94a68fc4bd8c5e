"""Pledges: rows in, domain values out. A right has one live pledge, whichever bank holds it."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Document, Sealed
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, insert_if_absent, page, to_row
from services.lending.domain.pledge import (
    LIVE,
    IpTerms,
    Pledge,
    PledgeContract,
    PledgePage,
    PledgeRegistration,
    PledgeStatus,
    Receivable,
    Valuation,
    right_key,
)
from services.lending.store.applications import applications
from services.lending.store.loans import loans
from services.lending.store.metadata import metadata

pledges = sa.Table(
    "pledges",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.String(40), sa.ForeignKey("applications.id"), nullable=False, index=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("number", sa.String(160), nullable=False),
    sa.Column("right_key", sa.String(300), nullable=False),
    sa.Column("owner", sa.String(80), nullable=False),
    sa.Column("co_owned", sa.Boolean, nullable=False),
    sa.Column("co_owners_consent", sa.Boolean, nullable=False),
    sa.Column("ip", Document(IpTerms)),
    sa.Column("receivable", Sealed(Receivable)),
    sa.Column("valuation", Document(Valuation), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("cap_bp", sa.Integer, nullable=False),
    sa.Column("lendable_fen", sa.BigInteger, nullable=False),
    sa.Column("margin_months", sa.Integer, nullable=False),
    sa.Column("ends_on", sa.Date),
    sa.Column("debt_ends_on", sa.Date, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("contract", Document(PledgeContract)),
    sa.Column("registration", Document(PledgeRegistration)),
    sa.Column("ended_on", sa.Date),
    sa.Column("reason", sa.String(40)),
    sa.Column("sandbox", sa.Boolean, nullable=False),
    sa.Column("due_on", sa.Date),  # of annual fees or a renewal, while the pledge lives
    sa.Column("told_due_on", sa.Date),  # the one of which its bank was told
)
_lives = pledges.c.status.in_(LIVE)
sa.Index(
    "uq_pledges_live_right", pledges.c.right_key, unique=True, sqlite_where=_lives, postgresql_where=_lives
)
sa.Index("ix_pledges_bank_id", pledges.c.bank, pledges.c.id)

_COLUMNS = [pledges.c[field.name] for field in fields(Pledge)]


def insert(tx: WriteTx, pledge: Pledge) -> None:
    """Conflict where the right has a live pledge. Whose it is, is not the caller's business."""
    if not insert_if_absent(tx, pledges, _row(pledge)):
        raise Conflict(
            "This right is pledged already.",
            field="number",
            mend="Take another right, or have the owner ask the present pledgee for its release.",
        )


def update(tx: WriteTx, pledge: Pledge) -> None:
    tx.execute(sa.update(pledges).where(pledges.c.id == pledge.id).values(_row(pledge)))


def get(tx: ReadTx, pledge_id: str) -> Pledge:
    row = tx.row(sa.select(*_COLUMNS).where(pledges.c.id == pledge_id))
    if row is None:
        raise NotFound(f"There is no pledge {pledge_id}.", field="pledge_id")
    return from_row(Pledge, row)


def of_application(tx: ReadTx, application_id: str) -> tuple[Pledge, ...]:
    """The live pledges of an application, by id. They change only under the lock of its row."""
    query = sa.select(*_COLUMNS).where(pledges.c.application_id == application_id, _lives)
    return tuple(from_row(Pledge, row) for row in tx.rows(query.order_by(pledges.c.id)))


def page_of(
    tx: ReadTx,
    mine: sa.ColumnElement[bool],
    application_id: str | None,
    status: PledgeStatus | None,
    cursor: str | None,
    limit: int,
) -> PledgePage:
    query = sa.select(*_COLUMNS).where(mine)
    for column, wanted in ((pledges.c.application_id, application_id), (pledges.c.status, status)):
        if wanted is not None:
            query = query.where(column == wanted)
    items, following = page(tx, query, pledges.c.id, Pledge, cursor, limit)
    return PledgePage(items=items, next_cursor=following)


def due_by(tx: ReadTx, day: date, most: int) -> Sequence[str]:
    """Live pledges with something due by a day of which their bank was not told."""
    untold = pledges.c.told_due_on.is_(None) | (pledges.c.told_due_on != pledges.c.due_on)
    query = sa.select(pledges.c.id).where(_lives, pledges.c.due_on <= day, untold)
    return [row.id for row in tx.rows(query.order_by(pledges.c.id).limit(most))]


def mark_told(tx: WriteTx, pledge_id: str, due_on: date) -> bool:
    """Whether nobody else told the bank of this date meanwhile."""
    this = (pledges.c.id == pledge_id) & (pledges.c.due_on == due_on) & _lives
    untold = pledges.c.told_due_on.is_(None) | (pledges.c.told_due_on != due_on)
    return tx.execute(sa.update(pledges).where(this, untold).values(told_due_on=due_on)).rowcount == 1


def _row(pledge: Pledge) -> dict[str, Any]:
    key = right_key(pledge.kind, pledge.number, pledge.owner)
    apart = f"SANDBOX/{pledge.bank}/" if pledge.sandbox else ""  # a made-up right stands in nobody's way
    return to_row(pledge) | {"right_key": apart + key, "due_on": pledge.upkeep_due_on}


def outstanding(tx: ReadTx, application_id: str) -> int:
    """What is lent on the pledges of an application, in fen."""
    owed = sa.select(sa.func.sum(loans.c.outstanding_fen)).where(loans.c.application_id == application_id)
    return int(tx.scalar(owed) or 0)


def seen_by(bank: str, branches: Sequence[str] | None) -> sa.ColumnElement[bool]:
    """Which pledges a bank's account sees: all, or those of its branches' applications."""
    own = pledges.c.bank == bank
    if branches is None:
        return own
    theirs = sa.select(applications.c.id).where(applications.c.branch.in_(branches))
    return own & pledges.c.application_id.in_(theirs)


def given_by(party: str) -> sa.ColumnElement[bool]:
    return pledges.c.party == party
