"""Dated records and monthly figures. What was said is only added to; the state of a record is the one thing that
changes."""

from dataclasses import fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis.clock import business_date
from libs.chassis.columns import Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row
from services.credit.domain import records as rules
from services.credit.domain.records import NewRecord, Record, RecordKind, RecordState
from services.credit.domain.sources import Source
from services.credit.store.tables import PARTY, metadata

records = sa.Table(
    "records",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("reference", sa.String(64), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("state_changed_at", Instant),
    sa.UniqueConstraint("party", "kind", "reference", name="uq_records_party_kind_reference"),
)

# What was said of a record, every time that it was said anew.
record_sayings = sa.Table(
    "record_sayings",
    metadata,
    sa.Column("saying", sa.String(40), primary_key=True),
    sa.Column("record", sa.String(40), sa.ForeignKey("records.id"), nullable=False),
    sa.Column("dated_on", sa.Date, nullable=False),
    sa.Column("ended_on", sa.Date),
    sa.Column("severity", sa.String(20)),
    sa.Column("amount_fen", sa.BigInteger),
    sa.Column("balance_fen", sa.BigInteger),
    sa.Column("institution", sa.String(64)),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("observed_on", sa.Date, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
    sa.Index("ix_record_sayings_record", "record", "recorded_at"),
)

_BESIDE = ("saying", "record", "recorded_at", "recorded_by")
_SAID = sa.select(
    records, *(column for column in record_sayings.c if column.name not in ("saying", "record"))
).join(record_sayings, record_sayings.c.record == records.c.id)


def records_of(
    tx: ReadTx,
    party: str,
    as_of: date | None = None,
    known: datetime | None = None,
    *,
    with_stopped: bool = False,
) -> tuple[Record, ...]:
    """What counts of each record of a party. A stopped one is never among them, whatever day is asked for;
    `with_stopped` is for the restricted audit alone."""
    query = _SAID.where(records.c.party == party)
    if not with_stopped:
        query = query.where(records.c.state != RecordState.STOPPED)
    return rules.counting(_said(tx, query), as_of, known)


def stops_of(tx: ReadTx, party: str) -> dict[RecordKind, date]:
    """Of which kinds a record was stopped, and on which day last."""
    query = sa.select(records.c.kind, records.c.state_changed_at).where(
        records.c.party == party, records.c.state == RecordState.STOPPED
    )
    days: dict[RecordKind, date] = {}
    for row in tx.rows(query):
        day, kind = business_date(row.state_changed_at), RecordKind(row.kind)
        days[kind] = max(day, days.get(kind, day))
    return days


def is_stopped(tx: ReadTx, party: str, kind: RecordKind, reference: str) -> bool:
    """Whether the record of this document was stopped, so that saying it again changes nothing."""
    this = (records.c.party == party, records.c.kind == kind, records.c.reference == reference)
    return tx.scalar(sa.select(records.c.state).where(*this)) == RecordState.STOPPED


def find_record(tx: ReadTx, record_id: str) -> Record | None:
    """What counts of one record now, whatever its state."""
    found = rules.counting(_said(tx, _SAID.where(records.c.id == record_id)), None, None)
    return found[0] if found else None


def record_to_change(tx: WriteTx, record_id: str) -> Record:
    """The record, which nobody else changes until the end; NotFound where there is none."""
    tx.lock_rows(sa.select(records.c.id).where(records.c.id == record_id))
    found = find_record(tx, record_id)
    if found is None:
        raise NotFound(f"There is no record {record_id}.", field="record_id")
    return found


def update_state(tx: WriteTx, record: Record) -> None:
    """Keep the state of a record, as of now."""
    changed = {"state": record.state, "state_changed_at": tx.now}
    tx.execute(sa.update(records).where(records.c.id == record.id).values(changed))


def add_record(tx: WriteTx, party: str, new: NewRecord, source: Source, by: str) -> bool:
    """False where the source said so before, in the same words. A stopped record stays stopped."""
    record = _record_id(tx, party, new)
    said = {field.name: getattr(new, field.name) for field in fields(new)} | {"source": source}
    del said["kind"], said["reference"]
    if _last_said(tx, record, source) == said:
        return False
    row = said | {"saying": tx.new_id("rcs"), "record": record, "recorded_at": tx.now, "recorded_by": by}
    tx.execute(sa.insert(record_sayings).values(row))
    return True


def _record_id(tx: WriteTx, party: str, new: NewRecord) -> str:
    """Of the record that this is about; opened where nobody spoke of it. The party is locked."""
    which = (records.c.party == party, records.c.kind == new.kind, records.c.reference == new.reference)
    known = tx.scalar(sa.select(records.c.id).where(*which))
    if known is not None:
        return str(known)
    row = {"id": tx.new_id("rec"), "party": party, "kind": new.kind, "reference": new.reference}
    tx.execute(sa.insert(records).values(row | {"state": RecordState.IN_USE}))
    return row["id"]


def _last_said(tx: ReadTx, record: str, source: Source) -> dict[str, Any] | None:
    query = (
        sa.select(record_sayings)
        .where(record_sayings.c.record == record, record_sayings.c.source == source)
        .order_by(record_sayings.c.recorded_at.desc(), record_sayings.c.saying.desc())
        .limit(1)
    )
    row = tx.row(query)
    names = [column.name for column in record_sayings.c if column.name not in _BESIDE]
    return None if row is None else {name: getattr(row, name) for name in names}


def _said(tx: ReadTx, query: sa.Select[Any]) -> list[Record]:
    ordered = query.order_by(record_sayings.c.recorded_at, record_sayings.c.saying)
    return [from_row(Record, row) for row in tx.rows(ordered)]
