"""Banks' lists."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, to_row
from services.guarantee.domain.batch_list import BatchList
from services.guarantee.store.tables import batch_lists


def get(tx: ReadTx, list_id: str) -> BatchList:
    row = tx.row(sa.select(batch_lists).where(batch_lists.c.id == list_id))
    if row is None:
        raise NotFound(f"There is no list {list_id}.", field="list_id")
    return from_row(BatchList, row)


def insert(tx: WriteTx, new: BatchList) -> None:
    tx.execute(sa.insert(batch_lists).values(to_row(new)))
