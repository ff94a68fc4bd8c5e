"""The level of each measure of each guarantor, as it was last said; one without a row is OK."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.eventing.tables import insert_into
from services.guarantee.store.party_tables import red_line_levels

Key = tuple[str, str, str]


def crossed(tx: ReadTx, guarantor_id: str) -> set[str]:
    """The measures of a guarantor that stand at BREACH."""
    mine = (red_line_levels.c.guarantor == guarantor_id) & (red_line_levels.c.level == "BREACH")
    return {row.measure for row in tx.rows(sa.select(red_line_levels.c.measure).where(mine))}


def levels(tx: ReadTx) -> dict[Key, str]:
    """By guarantor, measure and programme (empty: of all business)."""
    rows = tx.rows(sa.select(red_line_levels))
    return {(row.guarantor, row.measure, row.programme): row.level for row in rows}


def note(tx: WriteTx, key: Key, level: str) -> None:
    guarantor, measure, programme = key
    row = {
        "guarantor": guarantor,
        "measure": measure,
        "programme": programme,
        "level": level,
        "since": tx.now,
    }
    insert = insert_into(tx, red_line_levels).values(row)
    table = red_line_levels.c
    tx.execute(
        insert.on_conflict_do_update(
            index_elements=[table.guarantor, table.measure, table.programme], set_=row
        )
    )
