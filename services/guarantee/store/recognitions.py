"""What is publicly recognised of a firm, as credit tells it."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from services.guarantee.store.tables import recognitions

_LABELS = sa.select(recognitions.c.labels).where(recognitions.c.party == sa.bindparam("of"))


def get(tx: ReadTx, party: str) -> tuple[str, ...]:
    return tx.execute(_LABELS, {"of": party}).scalar() or ()


def put(tx: WriteTx, party: str, labels: tuple[str, ...]) -> None:
    """These and no others from now on."""
    tx.execute(sa.delete(recognitions).where(recognitions.c.party == party))
    if labels:
        tx.execute(sa.insert(recognitions).values(party=party, labels=labels))
