"""What red lines are measured from, and the level of each measure as it was last said."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.eventing.tables import insert_into
from services.guarantee.domain.effects import Portfolio
from services.guarantee.domain.red_lines import WeightKind
from services.guarantee.store.party_tables import red_line_levels, returned_contracts
from services.guarantee.store.tables import drawdowns, exposures, guarantees


class Key(NamedTuple):
    """What a level is of; empty where it is of all guarantors, programmes or banks."""

    guarantor: str
    measure: str
    programme: str = ""
    bank: str = ""


_CROSSED = sa.select(red_line_levels.c.measure).where(
    red_line_levels.c.guarantor == sa.bindparam("of"), red_line_levels.c.level == "BREACH"
)


def crossed(tx: ReadTx, guarantor_id: str) -> set[str]:
    """The measures of a guarantor that stand at BREACH."""
    return {row.measure for row in tx.execute(_CROSSED, {"of": guarantor_id})}


def levels(tx: ReadTx) -> dict[Key, str]:
    rows = tx.rows(sa.select(red_line_levels))
    return {Key(row.guarantor, row.measure, row.programme, row.bank): row.level for row in rows}


def note(tx: WriteTx, key: Key, level: str) -> None:
    row = key._asdict() | {"level": level, "since": tx.now}
    insert = insert_into(tx, red_line_levels).values(row)
    mine = [red_line_levels.c[name] for name in Key._fields]
    tx.execute(insert.on_conflict_do_update(index_elements=mine, set_=row))


def fee_income(tx: ReadTx, guarantor_id: str, year: int) -> int:
    """The fees of the loans that a guarantor covered in a year, on the platform and off it."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    joined = drawdowns.join(guarantees, guarantees.c.id == drawdowns.c.guarantee_id)
    here = sa.select(sa.func.sum(drawdowns.c.fee_fen)).select_from(joined)
    here = here.where(guarantees.c.guarantor == guarantor_id, drawdowns.c.drawn_on.between(first, last))
    away = sa.select(sa.func.sum(returned_contracts.c.fee_fen)).where(
        returned_contracts.c.guarantor == guarantor_id, returned_contracts.c.drawn_on.between(first, last)
    )
    return int(tx.scalar(here) or 0) + int(tx.scalar(away) or 0)


def by_bank(tx: ReadTx, up_to_fen: int) -> dict[tuple[str, str], Portfolio]:
    """Loan principal under cover by guarantor and bank, as `portfolios` has liability by guarantor."""
    sums: defaultdict[tuple[str, str], list[Portfolio]] = defaultdict(list)
    for source, fen, returned in (
        (guarantees, guarantees.c.outstanding_fen, False),
        (returned_contracts, returned_contracts.c.balance_fen, True),
    ):
        for row in tx.rows(_by_class(source, fen, up_to_fen)):
            sums[row.guarantor, row.bank].append(_part(row, returned))
    return {key: _added(parts) for key, parts in sums.items()}


def _by_class(source: sa.Table, fen: sa.Column[int], up_to_fen: int) -> sa.Executable:
    same = (exposures.c.guarantor == source.c.guarantor) & (exposures.c.party == source.c.party)
    small = (exposures.c.kind != WeightKind.OTHER).label("small")
    little = (exposures.c.platform_fen + exposures.c.returned_fen <= up_to_fen).label("little")
    columns = (source.c.guarantor, source.c.bank, small, little)
    total = sa.func.sum(fen).label("fen")
    query = sa.select(*columns, total).select_from(source.join(exposures, same))
    return query.where(fen > 0).group_by(*columns)


def _part(row: sa.Row[tuple[object, ...]], returned: bool) -> Portfolio:
    fen, small, little = int(row.fen), bool(row.small), bool(row.little)
    return Portfolio(
        total_fen=fen,
        small_fen=fen * small,
        up_to_500_fen=fen * little,
        small_up_to_500_fen=fen * (small and little),
        returned_small_fen=fen * (small and returned),
        returned_up_to_500_fen=fen * (little and returned),
        returned_small_up_to_500_fen=fen * (small and little and returned),
    )


def _added(parts: Iterable[Portfolio]) -> Portfolio:
    found = list(parts)
    return Portfolio(
        **{one.name: sum(getattr(part, one.name) for part in found) for one in fields(Portfolio)}
    )
