"""sandboxes"""

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
