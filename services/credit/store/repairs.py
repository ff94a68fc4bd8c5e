"""Repairs, why items were stopped, and who was told of it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, insert_if_absent, page, to_row
from services.credit.domain.consent import ReadKind
from services.credit.domain.notices import Notice, NoticeCause, NoticePage
from services.credit.domain.records import RecordKind, RecordState, Severity
from services.credit.domain.repair import Repair, RepairPage, RepairStatus
from services.credit.store.records import record_sayings, records
from services.credit.store.tables import PARTY, metadata, parties, reads, registrations

repairs = sa.Table(
    "repairs",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("record_id", sa.String(40), sa.ForeignKey("records.id"), nullable=False),
    sa.Column("evidence", Document(tuple[str, ...]), nullable=False),
    sa.Column("commitment_hash", sa.String(64), nullable=False),
    sa.Column("corrected_on", sa.Date, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("applied_on", sa.Date, nullable=False),
    sa.Column("applied_by", sa.String(80), nullable=False),
    sa.Column("decide_by", sa.Date, nullable=False),
    sa.Column("decided_on", sa.Date),
    sa.Column("decided_by", sa.String(80)),
    sa.Column("reason", Encrypted),
    sa.Index("ix_repairs_party_id", "party", "id"),
)
_waits = repairs.c.status == RepairStatus.APPLIED
sa.Index(
    "uq_repairs_record_open", repairs.c.record_id, unique=True, sqlite_where=_waits, postgresql_where=_waits
)

# Why a record or a fact is not used any more; `item` is a record's id, or that of the dispute about a fact.
stops = sa.Table(
    "stops",
    metadata,
    sa.Column("item", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("cause", sa.String(20), nullable=False),
    sa.Column("stopped_on", sa.Date, nullable=False),
)

repair_notices = sa.Table(
    "repair_notices",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("reader", sa.String(80), nullable=False),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("item", sa.String(60), nullable=False),
    sa.Column("cause", sa.String(20), nullable=False),
    sa.Column("told_on", sa.Date, nullable=False),
    sa.Index("ix_repair_notices_reader_id", "reader", "id"),
)

_COLUMNS = [repairs.c[field.name] for field in fields(Repair)]


def insert_repair(tx: WriteTx, repair: Repair, by: str) -> None:
    """Conflict where the item's repair is applied for already."""
    if not insert_if_absent(tx, repairs, to_row(repair) | {"applied_by": by}):
        raise Conflict(
            "Its repair is applied for already.", field="record_id", mend="Wait until that is decided."
        )


def repair_of(tx: ReadTx, repair_id: str) -> Repair:
    row = tx.row(sa.select(*_COLUMNS).where(repairs.c.id == repair_id))
    if row is None:
        raise NotFound(f"There is no repair {repair_id}.", field="repair_id")
    return from_row(Repair, row)


def applicant_of(tx: ReadTx, repair_id: str) -> str:
    return str(tx.scalar(sa.select(repairs.c.applied_by).where(repairs.c.id == repair_id)))


def update_repair(tx: WriteTx, repair: Repair, by: str | None = None) -> None:
    tx.execute(
        sa.update(repairs).where(repairs.c.id == repair.id).values(to_row(repair) | {"decided_by": by})
    )


def open_repairs(tx: ReadTx, party: str) -> tuple[Repair, ...]:
    query = sa.select(*_COLUMNS).where(repairs.c.party == party, _waits).order_by(repairs.c.id)
    return tuple(from_row(Repair, row) for row in tx.rows(query))


def end_open_repairs(tx: WriteTx, record_id: str) -> None:
    """Nobody needs to decide any more."""
    ended = {"status": RepairStatus.OBSOLETE, "decided_on": tx.today}
    tx.execute(sa.update(repairs).where(repairs.c.record_id == record_id, _waits).values(ended))


def repair_page(
    tx: ReadTx, mine: sa.ColumnElement[bool], status: RepairStatus | None, cursor: str | None, limit: int
) -> RepairPage:
    query = sa.select(*_COLUMNS).where(mine)
    if status is not None:
        query = query.where(repairs.c.status == status)
    items, following = page(tx, query, repairs.c.id, Repair, cursor, limit)
    return RepairPage(items=items, next_cursor=following)


def within_territory(party: sa.Column[str], prefix: str) -> sa.ColumnElement[bool]:
    """Whether a party is registered in a territory, given by the digits that its counties begin with."""
    newest = (registrations.c.party == parties.c.id) & (registrations.c.version == parties.c.version)
    there = sa.select(parties.c.id).join(registrations, newest)
    return party.in_(there.where(registrations.c.county.startswith(prefix, autoescape=True)))


def insert_stop(tx: WriteTx, item: str, party: str, cause: NoticeCause) -> bool:
    """False where it is stopped already."""
    row = {"item": item, "party": party, "cause": cause, "stopped_on": tx.today}
    return insert_if_absent(tx, stops, row)


def stop_of(tx: ReadTx, item: str) -> sa.Row[Any] | None:
    return tx.row(sa.select(stops).where(stops.c.item == item))


@dataclass(frozen=True, slots=True)
class Limit:
    """Records of a kind and severity whose document was made by a day have stopped by themselves."""

    kind: RecordKind
    severity: Severity | None
    made_until: date


def overdue_parties(tx: ReadTx, limits: Sequence[Limit], after: str, most: int) -> list[str]:
    """Parties of whom some source says that they have such a record, in use; in order, from behind `after`."""
    query = (
        sa.select(records.c.party)
        .distinct()
        .join(record_sayings, record_sayings.c.record == records.c.id)
        .where(records.c.state != RecordState.STOPPED, records.c.party > after)
        .where(sa.or_(sa.false(), *(_beyond(limit) for limit in limits)))
    )
    return [row.party for row in tx.rows(query.order_by(records.c.party).limit(most))]


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant on, until before another; None: until now."""

    since: datetime
    until: datetime | None = None


def readers_of(tx: ReadTx, party: str, scope: str, public: bool, shown: Span) -> list[str]:
    """Organisations that looked into the file while an item of this scope was open to them."""
    query = sa.select(reads.c.reader, reads.c.scopes).distinct()
    seen = query.where(reads.c.party == party, reads.c.what.in_(_SHOWING), reads.c.read_at >= shown.since)
    if shown.until is not None:
        seen = seen.where(reads.c.read_at < shown.until)
    return sorted({row.reader for row in tx.rows(seen) if public or scope in row.scopes})


def first_said(tx: ReadTx, record_id: str) -> datetime:
    """When the platform first heard of a record."""
    query = sa.select(record_sayings.c.recorded_at).where(record_sayings.c.record == record_id)
    return tx.rows(query.order_by(record_sayings.c.recorded_at).limit(1))[0].recorded_at


def insert_notice(tx: WriteTx, reader: str, notice: Notice) -> None:
    tx.execute(sa.insert(repair_notices).values(to_row(notice) | {"reader": reader}))


def notice_page(tx: ReadTx, reader: str, cursor: str | None, limit: int) -> NoticePage:
    query = sa.select(repair_notices).where(repair_notices.c.reader == reader)
    items, following = page(tx, query, repair_notices.c.id, Notice, cursor, limit)
    return NoticePage(items=items, next_cursor=following)


_SHOWING = (ReadKind.FILE, ReadKind.SCORE, ReadKind.REPORT)


def _beyond(limit: Limit) -> sa.ColumnElement[bool]:
    severity = record_sayings.c.severity
    same = severity.is_(None) if limit.severity is None else severity == limit.severity
    return (records.c.kind == limit.kind) & same & (record_sayings.c.dated_on <= limit.made_until)
