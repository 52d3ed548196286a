"""Keep with a change the kind of its record and the fields that changed, and find changes by kind, key, time and revision."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# Set by the service: they say of every revision that it is another one.
SERVER = ("kind", "id", "revision", "created_at", "updated_at", "href")
PAGE = 1000

PLACES = sa.text(
    "SELECT record, revision FROM revision WHERE (record, revision) > (:record, :revision) "
    "ORDER BY record, revision LIMIT :most"
)
DOCUMENT = sa.text("SELECT document FROM revision WHERE record = :record AND revision = :revision")
TELL = sa.text("UPDATE change SET fields = :fields WHERE record = :record AND revision = :revision")


def upgrade() -> None:
    """Add the columns, and tell what earlier revisions changed."""
    op.add_column("change", sa.Column("kind", KEY, nullable=False, server_default=""))
    op.add_column("change", sa.Column("fields", sa.Text(), nullable=True))
    op.execute("UPDATE change SET kind = (SELECT kind FROM record WHERE record.pk = change.record)")
    op.drop_index("ix_change_record", "change")
    op.create_index("ix_change_record", "change", ["record", "revision"])
    op.create_index("ix_change_kind", "change", ["kind", "seq"])
    op.create_index("ix_change_by", "change", ["by", "seq"])
    op.create_index("ix_change_at", "change", ["at", "seq"])
    _tell_fields(op.get_bind())


def _tell_fields(connection: sa.Connection) -> None:
    """Compare each revision with the one before, reading a document at a time and only where there are two."""
    before, old = (0, 0), None
    while places := connection.execute(
        PLACES, {"record": before[0], "revision": before[1], "most": PAGE}
    ).all():
        for record, number in places:
            if record == before[0]:
                old = _members(connection, *before) if old is None else old
                new = _members(connection, record, number)
                if (
                    old
                    and new
                    and (changed := [name for name in [*old, *new] if old.get(name) != new.get(name)])
                ):
                    fields = json.dumps(sorted(set(changed)), separators=(",", ":"))
                    connection.execute(TELL, {"fields": fields, "record": record, "revision": number})
                old = new
            else:
                old = None
            before = (record, number)


def _members(connection: sa.Connection, record: int, number: int) -> dict[str, object]:
    text = connection.execute(DOCUMENT, {"record": record, "revision": number}).scalar_one()
    found = json.loads(text) if text is not None else {}
    return {name: value for name, value in found.items() if name not in SERVER}


def downgrade() -> None:
    """Forget them."""
    for name in ("ix_change_at", "ix_change_by", "ix_change_kind", "ix_change_record"):
        op.drop_index(name, "change")
    op.drop_column("change", "fields")
    op.drop_column("change", "kind")
    op.create_index("ix_change_record", "change", ["record"])
