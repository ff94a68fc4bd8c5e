"""Matching's tables of parties and answers. Each later table stands with its aggregate."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import new_metadata
from services.matching.domain.firm import Profile

metadata = new_metadata()

profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("party", sa.String(80), primary_key=True),
    sa.Column("profile", Document(Profile), nullable=False),
)

matches = sa.Table(
    "matches",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("given_at", Instant, nullable=False),
    sa.Column("document", sa.Text, nullable=False),  # the answer as it was given, JSON
    sa.Index("ix_matches_party_id", "party", "id"),
)
