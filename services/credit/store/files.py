"""Parties, their registrations, facts and rights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, insert_if_absent, to_row
from services.credit.domain.facts import Fact
from services.credit.domain.party import PartyStatus, Registration
from services.credit.domain.sources import Confidence, Source
from services.credit.store.disputes import stopped_facts, word_of
from services.credit.store.tables import facts, parties, registrations


@dataclass(frozen=True)
class PartyRecord:
    """A party with the registration that counts."""

    id: str
    status: PartyStatus
    version: int
    registration: Registration
    recorded_at: datetime


_NEWEST = sa.select(parties.c.id, parties.c.status, registrations).join(
    registrations, (registrations.c.party == parties.c.id) & (registrations.c.version == parties.c.version)
)
_THIS = _NEWEST.where(parties.c.id == sa.bindparam("party"))  # written out once: everything asks it


def find_party(tx: ReadTx, party: str) -> PartyRecord | None:
    row = tx.execute(_THIS, {"party": party}).one_or_none()
    if row is None:
        return None
    return PartyRecord(
        row.id, PartyStatus(row.status), row.version, from_row(Registration, row), row.recorded_at
    )


def party_record(tx: ReadTx, party: str) -> PartyRecord:
    found = find_party(tx, party)
    if found is None:
        raise NotFound(
            f"There is no file of {party}.", field="party", mend="Open it: PUT /v1/parties/{party}."
        )
    return found


def party_as_of(
    tx: ReadTx, record: PartyRecord, as_of: date | None = None, known: datetime | None = None
) -> PartyRecord:
    """The party with the registration that counted on a day, as far as it was known by an instant: the newest that
    the register says since then or longer, or the first there is. NotFound where there was no file by then."""
    query = sa.select(registrations).where(registrations.c.party == record.id)
    rows = [row for row in tx.rows(query.order_by(registrations.c.version)) if _known(row, known)]
    if not rows:
        raise NotFound(f"There was no file of {record.id} by then.", field="known")
    counts = [row for row in rows if as_of is None or _since(row) <= as_of]
    row = counts[-1] if counts else rows[0]
    return replace(
        record, version=row.version, registration=from_row(Registration, row), recorded_at=row.recorded_at
    )


def _known(row: sa.Row[Any], known: datetime | None) -> bool:
    return known is None or row.recorded_at <= known


def _since(row: sa.Row[Any]) -> date:
    return row.changed_on or business_date(row.recorded_at)


def lock_party(tx: WriteTx, party: str) -> None:
    """Let nobody else change this party until the end.

    Rows that refer to it may come: who tells its summary adds one while it holds the summary, for which we may wait.
    """
    tx.rows(sa.select(parties.c.id).where(parties.c.id == party).with_for_update(key_share=True))


def open_party(tx: WriteTx, party: str) -> bool:
    """False where somebody else did at this moment."""
    row = {"id": party, "status": PartyStatus.ACTIVE, "version": 0, "opened_at": tx.now}
    return insert_if_absent(tx, parties, row)


def add_registration(tx: WriteTx, party: str, version: int, registration: Registration, by: str) -> None:
    row = to_row(registration) | {
        "party": party,
        "version": version,
        "recorded_at": tx.now,
        "recorded_by": by,
    }
    tx.execute(sa.insert(registrations).values(row))
    changed = {"version": version, "status": PartyStatus.ACTIVE}
    tx.execute(sa.update(parties).where(parties.c.id == party).values(changed))


def withdraw_party(tx: WriteTx, party: str) -> None:
    tx.execute(sa.update(parties).where(parties.c.id == party).values(status=PartyStatus.WITHDRAWN))


def fact_records(tx: ReadTx, party: str) -> list[Fact]:
    """Everything that was ever said of the party and did not turn out wrong."""
    query = sa.select(facts).where(facts.c.party == party).order_by(facts.c.recorded_at, facts.c.id)
    wrong = stopped_facts(tx, party)
    said = [
        Fact(
            fact=row.fact,
            value=row.value,
            source=Source(row.source),
            observed_on=row.observed_on,
            recorded_at=row.recorded_at,
            confidence=Confidence(row.confidence) if row.confidence else None,
        )
        for row in tx.rows(query)
    ]
    return [fact for fact in said if word_of(fact) not in wrong] if wrong else said


def add_facts(tx: WriteTx, party: str, new: Sequence[Fact], by: str) -> None:
    rows = [to_row(fact) | {"id": tx.new_id("fct"), "party": party, "recorded_by": by} for fact in new]
    if rows:
        tx.execute(sa.insert(facts), rows)
