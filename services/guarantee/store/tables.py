"""The tables of guarantee."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import new_metadata
from libs.registry.dimensions import Dimensions
from services.guarantee.domain.quote import ShareAmount

metadata = new_metadata()

guarantors = sa.Table(
    "guarantors",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("tier", sa.String(20), nullable=False),
    sa.Column("net_assets_fen", sa.BigInteger, nullable=False),
    sa.Column("opening_liability_fen", sa.BigInteger, nullable=False),
    sa.Column("counties", Document(tuple[str, ...]), nullable=False),
    sa.Column("banks", Document(tuple[str, ...]), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("mainly_small", sa.Boolean, nullable=False),
)

# Every rulebook that was ever in use, by the policy set it was read from; the one with the highest number is in use.
rulebooks = sa.Table(
    "rulebooks",
    metadata,
    sa.Column("policy_set", sa.String(40), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("loaded_at", Instant, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
)

# `held_fen` is the sum of the limit's holds, always. It is above `limit_fen` only where the limit fell later.
limits = sa.Table(
    "limits",
    metadata,
    sa.Column("key", sa.String(240), primary_key=True),
    sa.Column("rule", sa.String(20), nullable=False),
    sa.Column("owner", sa.String(80), nullable=False),
    sa.Column("limit_fen", sa.BigInteger, nullable=False),
    sa.Column("held_fen", sa.BigInteger, nullable=False),
    sa.CheckConstraint("held_fen >= 0", name="held"),
    sa.Index("ix_limits_rule_owner", "rule", "owner"),
)

# `holder`: a guarantee, or `opening/<guarantor>` for the book from before the platform.
holds = sa.Table(
    "holds",
    metadata,
    sa.Column("holder", sa.String(100), primary_key=True),
    sa.Column("limit_key", sa.String(240), sa.ForeignKey("limits.key"), primary_key=True),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.CheckConstraint("amount_fen > 0", name="amount"),
)

guarantees = sa.Table(
    "guarantees",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.String(40), nullable=False, unique=True),
    sa.Column("loan_id", sa.String(40)),
    sa.Column("programme", sa.String(80), nullable=False),
    sa.Column("programme_effective", sa.Date, nullable=False),
    sa.Column("guarantor", sa.String(80), sa.ForeignKey("guarantors.id"), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("shares", Document(tuple[ShareAmount, ...]), nullable=False),
    sa.Column("fee_fen", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("reserved_until", sa.Date, nullable=False),
    sa.Column("confirmed_by", sa.String(80)),
    sa.Column("effective_on", sa.Date),
    sa.Column("dimensions", Document(Dimensions), nullable=False),
    sa.Column("policy_set", sa.String(40), nullable=False),
    sa.Column("note", sa.Text),
    sa.CheckConstraint("outstanding_fen >= 0 AND outstanding_fen <= amount_fen", name="outstanding"),
    sa.Index("ix_guarantees_guarantor_id", "guarantor", "id"),
    sa.Index("ix_guarantees_bank_id", "bank", "id"),
    sa.Index("ix_guarantees_party_id", "party", "id"),
    sa.Index("ix_guarantees_status_reserved_until", "status", "reserved_until"),
)

# The recognitions of firms, of which credit tells what is public. A firm without any has no row.
recognitions = sa.Table(
    "recognitions",
    metadata,
    sa.Column("party", sa.String(80), primary_key=True),
    sa.Column("labels", Document(tuple[str, ...]), nullable=False),
)

# What is left of loans whose repayment was heard of before their disbursement: the topics keep no order between them.
repayments_ahead = sa.Table(
    "repayments_ahead",
    metadata,
    sa.Column("guarantee_id", sa.String(40), sa.ForeignKey("guarantees.id"), primary_key=True),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
)

# What each state topic says of a subject: only a change is published.
published_states = sa.Table(
    "published_states",
    metadata,
    sa.Column("topic", sa.String(80), primary_key=True),
    sa.Column("subject", sa.String(80), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
