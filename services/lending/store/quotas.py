"""How much of a product's quota is taken, and by which applications."""

import sqlalchemy as sa

from libs.chassis.database import WriteTx
from libs.chassis.rows import insert_if_absent
from services.lending.store.metadata import metadata

product_quotas = sa.Table(
    "product_quotas",
    metadata,
    sa.Column("product_id", sa.String(40), primary_key=True),
    sa.Column("taken_fen", sa.BigInteger, nullable=False),
    sa.CheckConstraint("taken_fen >= 0", name="taken"),
)

quota_uses = sa.Table(
    "quota_uses",
    metadata,
    sa.Column("application_id", sa.String(40), sa.ForeignKey("applications.id"), primary_key=True),
    sa.Column("product_id", sa.String(40), sa.ForeignKey("product_quotas.product_id"), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
)


def lock(tx: WriteTx, product_id: str) -> int:
    """What is taken of a product's quota, with its row locked: approvals of the product come one after another."""
    insert_if_absent(tx, product_quotas, {"product_id": product_id, "taken_fen": 0})
    (row,) = tx.lock_rows(sa.select(product_quotas).where(product_quotas.c.product_id == product_id))
    return int(row.taken_fen)


def take(tx: WriteTx, product_id: str, application_id: str, amount_fen: int) -> None:
    use = {"application_id": application_id, "product_id": product_id, "amount_fen": amount_fen}
    tx.execute(sa.insert(quota_uses).values(use))
    _move(tx, product_id, amount_fen)


def give_back(tx: WriteTx, application_id: str) -> None:
    """What an application took, if it took any."""
    mine = sa.delete(quota_uses).where(quota_uses.c.application_id == application_id)
    for row in tx.execute(mine.returning(quota_uses.c.product_id, quota_uses.c.amount_fen)).all():
        _move(tx, row.product_id, -row.amount_fen)


def _move(tx: WriteTx, product_id: str, by_fen: int) -> None:
    mine = sa.update(product_quotas).where(product_quotas.c.product_id == product_id)
    tx.execute(mine.values(taken_fen=product_quotas.c.taken_fen + by_fen))
