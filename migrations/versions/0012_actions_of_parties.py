"""Keep what each party did about an agreement, so that agreements are found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# The links to parties stand one after another, in the order of the parties.
FILL = """
INSERT INTO party_action (view, record, link, action, target, role)
SELECT DISTINCT l.view, l.record, l.position, {action}, l.target, l.role
FROM record r
CROSS JOIN entry e
CROSS JOIN {parties}
CROSS JOIN {actions}
CROSS JOIN link l
WHERE r.kind = 'agreement' AND r.state = 0 AND e.record = r.pk
AND coalesce(e.document, r.document) LIKE '%"actions":%'
AND l.view = e.view AND l.record = e.record AND l.position = {party} + (
    SELECT min(f.position) FROM link f WHERE f.view = e.view AND f.record = e.record AND f.relation = 'party'
)
"""
PARTS = {
    "sqlite": {
        "parties": "json_each(coalesce(e.document, r.document), '$.parties') p",
        "actions": "json_each(p.value, '$.actions') a",
        "action": "json_extract(a.value, '$.action')",
        "party": "p.key",
    },
    "postgresql": {
        "parties": "json_array_elements(coalesce(e.document, r.document)::json -> 'parties') "
        "WITH ORDINALITY p(value, number)",
        "actions": "json_array_elements(p.value -> 'actions') a(value)",
        "action": "a.value ->> 'action'",
        "party": "p.number - 1",
    },
}


def upgrade() -> None:
    """Make the table, and fill it from the agreements that there are."""
    op.create_table(
        "party_action",
        sa.Column("view", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action", KEY, nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("role", KEY, nullable=False),
        sa.PrimaryKeyConstraint("view", "record", "link", "action", name="pk_party_action"),
        sqlite_with_rowid=False,
    )
    op.execute(sa.text(FILL.format(**PARTS[op.get_bind().dialect.name]).replace(":", r"\:")))
    op.create_index("ix_party_action_target", "party_action", ["view", "target", "action", "role", "record"])
    op.create_index("ix_party_action_record", "party_action", ["record"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("party_action")
