"""The two tables that the chassis keeps in every service's database."""

import sqlalchemy as sa

from libs.chassis.columns import Encrypted, Instant
from libs.chassis.database import new_metadata

chassis_metadata = new_metadata()

# What a client's key was answered with. The row is written in the operation's own transaction.
idempotency_keys = sa.Table(
    "idempotency_keys",
    chassis_metadata,
    sa.Column("scope", sa.String(300), primary_key=True),  # organisation/operation/key
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.Column("answer", Encrypted, nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
)

# A call to another service that was decided and must happen: committed before it is made.
intents = sa.Table(
    "intents",
    chassis_metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
    sa.Column("error", sa.Text),
    sa.Column("traceparent", sa.Text),
    sa.Index(
        "ix_intents_open",
        "due_at",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    ),
)
