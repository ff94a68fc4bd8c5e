"""What guarantors stand for of borrowers, and which borrowers are related."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.effects import Portfolio
from services.guarantee.domain.exposure import Exposure
from services.guarantee.domain.red_lines import WeightKind
from services.guarantee.store.party_tables import related_parties
from services.guarantee.store.tables import exposures

T = TypeVar("T")

_CHUNK = 500
# Statements on the path of every reservation are built once: building one takes longer than running it.
_ONE = (exposures.c.guarantor == sa.bindparam("whose")) & (exposures.c.party == sa.bindparam("of"))
_SAVE = (
    sa.update(exposures)
    .where(_ONE)
    .values(
        kind=sa.bindparam("as_kind"),
        platform_fen=sa.bindparam("platform"),
        returned_fen=sa.bindparam("returned"),
    )
)

_LOCK = (
    sa.select(exposures)
    .where(exposures.c.guarantor == sa.bindparam("whose"))
    .where(exposures.c.party.in_(sa.bindparam("parties", expanding=True)))
    .order_by(exposures.c.party)
    .with_for_update()
)
_GROUPS = (
    sa.select(related_parties)
    .where(related_parties.c.party.in_(sa.bindparam("parties", expanding=True)))
    .order_by(related_parties.c.related_group)
)


def lock(tx: WriteTx, wanted: Sequence[Exposure]) -> dict[str, Exposure]:
    """What a guarantor stands for of these parties, which nobody else changes until the end.

    `wanted`: empty exposures of one guarantor, as which new rows begin. Locks go in the order of the parties.
    """
    found: dict[str, Exposure] = {}
    for chunk in _chunks(sorted(wanted, key=lambda one: one.party)):
        tx.execute(insert_into(tx, exposures).on_conflict_do_nothing(), [to_row(one) for one in chunk])
        mine = {"whose": chunk[0].guarantor, "parties": [one.party for one in chunk]}
        found |= {row.party: from_row(Exposure, row) for row in tx.execute(_LOCK, mine)}
    return found


def save(tx: WriteTx, changed: Iterable[Exposure]) -> None:
    rows = [
        {
            "whose": one.guarantor,
            "of": one.party,
            "as_kind": one.kind,
            "platform": one.platform_fen,
            "returned": one.returned_fen,
        }
        for one in changed
    ]
    if rows:
        tx.execute(_SAVE, rows)


def of_party(tx: ReadTx, party: str) -> dict[str, Exposure]:
    """What each guarantor stands for of a party."""
    found = tx.rows(sa.select(exposures).where(exposures.c.party == party))
    return {row.guarantor: from_row(Exposure, row) for row in found}


def of_parties(tx: ReadTx, parties: Collection[str]) -> list[Exposure]:
    query = sa.select(exposures).where(exposures.c.party.in_(parties))
    return [from_row(Exposure, row) for row in tx.rows(query)]


def of_guarantor(tx: ReadTx, guarantor_id: str) -> list[Exposure]:
    query = sa.select(exposures).where(exposures.c.guarantor == guarantor_id)
    return [from_row(Exposure, row) for row in tx.rows(query.order_by(exposures.c.party))]


def returned_by(tx: ReadTx, guarantor_id: str) -> list[Exposure]:
    """The exposures of a guarantor of which a part comes from returns."""
    mine = (exposures.c.guarantor == guarantor_id) & (exposures.c.returned_fen > 0)
    return [from_row(Exposure, row) for row in tx.rows(sa.select(exposures).where(mine))]


def groups_of(tx: ReadTx, parties: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The groups of related parties to which each of these belongs; one that is in none is not in it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for chunk in _chunks(sorted(parties)):
        for row in tx.execute(_GROUPS, {"parties": list(chunk)}):
            found[row.party].append(row.related_group)
    return {party: tuple(groups) for party, groups in found.items()}


def portfolios(tx: ReadTx, up_to_fen: int, guarantors: Collection[str] | None = None) -> dict[str, Portfolio]:
    """The whole book of each guarantor that has one; `up_to_fen`: the most of a borrower that counts as little."""
    returned = exposures.c.returned_fen
    total = exposures.c.platform_fen + returned
    small = exposures.c.kind != WeightKind.OTHER
    little = total <= up_to_fen
    columns = {
        "total_fen": total,
        "small_fen": sa.case((small, total), else_=0),
        "up_to_500_fen": sa.case((little, total), else_=0),
        "small_up_to_500_fen": sa.case((small & little, total), else_=0),
        "returned_small_fen": sa.case((small, returned), else_=0),
        "returned_up_to_500_fen": sa.case((little, returned), else_=0),
        "returned_small_up_to_500_fen": sa.case((small & little, returned), else_=0),
        "households": sa.case((total > 0, 1), else_=0),
        "small_households": sa.case((small & (total > 0), 1), else_=0),
    }
    sums = [sa.func.sum(column).label(name) for name, column in columns.items()]
    query = sa.select(exposures.c.guarantor, *sums).group_by(exposures.c.guarantor)
    if guarantors is not None:
        query = query.where(exposures.c.guarantor.in_(guarantors))
    return {
        row.guarantor: Portfolio(**{name: int(getattr(row, name)) for name in columns})
        for row in tx.rows(query)
    }


def _chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
