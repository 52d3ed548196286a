"""Keep of each import who made it, why, and of which files; revisions that it wrote point at it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# SQLite has no ALTER for constraints of their own; both databases take one with its column.
POINT = "ALTER TABLE {} ADD COLUMN import BIGINT CONSTRAINT fk_{}_import REFERENCES import (pk)"


def upgrade() -> None:
    """Imports of before are not known; those that were broken off begin anew, and leave what is there as it is."""
    for table in ("import_reference", "import_unnamed", "import_fault", "import_line", "import_job"):
        op.execute(f"DELETE FROM {table}")
    op.create_table(
        "import",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("label", KEY, nullable=True),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_import"),
    )
    op.execute(POINT.format("revision", "revision"))
    op.execute(POINT.format("import_job", "import_job"))


def downgrade() -> None:
    """Forget the imports."""
    for table, rowid in (("revision", False), ("import_job", True)):
        if op.get_bind().dialect.name == "sqlite":
            with op.batch_alter_table(table, table_kwargs={"sqlite_with_rowid": rowid}) as batch:
                batch.drop_column("import")
        else:
            op.drop_column(table, "import")
    op.drop_table("import")
