"""Have `annals reindex` index anew what has an ISBN or a DOI, by which sources are found."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark those records as rendered by an older program: that is what a reindex and its advice go by."""
    op.get_bind().execute(
        sa.text(
            "UPDATE record SET rendering = 0 WHERE state = 0 AND kind = 'source' "
            """AND (document LIKE '%"isbn":%' OR document LIKE '%"doi":%')"""
        )
    )


def downgrade() -> None:
    """Leave the words where they are: an older program finds more by them, and nothing wrong."""
