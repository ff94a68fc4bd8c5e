"""Claims of banks on the guarantees of loans, as guarantee tells of them."""

from typing import NamedTuple

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import insert_if_absent
from services.lending.store.metadata import metadata

loan_claims = sa.Table(
    "loan_claims",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("loan_id", sa.String(40), sa.ForeignKey("loans.id"), nullable=False, index=True),
    sa.Column("stands", sa.Boolean, nullable=False),
    sa.Column("decided", sa.Boolean, nullable=False),
    sa.Column("paid_fen", sa.BigInteger, nullable=False),
)


class KnownClaim(NamedTuple):
    """`stands`: not refused. `decided`: refused or paid. `paid_fen`: what the bank has got by it."""

    id: str
    loan_id: str
    stands: bool
    decided: bool
    paid_fen: int


def keep(tx: WriteTx, claim: KnownClaim) -> None:
    row = claim._asdict()
    if not insert_if_absent(tx, loan_claims, row):
        tx.execute(sa.update(loan_claims).where(loan_claims.c.id == claim.id).values(row))


def of_loan(tx: ReadTx, loan_id: str) -> list[KnownClaim]:
    query = sa.select(loan_claims).where(loan_claims.c.loan_id == loan_id).order_by(loan_claims.c.id)
    return [KnownClaim(*row) for row in tx.rows(query)]
