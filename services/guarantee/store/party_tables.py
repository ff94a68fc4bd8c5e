"""The tables of what is known of parties from off the platform: admissions, relations, returns; and of red lines."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from services.guarantee.domain.opening import ReturnedClaims, ReturnedContract
from services.guarantee.store.tables import metadata

# The re-guarantor's list: the decision in force on each guarantor.
admissions = sa.Table(
    "admissions",
    metadata,
    sa.Column("guarantor", sa.String(80), sa.ForeignKey("guarantors.id"), primary_key=True),
    sa.Column("credit_line_fen", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("decided_by", sa.String(80), nullable=False),
    sa.Column("decided_on", sa.Date, nullable=False),
)

related_groups = sa.Table(
    "related_groups",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
)

related_parties = sa.Table(
    "related_parties",
    metadata,
    sa.Column("party", sa.String(80), primary_key=True),
    sa.Column("related_group", sa.String(80), sa.ForeignKey("related_groups.id"), primary_key=True),
    sa.Index("ix_related_parties_related_group", "related_group"),
)

# A guarantor's book from off the platform as it was uploaded, and who let it take effect.
opening_books = sa.Table(
    "opening_books",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("guarantor", sa.String(80), sa.ForeignKey("guarantors.id"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("contracts", sa.Integer, nullable=False),
    sa.Column("balance_fen", sa.BigInteger, nullable=False),
    sa.Column("liability_fen", sa.BigInteger, nullable=False),
    sa.Column("uploaded_by", sa.String(80), nullable=False),
    sa.Column("uploaded_at", Instant, nullable=False),
    sa.Column("decided_by", sa.String(80)),
    sa.Column("decided_at", Instant),
    sa.Column("reason", sa.Text),
    sa.Column("rows", Document(tuple[ReturnedContract, ...]), nullable=False),
    sa.Column("claims", Document(tuple[ReturnedClaims, ...]), nullable=False),
    sa.Index("ix_opening_books_guarantor_id", "guarantor", "id"),
)

# The contracts of the book in force, and those that left it (with nothing outstanding): a year's new business stays.
returned_contracts = sa.Table(
    "returned_contracts",
    metadata,
    sa.Column("guarantor", sa.String(80), sa.ForeignKey("guarantors.id"), primary_key=True),
    sa.Column("contract", sa.String(80), primary_key=True),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("programme", sa.String(80)),
    sa.Column("loan_fen", sa.BigInteger, nullable=False),
    sa.Column("balance_fen", sa.BigInteger, nullable=False),
    sa.Column("liability_fen", sa.BigInteger, nullable=False),
    sa.Column("size", sa.String(20)),
    sa.Column("owner_kind", sa.String(30), nullable=False),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("drawn_on", sa.Date, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("fee_fen", sa.BigInteger, nullable=False),
    sa.Column("provincial_filed", sa.Boolean, nullable=False),
    sa.Column("national_filed", sa.Boolean, nullable=False),
    sa.CheckConstraint("balance_fen >= 0 AND liability_fen >= 0", name="balances"),
    sa.Index("ix_returned_contracts_guarantor_bank", "guarantor", "bank"),
)

# Claims paid and cover released off the platform, of one return.
returned_claims = sa.Table(
    "returned_claims",
    metadata,
    sa.Column("book", sa.String(40), sa.ForeignKey("opening_books.id"), primary_key=True),
    sa.Column("programme", sa.String(80), primary_key=True),
    sa.Column("bank", sa.String(80), primary_key=True),
    sa.Column("guarantor", sa.String(80), nullable=False),
    sa.Column("period", sa.Integer, nullable=False),
    sa.Column("paid_fen", sa.BigInteger, nullable=False),
    sa.Column("released_fen", sa.BigInteger, nullable=False),
    sa.Column("released_fen_days", sa.BigInteger, nullable=False),
    sa.Index("ix_returned_claims_programme_period", "programme", "period"),
)

# The level of each measure as it was last said. Guarantor, programme and bank are empty where a measure is of all.
red_line_levels = sa.Table(
    "red_line_levels",
    metadata,
    sa.Column("guarantor", sa.String(80), primary_key=True),
    sa.Column("measure", sa.String(30), primary_key=True),
    sa.Column("programme", sa.String(80), primary_key=True),
    sa.Column("bank", sa.String(80), primary_key=True),
    sa.Column("level", sa.String(20), nullable=False),
    sa.Column("since", Instant, nullable=False),
)
