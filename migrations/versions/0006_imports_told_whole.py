"""Keep with an import all that it has to tell, and name documents without an id once all are read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _forget_imports() -> None:
    """Let imports that were broken off begin anew: what they wrote is there, and is left as it is."""
    for table in ("import_reference", "import_line", "import_job"):
        op.execute(f"DELETE FROM {table}")


def _make_lines(*later: sa.Column) -> None:
    op.drop_table("import_line")
    op.create_table(
        "import_line",
        sa.Column("job", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file", sa.SmallInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        *later,
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("if_missing", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", "position", name="pk_import_line"),
    )
    op.create_index("ix_import_line_id", "import_line", ["job", "kind", "id"], unique=True)


def upgrade() -> None:
    """Keep every fault, and of each line its feature, its size, and the revision that it was made from."""
    _forget_imports()
    op.drop_column("import_job", "faults")
    _make_lines(
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("base_revision", sa.Integer(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "import_unnamed",
        sa.Column("job", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("if_missing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("job", "kind", "name", "position", name="pk_import_unnamed"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_import_unnamed_digest", "import_unnamed", ["job", "kind", "name", "digest", "position"]
    )
    op.create_table(
        "import_fault",
        sa.Column("job", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_key", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", "position", name="pk_import_fault"),
    )
    op.create_index("ix_import_fault_group_key", "import_fault", ["job", "group_key", "position"])


def downgrade() -> None:
    """Keep the first thousand faults with the job again."""
    _forget_imports()
    op.drop_table("import_fault")
    op.drop_table("import_unnamed")
    _make_lines()
    op.add_column("import_job", sa.Column("faults", sa.Text(), nullable=False, server_default="[]"))
