"""Parties, their registrations, facts and rights."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from services.credit.domain.facts import Fact, Source
from services.credit.domain.party import IpRight, PartyStatus, Registration
from services.credit.store.tables import facts, ip_rights, parties, registrations


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


def find_party(tx: ReadTx, party: str) -> PartyRecord | None:
    row = tx.row(_NEWEST.where(parties.c.id == party))
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


def lock_party(tx: WriteTx, party: str) -> None:
    """Let nobody else change this party until the end."""
    tx.lock_rows(sa.select(parties.c.id).where(parties.c.id == party))


def open_party(tx: WriteTx, party: str) -> None:
    values = {"id": party, "status": PartyStatus.ACTIVE, "version": 0, "opened_at": tx.now}
    tx.execute(sa.insert(parties).values(values))


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
    """Everything that was ever said of the party."""
    query = sa.select(facts).where(facts.c.party == party).order_by(facts.c.recorded_at, facts.c.id)
    return [
        Fact(
            fact=row.fact,
            value=row.value,
            source=Source(row.source),
            observed_on=row.observed_on,
            recorded_at=row.recorded_at,
        )
        for row in tx.rows(query)
    ]


def add_facts(tx: WriteTx, party: str, new: Sequence[Fact], by: str) -> None:
    rows = [to_row(fact) | {"id": tx.new_id("fct"), "party": party, "recorded_by": by} for fact in new]
    if rows:
        tx.execute(sa.insert(facts), rows)


def rights(tx: ReadTx, party: str) -> tuple[IpRight, ...]:
    """Of each right the record that counts: the newest, but the firm's own word only where no office has spoken."""
    own_word = sa.case((ip_rights.c.source == Source.SELF_DECLARED, 1), else_=0)
    query = sa.select(ip_rights).where(ip_rights.c.party == party)
    counting: dict[str, IpRight] = {}
    for row in tx.rows(query.order_by(own_word, ip_rights.c.recorded_at.desc(), ip_rights.c.record.desc())):
        counting.setdefault(row.id, from_row(IpRight, row))
    return tuple(counting[right] for right in sorted(counting))


def add_right(tx: WriteTx, party: str, right: IpRight, source: Source, by: str) -> bool:
    """False where the source said so before, in the same words."""
    newest = (
        sa.select(ip_rights)
        .where(ip_rights.c.party == party, ip_rights.c.id == right.id, ip_rights.c.source == source)
        .order_by(ip_rights.c.recorded_at.desc(), ip_rights.c.record.desc())
        .limit(1)
    )
    known = tx.row(newest)
    if known is not None and from_row(IpRight, known) == right:
        return False
    row = to_row(right) | {"record": tx.new_id("ipr"), "party": party, "source": source}
    tx.execute(sa.insert(ip_rights).values(row | {"recorded_at": tx.now, "recorded_by": by}))
    return True
