"""Have `annals reindex` index anew what has letters that are also written as two (ä as ae)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The letters with such a mark, alone and with a further one; å as the unit too; and the marks themselves.
LETTERS = "äöüåøÄÖÜÅØǟȫǖǘǚǜǻǿǞȪǕǗǙǛǺǾ\u212b\u0308\u030a"
HAS_ANY = {
    "sqlite": f"document GLOB '*[{LETTERS}]*'",
    "postgresql": f"document ~ '[{LETTERS}]'",
}


def upgrade() -> None:
    """Mark those records as rendered by an older program: that is what a reindex and its advice go by."""
    connection = op.get_bind()
    connection.execute(
        sa.text(f"UPDATE record SET rendering = 0 WHERE state = 0 AND {HAS_ANY[connection.dialect.name]}")
    )


def downgrade() -> None:
    """Leave the words where they are: an older program finds more by them, and nothing wrong."""
