"""Give the database's version a part that is new with each write, so that no two states ever share one."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the version with its token, and begin with one."""
    op.add_column("database", sa.Column("version_tag", sa.Text(), nullable=False, server_default=""))
    op.get_bind().execute(
        sa.text("UPDATE database SET version_tag = CAST(version AS TEXT) || '-' || :token"),
        {"token": secrets.token_hex(6)},
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_column("database", "version_tag")
