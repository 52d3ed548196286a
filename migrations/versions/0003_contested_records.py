"""Find the records on which sources disagree without a look at all others."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index of the contested entries alone."""
    op.create_index(
        "ix_entry_contested",
        "entry",
        ["view", "kind"],
        sqlite_where=sa.text("contested = 1"),
        postgresql_where=sa.text("contested"),
    )


def downgrade() -> None:
    """Take the index away."""
    op.drop_index("ix_entry_contested", table_name="entry")
