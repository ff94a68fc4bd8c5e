"""Rules that a bank sets aside for one firm; applications of before stood under none."""

import sqlalchemy as sa
from alembic import op

revision = "lending_0003"
down_revision = "lending_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waivers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("product_id", sa.String(length=40), nullable=False),
        sa.Column("product_version", sa.Integer(), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("fact", sa.String(length=60), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("proposed_by", sa.String(length=80), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(length=80), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seal", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["product_id", "product_version"],
            ["products.id", "products.version"],
            name=op.f("fk_waivers_product_id_products"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waivers")),
    )
    op.create_index("ix_waivers_bank_id", "waivers", ["bank", "id"], unique=False)
    op.create_index("ix_waivers_party_product", "waivers", ["party", "product_id"], unique=False)
    op.create_index("ix_waivers_status_valid_until", "waivers", ["status", "valid_until"], unique=False)
    op.create_index(
        "uq_waivers_live",
        "waivers",
        ["product_id", "party", "fact"],
        unique=True,
        sqlite_where=sa.text("status IN ('PROPOSED', 'GRANTED')"),
        postgresql_where=sa.text("status IN ('PROPOSED', 'GRANTED')"),
    )
    op.add_column("applications", sa.Column("waivers", sa.Text(), server_default="[]", nullable=False))
