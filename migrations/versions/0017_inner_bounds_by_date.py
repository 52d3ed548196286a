"""Have the inner bounds of dates in the indexes by date, so that timelines are counted from these alone."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

DATED = ("span_class", "s1", "e2", "id", "set_kind", "record", "cell", "place_set", "qualified")
INDEXES = {
    "ix_entry_date": ("view", "kind", *DATED),
    "ix_entry_type_date": ("view", "kind", "type", *DATED),
}


def upgrade() -> None:
    """Make the indexes anew with the inner bounds."""
    for name, columns in INDEXES.items():
        op.drop_index(name, "entry")
        op.create_index(name, "entry", [*columns, "s2", "e1"])


def downgrade() -> None:
    """Make them anew without these."""
    for name, columns in INDEXES.items():
        op.drop_index(name, "entry")
        op.create_index(name, "entry", list(columns))
