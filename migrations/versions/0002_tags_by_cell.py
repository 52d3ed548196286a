"""Keep with each tag the cell its record is counted in, so that tags are counted without a look at the records."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DROP_KEY = "ALTER TABLE tag DROP CONSTRAINT pk_tag"
MAKE_KEY = "ALTER TABLE tag ADD CONSTRAINT pk_tag PRIMARY KEY (view, tag, record)"


def upgrade() -> None:
    """Add the cells, as the entries have them; Postgres reads them off the key's index."""
    op.add_column("tag", sa.Column("cell", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE tag SET cell = (SELECT e.cell FROM entry e WHERE e.record = tag.record AND e.view = tag.view)"
    )
    with op.batch_alter_table("tag", table_kwargs={"sqlite_with_rowid": False}) as tag:
        tag.alter_column("cell", existing_type=sa.BigInteger(), nullable=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(DROP_KEY)
        op.execute(f"{MAKE_KEY} INCLUDE (cell)")


def downgrade() -> None:
    """Take the cells away."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(DROP_KEY)
        op.execute(MAKE_KEY)
    with op.batch_alter_table("tag", table_kwargs={"sqlite_with_rowid": False}) as tag:
        tag.drop_column("cell")
