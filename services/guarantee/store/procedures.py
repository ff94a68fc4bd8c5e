"""The trail of steps: only ever added to."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from services.guarantee.domain.procedure import StepEntry
from services.guarantee.store.tables import procedure_steps


def trail(tx: ReadTx, guarantee_id: str) -> tuple[StepEntry, ...]:
    mine = sa.select(procedure_steps).where(procedure_steps.c.guarantee_id == guarantee_id)
    return tuple(from_row(StepEntry, row) for row in tx.rows(mine.order_by(procedure_steps.c.number)))


def add(tx: WriteTx, entry: StepEntry) -> None:
    tx.execute(sa.insert(procedure_steps).values(to_row(entry)))
