"""The re-guarantor's list, and groups of related parties."""

from collections.abc import Sequence

import sqlalchemy as sa

from libs.chassis.codec import load
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.admission import Admission
from services.guarantee.domain.related import RelatedGroup
from services.guarantee.store.party_tables import admissions, related_groups, related_parties

_ADMISSION = sa.select(admissions).where(admissions.c.guarantor == sa.bindparam("of"))


def admission(tx: ReadTx, guarantor_id: str) -> Admission | None:
    row = tx.execute(_ADMISSION, {"of": guarantor_id}).one_or_none()
    return None if row is None else from_row(Admission, row)


def list_admissions(tx: ReadTx) -> tuple[Admission, ...]:
    query = sa.select(admissions).order_by(admissions.c.guarantor)
    return tuple(from_row(Admission, row) for row in tx.rows(query))


def put_admission(tx: WriteTx, decided: Admission) -> None:
    row = to_row(decided)
    insert = insert_into(tx, admissions).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=[admissions.c.guarantor], set_=row))


def group(tx: ReadTx, group_id: str) -> RelatedGroup | None:
    found = _groups(tx, sa.select(related_groups).where(related_groups.c.id == group_id))
    return found[0] if found else None


def list_groups(tx: ReadTx, party: str | None = None) -> tuple[RelatedGroup, ...]:
    query = sa.select(related_groups).order_by(related_groups.c.id)
    if party is not None:
        mine = sa.select(related_parties.c.related_group).where(related_parties.c.party == party)
        query = query.where(related_groups.c.id.in_(mine))
    return _groups(tx, query)


def _groups(tx: ReadTx, query: sa.Select[tuple[object, ...]]) -> tuple[RelatedGroup, ...]:
    rows = tx.rows(query)
    mine = related_parties.c.related_group.in_([row.id for row in rows])
    members = tx.rows(sa.select(related_parties).where(mine).order_by(related_parties.c.party))
    return tuple(
        load(
            RelatedGroup,
            {name: getattr(row, name) for name in ("id", "name", "kind", "recorded_by")}
            | {"parties": tuple(one.party for one in members if one.related_group == row.id)},
        )
        for row in rows
    )


def put_group(tx: WriteTx, found: RelatedGroup) -> None:
    row = {name: value for name, value in to_row(found).items() if name != "parties"}
    insert = insert_into(tx, related_groups).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=[related_groups.c.id], set_=row))
    _put_members(tx, found.id, found.parties)


def _put_members(tx: WriteTx, group_id: str, parties: Sequence[str]) -> None:
    tx.execute(sa.delete(related_parties).where(related_parties.c.related_group == group_id))
    if parties:
        rows = [{"party": party, "related_group": group_id} for party in parties]
        tx.execute(sa.insert(related_parties), rows)
