"""Keep with each revision the merge that made it, so that a merge is found from what it did; find merges by record."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What is known of merges of before: which revisions moved references, and when which merge was done and undone.
# Only the revisions of records that a merge has touched are read.
KNOWN = (
    """
    UPDATE revision SET merge = (
        SELECT max(m.merge) FROM merge_move AS m
        WHERE m.record = revision.record AND abs(m.revision) = revision.revision
    ) WHERE record IN (SELECT record FROM merge_move) AND action = 'merge' AND document IS NOT NULL
    """,
    """
    UPDATE revision SET merge = (
        SELECT max(m.pk) FROM merge AS m WHERE m.source = revision.record AND m.at <= revision.at
    ) WHERE record IN (SELECT source FROM merge) AND action = 'merge' AND document IS NULL
    """,
    """
    UPDATE revision SET merge = (
        SELECT max(m.pk) FROM merge AS m WHERE m.source = revision.record AND m.undone_at = revision.at
    ) WHERE record IN (SELECT source FROM merge) AND action = 'unmerge'
    """,
    """
    UPDATE revision SET merge = (
        SELECT max(v.merge) FROM merge_move AS v JOIN merge AS m ON m.pk = v.merge
        WHERE v.record = revision.record AND m.undone_at <= revision.at
    ) WHERE record IN (SELECT record FROM merge_move) AND action = 'unmerge' AND merge IS NULL
    """,
)


def upgrade() -> None:
    """Make the indexes, which finding what is known needs, and the column."""
    op.create_index("ix_merge_source", "merge", ["source"])
    op.create_index("ix_merge_target", "merge", ["target"])
    op.add_column("revision", sa.Column("merge", sa.BigInteger(), nullable=True))
    for statement in KNOWN:
        op.execute(statement)


def downgrade() -> None:
    """Forget it; ids that records had before are as those of merged ones, for which earlier programs redirect too."""
    op.execute("UPDATE record SET state = 2 WHERE state = 3")
    op.execute("UPDATE revision SET action = 'merge' WHERE action = 'rename'")
    op.execute("UPDATE change SET action = 'merge' WHERE action = 'rename'")
    op.drop_column("revision", "merge")
    op.drop_index("ix_merge_target", "merge")
    op.drop_index("ix_merge_source", "merge")
