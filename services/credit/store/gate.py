"""The legal bases on which lenders may be given scores. Only added to; one may be revoked."""

import sqlalchemy as sa

from libs.chassis.columns import Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from services.credit.domain.gate import BasisKind, LegalBasis
from services.credit.store.tables import metadata

legal_bases = sa.Table(
    "legal_bases",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("document", sa.String(200), nullable=False),
    sa.Column("number", sa.String(100), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("note", sa.String(1000), nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),  # revoked, or replaced by a later one of its kind
)

_HOLDING = sa.select(legal_bases).where(  # written out once: every lender's score asks it
    legal_bases.c.revoked_at.is_(None),
    legal_bases.c.valid_from <= sa.bindparam("today"),
    legal_bases.c.valid_until >= sa.bindparam("today"),
)


def all_bases(tx: ReadTx) -> tuple[LegalBasis, ...]:
    """All that was ever recorded, the latest first."""
    return tuple(
        from_row(LegalBasis, row) for row in tx.rows(sa.select(legal_bases).order_by(legal_bases.c.id.desc()))
    )


def bases_on(tx: ReadTx) -> list[LegalBasis]:
    """What holds today."""
    return [from_row(LegalBasis, row) for row in tx.execute(_HOLDING, {"today": tx.today})]


def add_basis(tx: WriteTx, basis: LegalBasis) -> None:
    tx.execute(sa.insert(legal_bases).values(to_row(basis)))


def end_bases(tx: WriteTx, kind: BasisKind) -> bool:
    """From now on nothing of this kind holds; whether anything did."""
    held = (legal_bases.c.kind == kind.value) & legal_bases.c.revoked_at.is_(None)
    ended = tx.execute(sa.update(legal_bases).where(held).values(revoked_at=tx.now))
    return bool(ended.rowcount)
