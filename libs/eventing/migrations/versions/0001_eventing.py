"""The outbox, the inbox, and where messages wait."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "eventing_0001"
down_revision = None
branch_labels = ("eventing",)
depends_on = None

_instant = sa.DateTime(timezone=True)
_position = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _event_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("time", _instant, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("traceparent", sa.Text),
    ]


def _make_sequences(name: str) -> None:
    op.create_table(
        name,
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("topic", "subject", name=f"pk_{name}"),
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", _position, autoincrement=True, nullable=False),
        *_event_columns(),
        sa.Column("published_at", _instant),
        sa.PrimaryKeyConstraint("position", name="pk_outbox"),
    )
    unpublished = sa.text("published_at IS NULL")
    op.create_index(
        "ix_outbox_unpublished",
        "outbox",
        ["position"],
        sqlite_where=unpublished,
        postgresql_where=unpublished,
    )
    op.create_index("ix_outbox_published_at", "outbox", ["published_at"])


def upgrade() -> None:
    _make_outbox()
    _make_sequences("outbox_sequences")
    _make_sequences("inbox_sequences")
    op.create_table(
        "waiting",
        *_event_columns(),
        sa.Column("error", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("since", _instant, nullable=False),
        sa.PrimaryKeyConstraint("topic", "subject", "sequence", name="pk_waiting"),
    )
    op.create_table(
        "generations",
        sa.Column("generation", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("since", _instant, nullable=False),
        sa.PrimaryKeyConstraint("generation", name="pk_generations"),
    )


def downgrade() -> None:
    for table in ("generations", "waiting", "inbox_sequences", "outbox_sequences", "outbox"):
        op.drop_table(table)
