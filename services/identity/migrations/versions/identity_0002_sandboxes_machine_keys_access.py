"""sandboxes machine_keys access"""

import sqlalchemy as sa
from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "organisations", sa.Column("sandbox", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "machine_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("machine", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("territory", sa.String(length=6), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_machine_keys_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_keys")),
    )
    op.create_index("ix_machine_keys_organisation", "machine_keys", ["organisation", "machine"], unique=False)
    op.create_index("ix_machine_keys_subject", "machine_keys", ["subject"], unique=False)
    op.create_table(
        "access",
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("certificates", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_access_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_access")),
    )
