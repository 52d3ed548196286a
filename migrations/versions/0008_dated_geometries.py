"""Keep with each box which of the place's geometries it is of, and when that held."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BEFORE_ALL, AFTER_ALL = -(2**62), 2**62
ALWAYS = {"s1": BEFORE_ALL, "s2": BEFORE_ALL, "e1": AFTER_ALL, "e2": AFTER_ALL}


def upgrade() -> None:
    """Add the columns: so far every place has one geometry, of no time."""
    op.add_column("box", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    for name, day in ALWAYS.items():
        op.add_column("box", sa.Column(name, sa.BigInteger(), nullable=False, server_default=str(day)))


def downgrade() -> None:
    """Take them away, with the boxes of dated geometries; mark their places, for they lack boxes after a new upgrade."""
    op.execute("UPDATE record SET rendering = 0 WHERE pk IN (SELECT record FROM box WHERE position > 0)")
    op.execute("DELETE FROM box WHERE position > 0")
    for name in ("position", *ALWAYS):
        op.drop_column("box", name)
