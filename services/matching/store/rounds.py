"""Market rounds, who entered them, and what came of them."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Sealed
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import page_rows
from services.matching.domain.rounds.round import (
    Round,
    RoundEntry,
    RoundEntryPage,
    RoundPage,
    RoundPlace,
    RoundQuotaResultList,
    RoundReport,
    RoundStatus,
)
from services.matching.store.tables import metadata

rounds = sa.Table(
    "rounds",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("closes_on", sa.Date, nullable=False),
    sa.Column("body", Document(Round), nullable=False),  # all of it but the seed, until that is told
    sa.Column("seed", Encrypted, nullable=False),
    sa.Index("ix_rounds_status_closes_on", "status", "closes_on"),
)

round_entries = sa.Table(
    "round_entries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("round", sa.String(40), sa.ForeignKey("rounds.id"), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("county", sa.String(12), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("body", Sealed(RoundEntry), nullable=False),
    sa.Index("ix_round_entries_round_id", "round", "id"),
    sa.Index("ix_round_entries_party_id", "party", "id"),
)

round_places = sa.Table(
    "round_places",
    metadata,
    sa.Column("entry", sa.String(40), sa.ForeignKey("round_entries.id"), primary_key=True),
    sa.Column("bank", sa.String(40), nullable=False),  # empty: not placed
    sa.Column("product", sa.String(40), nullable=False),
    sa.Column("shown", sa.Boolean, nullable=False),  # the bank may see who it is
    sa.Column("body", Sealed(RoundPlace), nullable=False),
)

# What a published round says to everybody, to the banks, and to those who look at it as a whole.
round_results = sa.Table(
    "round_results",
    metadata,
    sa.Column("round", sa.String(40), sa.ForeignKey("rounds.id"), primary_key=True),
    sa.Column("certificate", sa.Text, nullable=False),
    sa.Column("report", Document(RoundReport), nullable=False),
    sa.Column("quotas", Document(RoundQuotaResultList), nullable=False),
)


def add_round(tx: WriteTx, new: Round, seed: str) -> None:
    row = {"id": new.id, "status": new.status.value, "closes_on": new.closes_on, "body": new, "seed": seed}
    tx.execute(sa.insert(rounds).values(row))


def put_round(tx: WriteTx, changed: Round) -> None:
    values = {"status": changed.status.value, "body": changed}
    tx.execute(sa.update(rounds).where(rounds.c.id == changed.id).values(values))


def round_of(tx: ReadTx, round_id: str) -> Round:
    found = tx.scalar(sa.select(rounds.c.body).where(rounds.c.id == round_id))
    if found is None:
        raise NotFound(f"There is no round {round_id}.", field="round_id")
    return found


def locked_round(tx: WriteTx, round_id: str) -> Round:
    """The round, changed by nobody else until the end."""
    tx.lock_rows(sa.select(rounds.c.id).where(rounds.c.id == round_id))
    return round_of(tx, round_id)


def seed_of(tx: ReadTx, round_id: str) -> str:
    """The seed of the lottery, told to nobody before the round is published."""
    return tx.execute(sa.select(rounds.c.seed).where(rounds.c.id == round_id)).scalar_one()


def list_rounds(tx: ReadTx, cursor: str | None, limit: int) -> RoundPage:
    rows, following = page_rows(tx, sa.select(rounds), rounds.c.id, cursor, limit)
    return RoundPage(items=tuple(row.body for row in rows), next_cursor=following)


def closed_rounds(tx: ReadTx, today: date) -> list[str]:
    """Open rounds whose last day is over."""
    over = (rounds.c.status == RoundStatus.OPEN.value) & (rounds.c.closes_on < today)
    return [row.id for row in tx.rows(sa.select(rounds.c.id).where(over).order_by(rounds.c.id))]


def add_entry(tx: WriteTx, new: RoundEntry, county: str) -> None:
    row = {
        "id": new.id,
        "round": new.round_id,
        "party": new.asked.party,
        "county": county,
        "active": True,
        "body": new,
    }
    tx.execute(sa.insert(round_entries).values(row))


def end_entry(tx: WriteTx, ended: RoundEntry) -> None:
    tx.execute(
        sa.update(round_entries).where(round_entries.c.id == ended.id).values(active=False, body=ended)
    )


def entry_of(tx: ReadTx, round_id: str, entry_id: str) -> tuple[RoundEntry, str]:
    """An entry, and the county of its firm when it entered."""
    wanted = (round_entries.c.id == entry_id) & (round_entries.c.round == round_id)
    row = tx.row(sa.select(round_entries).where(wanted))
    if row is None:
        raise no_entry(entry_id)
    return row.body, row.county


def no_entry(entry_id: str) -> NotFound:
    return NotFound(f"There is no entry {entry_id} in this round.", field="entry_id")


def active_entry(tx: ReadTx, round_id: str, party: str) -> str | None:
    wanted = _active(round_id) & (round_entries.c.party == party)
    return tx.scalar(sa.select(round_entries.c.id).where(wanted))


def active_entries(tx: ReadTx, round_id: str) -> list[RoundEntry]:
    """In the order in which they came."""
    rows = tx.rows(sa.select(round_entries.c.body).where(_active(round_id)).order_by(round_entries.c.id))
    return [row.body for row in rows]


def list_entries(
    tx: ReadTx, round_id: str, only: sa.ColumnElement[bool], cursor: str | None, limit: int
) -> RoundEntryPage:
    query: sa.Select[Any] = sa.select(round_entries).where(round_entries.c.round == round_id, only)
    rows, following = page_rows(tx, query, round_entries.c.id, cursor, limit)
    return RoundEntryPage(items=tuple(row.body for row in rows), next_cursor=following)


def of_party(party: str) -> sa.ColumnElement[bool]:
    return round_entries.c.party == party


def of_territory(territory: str) -> sa.ColumnElement[bool]:
    return round_entries.c.county.startswith(territory, autoescape=True)


def forget(tx: WriteTx, party: str) -> None:
    """Nothing of a party any more but its pseudonym in certificates."""
    own = sa.select(round_entries.c.id).where(round_entries.c.party == party)
    tx.execute(sa.delete(round_places).where(round_places.c.entry.in_(own)))
    tx.execute(sa.delete(round_entries).where(round_entries.c.party == party))


def keep_places(tx: WriteTx, places: Iterable[RoundPlace], shown: Collection[str]) -> None:
    """`shown`: the entries whose firms show their names to the bank."""
    rows = [_place_row(one, one.entry_id in shown) for one in places]
    if rows:
        tx.execute(sa.insert(round_places), rows)


def place_of(tx: ReadTx, entry_id: str) -> RoundPlace:
    found = tx.scalar(sa.select(round_places.c.body).where(round_places.c.entry == entry_id))
    if found is None:
        raise NotFound(
            f"Entry {entry_id} has no place yet.", field="entry_id", mend="Ask when the round is published."
        )
    return found


def _place_row(place: RoundPlace, shown: bool) -> dict[str, Any]:
    bank, product = ("", "") if place.plan is None else (place.plan.bank, place.plan.product_id)
    return {"entry": place.entry_id, "bank": bank, "product": product, "shown": shown, "body": place}


def shown_to(tx: ReadTx, round_id: str, bank: str) -> list[tuple[str, RoundEntry]]:
    """Product and entry of those placed with a bank that show it their names."""
    query = (
        sa.select(round_places.c.product, round_entries.c.body)
        .join(round_entries, round_entries.c.id == round_places.c.entry)
        .where(round_entries.c.round == round_id, round_places.c.bank == bank, round_places.c.shown)
        .order_by(round_entries.c.id)
    )
    return [(row.product, row.body) for row in tx.rows(query)]


def keep_results(
    tx: WriteTx, round_id: str, certificate: str, report: RoundReport, quotas: RoundQuotaResultList
) -> None:
    row = {"round": round_id, "certificate": certificate, "report": report, "quotas": quotas}
    tx.execute(sa.insert(round_results).values(row))


def result_of(tx: ReadTx, round_id: str) -> sa.Row[Any]:
    """`certificate` as JSON, `report` and `quotas`; NotFound before the round is published."""
    found = tx.row(sa.select(round_results).where(round_results.c.round == round_id))
    if found is None:
        raise NotFound(
            f"Round {round_id} has no outcome.", field="round_id", mend="Ask when it is published."
        )
    return found


def _active(round_id: str) -> sa.ColumnElement[bool]:
    return (round_entries.c.round == round_id) & round_entries.c.active
