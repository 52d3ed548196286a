"""Keep which records the last complete import of a label named, so that the next can tell which it no longer has."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table, and mark the last import of each label; so far none has one."""
    op.add_column("import", sa.Column("latest", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_import_label", "import", ["label"])
    op.create_table(
        "import_record",
        sa.Column("import", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("missing", KEY, nullable=True),
        sa.ForeignKeyConstraint(["import"], ["import.pk"], name="fk_import_record_import"),
        sa.PrimaryKeyConstraint("import", "record", name="pk_import_record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_import_record_record", "import_record", ["record"])


def downgrade() -> None:
    """Forget it."""
    op.drop_table("import_record")
    op.drop_index("ix_import_label", "import")
    op.drop_column("import", "latest")
