"""Disputes, and the words about facts that turned out wrong."""

from dataclasses import fields

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, insert_if_absent, page, to_row
from services.credit.domain.dispute import Dispute, DisputePage, DisputeStatus, FactAt
from services.credit.domain.facts import Fact
from services.credit.store.tables import PARTY, metadata

disputes = sa.Table(
    "disputes",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("item", sa.String(160), nullable=False),  # item_key
    sa.Column("record_id", sa.String(40), sa.ForeignKey("records.id")),
    sa.Column("fact", Document(FactAt)),
    sa.Column("claim", Encrypted, nullable=False),
    sa.Column("evidence", Document(tuple[str, ...]), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("opened_on", sa.Date, nullable=False),
    sa.Column("opened_by", sa.String(80), nullable=False),
    sa.Column("decide_by", sa.Date, nullable=False),
    sa.Column("decided_on", sa.Date),
    sa.Column("decided_by", sa.String(80)),
    sa.Column("reason", Encrypted),
    sa.Column("statement", Encrypted),
    sa.Index("ix_disputes_party_id", "party", "id"),
)
_open = disputes.c.status == DisputeStatus.OPEN
sa.Index(
    "uq_disputes_party_item_open",
    disputes.c.party,
    disputes.c.item,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)

# What a source said of a fact and was wrong: said again, it counts as little.
fact_stops = sa.Table(
    "fact_stops",
    metadata,
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), primary_key=True),
    sa.Column("fact", sa.String(60), primary_key=True),
    sa.Column("source", sa.String(40), primary_key=True),
    sa.Column("observed_on", sa.Date, primary_key=True),
    sa.Column("value", sa.String(40), primary_key=True),
)

_COLUMNS = [disputes.c[field.name] for field in fields(Dispute)]


def insert_dispute(tx: WriteTx, dispute: Dispute, by: str) -> None:
    """Conflict where the item is disputed already."""
    row = to_row(dispute) | {"item": item_key(dispute.record_id, dispute.fact), "opened_by": by}
    if not insert_if_absent(tx, disputes, row):
        message = "It is disputed already."
        raise Conflict(message, field="record_id", mend="Wait until that dispute is decided.")


def dispute_of(tx: ReadTx, dispute_id: str) -> Dispute:
    row = tx.row(sa.select(*_COLUMNS).where(disputes.c.id == dispute_id))
    if row is None:
        raise NotFound(f"There is no dispute {dispute_id}.", field="dispute_id")
    return from_row(Dispute, row)


def opener_of(tx: ReadTx, dispute_id: str) -> str:
    return str(tx.scalar(sa.select(disputes.c.opened_by).where(disputes.c.id == dispute_id)))


def keep_decision(tx: WriteTx, dispute: Dispute, by: str) -> None:
    tx.execute(
        sa.update(disputes).where(disputes.c.id == dispute.id).values(to_row(dispute) | {"decided_by": by})
    )


def keep_statement(tx: WriteTx, dispute: Dispute) -> None:
    kept = {"statement": dispute.statement}
    tx.execute(sa.update(disputes).where(disputes.c.id == dispute.id).values(kept))


def open_disputes(tx: ReadTx, party: str) -> tuple[Dispute, ...]:
    query = sa.select(*_COLUMNS).where(disputes.c.party == party, _open).order_by(disputes.c.id)
    return tuple(from_row(Dispute, row) for row in tx.rows(query))


def end_open_disputes(tx: WriteTx, record_id: str) -> None:
    """Nobody needs to decide any more."""
    ended = {"status": DisputeStatus.OBSOLETE, "decided_on": tx.today}
    tx.execute(sa.update(disputes).where(disputes.c.record_id == record_id, _open).values(ended))


def dispute_page(
    tx: ReadTx, mine: sa.ColumnElement[bool], status: DisputeStatus | None, cursor: str | None, limit: int
) -> DisputePage:
    query = sa.select(*_COLUMNS).where(mine)
    if status is not None:
        query = query.where(disputes.c.status == status)
    items, following = page(tx, query, disputes.c.id, Dispute, cursor, limit)
    return DisputePage(items=items, next_cursor=following)


def marking(tx: ReadTx, party: str) -> tuple[Dispute, ...]:
    """Disputes that are open or left a statement, the oldest first."""
    query = sa.select(*_COLUMNS).where(disputes.c.party == party, _open | disputes.c.statement.is_not(None))
    return tuple(from_row(Dispute, row) for row in tx.rows(query.order_by(disputes.c.id)))


def stop_fact(tx: WriteTx, party: str, wrong: Fact) -> None:
    insert_if_absent(tx, fact_stops, _stop(party, wrong))


def free_fact(tx: WriteTx, party: str, right: Fact) -> None:
    """What was wrong once turned out to be right."""
    this = [fact_stops.c[name] == value for name, value in _stop(party, right).items()]
    tx.execute(sa.delete(fact_stops).where(*this))


def stopped_facts(tx: ReadTx, party: str) -> frozenset[tuple[FactAt, str]]:
    """The wrong words, each with the value that it gave."""
    query = sa.select(fact_stops).where(fact_stops.c.party == party)
    return frozenset((from_row(FactAt, row), row.value) for row in tx.rows(query))


def word_of(fact: Fact) -> tuple[FactAt, str]:
    return FactAt(fact=fact.fact, source=fact.source, observed_on=fact.observed_on), fact.value


def item_key(record_id: str | None, fact: FactAt | None) -> str:
    return record_id or (f"{fact.fact}/{fact.source}/{fact.observed_on}" if fact else "")


def _stop(party: str, fact: Fact) -> dict[str, object]:
    return {
        "party": party,
        "fact": fact.fact,
        "source": fact.source,
        "observed_on": fact.observed_on,
        "value": fact.value,
    }
