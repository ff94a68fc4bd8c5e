"""The tables of returns: each version, the rows of its book, and where it disagrees."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Instant
from services.lending.domain.returns.figures import Figures
from services.lending.store.metadata import metadata

returns = sa.Table(
    "returns",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("period", sa.String(10), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("figures", Document(Figures), nullable=False),
    sa.Column("loans", sa.Integer, nullable=False),
    sa.Column("balance_fen", sa.BigInteger, nullable=False),
    sa.Column("blocking", sa.Integer, nullable=False),
    sa.Column("unexplained", sa.Integer, nullable=False),
    sa.Column("loaded_by", sa.String(80), nullable=False),
    sa.Column("loaded_at", Instant, nullable=False),
    sa.Column("decided_by", sa.String(80)),
    sa.Column("decided_at", Instant),
    sa.Column("reason", sa.String(40)),
    sa.Column("sandbox", sa.Boolean, nullable=False),
    sa.UniqueConstraint("bank", "period", "version"),
    sa.Index("ix_returns_bank_id", "bank", "id"),
)

# A borrower stands here as its pseudonym only: what is asked of it is whether two rows are of the same.
return_rows = sa.Table(
    "return_rows",
    metadata,
    sa.Column("return_id", sa.String(40), sa.ForeignKey("returns.id"), primary_key=True),
    sa.Column("number", sa.String(64), primary_key=True),
    sa.Column("firm_key", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("industry_division", sa.String(2), nullable=False),
    sa.Column("size", sa.String(10)),
    sa.Column("owner_kind", sa.String(30), nullable=False),
    sa.Column("balance_fen", sa.BigInteger, nullable=False),
    sa.Column("credit_line_fen", sa.BigInteger, nullable=False),
    sa.Column("rate_ppm", sa.Integer, nullable=False),
    sa.Column("granted_on", sa.Date, nullable=False),
    sa.Column("first_loan", sa.Boolean, nullable=False),
    sa.Column("unsecured", sa.Boolean, nullable=False),
    sa.Column("medium_long", sa.Boolean, nullable=False),
    sa.Column("loan_class", sa.String(20), nullable=False),
    sa.Column("days_past_due", sa.Integer, nullable=False),
    sa.Column("inclusive", sa.Boolean, nullable=False),
)

return_differences = sa.Table(
    "return_differences",
    metadata,
    sa.Column("return_id", sa.String(40), sa.ForeignKey("returns.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("blocking", sa.Boolean, nullable=False),
    sa.Column("place", sa.String(100), nullable=False),
    sa.Column("told", sa.BigInteger),
    sa.Column("found", sa.BigInteger),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("mend", sa.Text, nullable=False),
    sa.Column("explanation", Encrypted),
    sa.Column("explained_by", sa.String(80)),
)
