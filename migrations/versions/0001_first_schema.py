"""The first schema: records as documents, and all that indexes them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE = (
    "CREATE VIRTUAL TABLE text_index USING fts5(line, tokenize = 'ascii', columnsize = 0, prefix = '2 3')",
    "CREATE VIRTUAL TABLE box_tree USING rtree(pk, west, east, south, north)",
    "CREATE TRIGGER box_in AFTER INSERT ON box BEGIN INSERT INTO box_tree VALUES (new.pk, new.west, new.east, new.south, new.north); END",
    "CREATE TRIGGER box_out AFTER DELETE ON box BEGIN DELETE FROM box_tree WHERE pk = old.pk; END",
    "CREATE VIEW events AS SELECT r.id, json_extract(r.document, '$.title') AS title, json_extract(r.document, '$.type') AS type, json_extract(r.document, '$.summary') AS summary, json_extract(r.document, '$.date.edtf') AS date, json_extract(r.document, '$.date.start.earliest') AS start_earliest, json_extract(r.document, '$.date.start.latest') AS start_latest, json_extract(r.document, '$.date.end.earliest') AS end_earliest, json_extract(r.document, '$.date.end.latest') AS end_latest, e.qualified, e.contested, r.revision, json_extract(r.document, '$.updated_at') AS updated_at FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 WHERE r.kind = 'event' AND r.state = 0",
    "CREATE VIEW actors AS SELECT r.id, json_extract(r.document, '$.title') AS title, json_extract(r.document, '$.type') AS type, json_extract(r.document, '$.summary') AS summary, json_extract(r.document, '$.date.edtf') AS date, json_extract(r.document, '$.date.start.earliest') AS start_earliest, json_extract(r.document, '$.date.start.latest') AS start_latest, json_extract(r.document, '$.date.end.earliest') AS end_earliest, json_extract(r.document, '$.date.end.latest') AS end_latest, e.qualified, e.contested, r.revision, json_extract(r.document, '$.updated_at') AS updated_at FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 WHERE r.kind = 'actor' AND r.state = 0",
    "CREATE VIEW agreements AS SELECT r.id, json_extract(r.document, '$.title') AS title, json_extract(r.document, '$.type') AS type, json_extract(r.document, '$.summary') AS summary, json_extract(r.document, '$.date.edtf') AS date, json_extract(r.document, '$.date.start.earliest') AS start_earliest, json_extract(r.document, '$.date.start.latest') AS start_latest, json_extract(r.document, '$.date.end.earliest') AS end_earliest, json_extract(r.document, '$.date.end.latest') AS end_latest, e.qualified, e.contested, r.revision, json_extract(r.document, '$.updated_at') AS updated_at, json_extract(r.document, '$.in_force.edtf') AS in_force FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 WHERE r.kind = 'agreement' AND r.state = 0",
    "CREATE VIEW missions AS SELECT r.id, json_extract(r.document, '$.title') AS title, json_extract(r.document, '$.type') AS type, json_extract(r.document, '$.summary') AS summary, json_extract(r.document, '$.date.edtf') AS date, json_extract(r.document, '$.date.start.earliest') AS start_earliest, json_extract(r.document, '$.date.start.latest') AS start_latest, json_extract(r.document, '$.date.end.earliest') AS end_earliest, json_extract(r.document, '$.date.end.latest') AS end_latest, e.qualified, e.contested, r.revision, json_extract(r.document, '$.updated_at') AS updated_at, json_extract(r.document, '$.established_under.agreement') AS established_under FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 WHERE r.kind = 'mission' AND r.state = 0",
    "CREATE VIEW participations AS SELECT r.kind, r.id, json_extract(p.value, '$.actor') AS actor, json_extract(p.value, '$.role') AS role, json_extract(p.value, '$.note') AS note FROM record r CROSS JOIN json_each(r.document, '$.participants') p WHERE r.state = 0 AND r.kind IN ('event', 'mission')",
    "CREATE VIEW parties AS SELECT r.id AS agreement, json_extract(p.value, '$.actor') AS actor, json_extract(p.value, '$.role') AS role, json_extract(a.value, '$.action') AS action, json_extract(a.value, '$.date.edtf') AS date FROM record r CROSS JOIN json_each(r.document, '$.parties') p LEFT JOIN json_each(p.value, '$.actions') a ON true WHERE r.state = 0 AND r.kind = 'agreement'",
)

POSTGRESQL = (
    'CREATE TABLE text_index (place bigint PRIMARY KEY, mark text COLLATE "C" NOT NULL, vector tsvector NOT NULL)',
    "CREATE INDEX ix_text_index_mark ON text_index (mark, place)",
    "CREATE INDEX ix_text_index_vector ON text_index USING gin (vector) WITH (gin_pending_list_limit = 256)",
    "CREATE INDEX ix_box_area ON box USING gist (box(point(west, south), point(east, north)))",
    "CREATE VIEW events AS SELECT r.id, (r.document::json #>> '{title}') AS title, (r.document::json #>> '{type}') AS type, (r.document::json #>> '{summary}') AS summary, (r.document::json #>> '{date,edtf}') AS date, (r.document::json #>> '{date,start,earliest}') AS start_earliest, (r.document::json #>> '{date,start,latest}') AS start_latest, (r.document::json #>> '{date,end,earliest}') AS end_earliest, (r.document::json #>> '{date,end,latest}') AS end_latest, e.qualified, e.contested, r.revision, (r.document::json #>> '{updated_at}') AS updated_at FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 WHERE r.kind = 'event' AND r.state = 0",
    "CREATE VIEW actors AS SELECT r.id, (r.document::json #>> '{title}') AS title, (r.document::json #>> '{type}') AS type, (r.document::json #>> '{summary}') AS summary, (r.document::json #>> '{date,edtf}') AS date, (r.document::json #>> '{date,start,earliest}') AS start_earliest, (r.document::json #>> '{date,start,latest}') AS start_latest, (r.document::json #>> '{date,end,earliest}') AS end_earliest, (r.document::json #>> '{date,end,latest}') AS end_latest, e.qualified, e.contested, r.revision, (r.document::json #>> '{updated_at}') AS updated_at FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 WHERE r.kind = 'actor' AND r.state = 0",
    "CREATE VIEW agreements AS SELECT r.id, (r.document::json #>> '{title}') AS title, (r.document::json #>> '{type}') AS type, (r.document::json #>> '{summary}') AS summary, (r.document::json #>> '{date,edtf}') AS date, (r.document::json #>> '{date,start,earliest}') AS start_earliest, (r.document::json #>> '{date,start,latest}') AS start_latest, (r.document::json #>> '{date,end,earliest}') AS end_earliest, (r.document::json #>> '{date,end,latest}') AS end_latest, e.qualified, e.contested, r.revision, (r.document::json #>> '{updated_at}') AS updated_at, (r.document::json #>> '{in_force,edtf}') AS in_force FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 WHERE r.kind = 'agreement' AND r.state = 0",
    "CREATE VIEW missions AS SELECT r.id, (r.document::json #>> '{title}') AS title, (r.document::json #>> '{type}') AS type, (r.document::json #>> '{summary}') AS summary, (r.document::json #>> '{date,edtf}') AS date, (r.document::json #>> '{date,start,earliest}') AS start_earliest, (r.document::json #>> '{date,start,latest}') AS start_latest, (r.document::json #>> '{date,end,earliest}') AS end_earliest, (r.document::json #>> '{date,end,latest}') AS end_latest, e.qualified, e.contested, r.revision, (r.document::json #>> '{updated_at}') AS updated_at, (r.document::json #>> '{established_under,agreement}') AS established_under FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 WHERE r.kind = 'mission' AND r.state = 0",
    "CREATE VIEW participations AS SELECT r.kind, r.id, (p.value #>> '{actor}') AS actor, (p.value #>> '{role}') AS role, (p.value #>> '{note}') AS note FROM record r CROSS JOIN json_array_elements(r.document::json -> 'participants') p(value) WHERE r.state = 0 AND r.kind IN ('event', 'mission')",
    "CREATE VIEW parties AS SELECT r.id AS agreement, (p.value #>> '{actor}') AS actor, (p.value #>> '{role}') AS role, (a.value #>> '{action}') AS action, (a.value #>> '{date,edtf}') AS date FROM record r CROSS JOIN json_array_elements(r.document::json -> 'parties') p(value) LEFT JOIN json_array_elements(p.value -> 'actions') a(value) ON true WHERE r.state = 0 AND r.kind = 'agreement'",
)

VIEWS = ("events", "actors", "agreements", "missions", "participations", "parties")
TABLES = (
    "merge_move",
    "tag",
    "support",
    "statement",
    "source_text",
    "revision",
    "reference",
    "merge",
    "member",
    "link_member",
    "link",
    "in_force",
    "idempotency",
    "figure",
    "evidence",
    "entry",
    "coverage",
    "change",
    "box",
    "word",
    "term",
    "tally",
    "record",
    "import_reference",
    "import_line",
    "import_job",
    "database",
    "cell",
    "api_key",
)


def upgrade() -> None:
    """Make the tables, then what only the one or the other database has."""
    bind = op.get_bind()
    op.create_table(
        "api_key",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("pk", name="pk_api_key"),
        sa.UniqueConstraint("digest", name="uq_api_key_digest"),
    )
    op.create_table(
        "cell",
        sa.Column("pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("decades", KEY, nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_cell"),
    )
    op.create_table(
        "database",
        sa.Column("one", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("vocabulary", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("reindexed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_database"),
    )
    op.create_table(
        "import_job",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("phase", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("vocabulary", sa.BigInteger(), nullable=False),
        sa.Column("staged", sa.BigInteger(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_import_job"),
        sa.UniqueConstraint("digest", name="uq_import_job_digest"),
    )
    op.create_table(
        "import_line",
        sa.Column("job", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file", sa.SmallInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("if_missing", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", "position", name="pk_import_line"),
    )
    op.create_index("ix_import_line_id", "import_line", ["job", "kind", "id"], unique=True)
    op.create_table(
        "import_reference",
        sa.Column("job", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("job", "position", "pointer", name="pk_import_reference"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("rendering", sa.SmallInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["record.pk"], name="fk_record_merged_into"),
        sa.PrimaryKeyConstraint("pk", name="pk_record"),
        sa.UniqueConstraint("kind", "id", name="uq_record_kind_id"),
    )
    op.create_index("ix_record_merged_into", "record", ["merged_into"])
    op.create_table(
        "tally",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_tally"),
    )
    op.create_table(
        "term",
        sa.Column("scheme", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "id", name="pk_term"),
    )
    op.create_table(
        "word",
        sa.Column("word", KEY, nullable=False),
        sa.Column("backward", KEY, nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_word"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_word_backward", "word", ["backward"])
    op.create_table(
        "box",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("view", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("west", sa.Float(precision=53), nullable=False),
        sa.Column("south", sa.Float(precision=53), nullable=False),
        sa.Column("east", sa.Float(precision=53), nullable=False),
        sa.Column("north", sa.Float(precision=53), nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_box_record"),
        sa.PrimaryKeyConstraint("pk", name="pk_box"),
    )
    op.create_index("ix_box_record", "box", ["record"])
    op.create_table(
        "change",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("action", KEY, nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_change_record"),
        sa.PrimaryKeyConstraint("seq", name="pk_change"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_change_record", "change", ["record"])
    op.create_table(
        "coverage",
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("none", sa.Integer(), nullable=False),
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("several", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_coverage_record"),
        sa.PrimaryKeyConstraint("record", name="pk_coverage"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_coverage_cell", "coverage", ["cell", "sources", "none", "one", "several"])
    op.create_table(
        "entry",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("view", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("title_key", sa.LargeBinary(), nullable=False),
        sa.Column("span_class", sa.SmallInteger(), nullable=False),
        sa.Column("s1", sa.BigInteger(), nullable=False),
        sa.Column("s2", sa.BigInteger(), nullable=False),
        sa.Column("e1", sa.BigInteger(), nullable=False),
        sa.Column("e2", sa.BigInteger(), nullable=False),
        sa.Column("set_kind", sa.SmallInteger(), nullable=False),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.Column("month_day", sa.SmallInteger(), nullable=False),
        sa.Column("year_known", sa.Boolean(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("title_words", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("years", KEY, nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_entry_record"),
        sa.PrimaryKeyConstraint("pk", name="pk_entry"),
        sa.UniqueConstraint("record", "view", name="uq_entry_record_view"),
    )
    op.create_index(
        "ix_entry_date",
        "entry",
        ["view", "kind", "span_class", "s1", "e2", "id", "set_kind", "record", "cell"],
    )
    op.create_index("ix_entry_month_day", "entry", ["view", "month_day"])
    op.create_index("ix_entry_record", "entry", ["record", "view", "kind", "cell"])
    op.create_index("ix_entry_title", "entry", ["view", "kind", "title_key", "id"])
    op.create_index(
        "ix_entry_type_date",
        "entry",
        ["view", "kind", "type", "span_class", "s1", "e2", "id", "set_kind", "record", "cell"],
    )
    op.create_index("ix_entry_updated", "entry", ["view", "kind", "updated_at", "id"])
    op.create_table(
        "evidence",
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.BigInteger(), nullable=True),
        sa.Column("item", KEY, nullable=False),
        sa.Column("property", KEY, nullable=False),
        sa.Column("stance", KEY, nullable=False),
        sa.Column("rank", KEY, nullable=False),
        sa.Column("basis", KEY, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_evidence_record"),
        sa.ForeignKeyConstraint(["source"], ["record.pk"], name="fk_evidence_source"),
        sa.PrimaryKeyConstraint("record", "position", name="pk_evidence"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_evidence_source", "evidence", ["source", "start", "record", "position"])
    op.create_table(
        "figure",
        sa.Column("view", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("measure", KEY, nullable=False),
        sa.Column("low", sa.Float(precision=53), nullable=False),
        sa.Column("high", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_figure_record"),
        sa.PrimaryKeyConstraint("view", "record", "position", name="pk_figure"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_figure_measure", "figure", ["view", "measure", "high", "low", "record"])
    op.create_index("ix_figure_record", "figure", ["record"])
    op.create_table(
        "idempotency",
        sa.Column("api_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["api_key"], ["api_key.pk"], name="fk_idempotency_api_key"),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_idempotency_record"),
        sa.PrimaryKeyConstraint("api_key", "key", name="pk_idempotency"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_idempotency_at", "idempotency", ["at"])
    op.create_index("ix_idempotency_record", "idempotency", ["record"])
    op.create_table(
        "in_force",
        sa.Column("view", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("s1", sa.BigInteger(), nullable=False),
        sa.Column("s2", sa.BigInteger(), nullable=False),
        sa.Column("e1", sa.BigInteger(), nullable=False),
        sa.Column("e2", sa.BigInteger(), nullable=False),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_in_force_record"),
        sa.PrimaryKeyConstraint("view", "record", name="pk_in_force"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_in_force_record", "in_force", ["record"])
    op.create_table(
        "link",
        sa.Column("view", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("relation", KEY, nullable=False),
        sa.Column("role", KEY, nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("own_date", sa.Boolean(), nullable=False),
        sa.Column("set_kind", sa.SmallInteger(), nullable=False),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.Column("s1", sa.BigInteger(), nullable=False),
        sa.Column("s2", sa.BigInteger(), nullable=False),
        sa.Column("e1", sa.BigInteger(), nullable=False),
        sa.Column("e2", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_link_record"),
        sa.ForeignKeyConstraint(["target"], ["record.pk"], name="fk_link_target"),
        sa.PrimaryKeyConstraint("view", "record", "position", name="pk_link"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_link_record", "link", ["record"])
    op.create_index("ix_link_target", "link", ["view", "target", "relation", "role", "record", "position"])
    op.create_table(
        "link_member",
        sa.Column("view", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("s1", sa.BigInteger(), nullable=False),
        sa.Column("s2", sa.BigInteger(), nullable=False),
        sa.Column("e1", sa.BigInteger(), nullable=False),
        sa.Column("e2", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_link_member_record"),
        sa.PrimaryKeyConstraint("view", "record", "link", "position", name="pk_link_member"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_link_member_record", "link_member", ["record"])
    op.create_table(
        "member",
        sa.Column("view", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("s1", sa.BigInteger(), nullable=False),
        sa.Column("s2", sa.BigInteger(), nullable=False),
        sa.Column("e1", sa.BigInteger(), nullable=False),
        sa.Column("e2", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_member_record"),
        sa.PrimaryKeyConstraint("view", "record", "position", name="pk_member"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_member_record", "member", ["record"])
    op.create_table(
        "merge",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("source", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["record.pk"], name="fk_merge_source"),
        sa.ForeignKeyConstraint(["target"], ["record.pk"], name="fk_merge_target"),
        sa.PrimaryKeyConstraint("pk", name="pk_merge"),
    )
    op.create_table(
        "reference",
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_reference_record"),
        sa.ForeignKeyConstraint(["target"], ["record.pk"], name="fk_reference_target"),
        sa.PrimaryKeyConstraint("record", "target", name="pk_reference"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reference_target", "reference", ["target", "record"])
    op.create_table(
        "revision",
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("action", KEY, nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("schema_version", sa.SmallInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_revision_record"),
        sa.PrimaryKeyConstraint("record", "revision", name="pk_revision"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_text",
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["record.pk"], name="fk_source_text_source"),
        sa.PrimaryKeyConstraint("source", name="pk_source_text"),
    )
    op.create_table(
        "statement",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("property", KEY, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("none", sa.Integer(), nullable=False),
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("several", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_statement_record"),
        sa.PrimaryKeyConstraint("kind", "property", "record", name="pk_statement"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_statement_record", "statement", ["record"])
    op.create_table(
        "support",
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("several", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_support_record"),
        sa.ForeignKeyConstraint(["source"], ["record.pk"], name="fk_support_source"),
        sa.PrimaryKeyConstraint("source", "record", name="pk_support"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_support_record", "support", ["record"])
    op.create_table(
        "tag",
        sa.Column("view", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", KEY, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_tag_record"),
        sa.PrimaryKeyConstraint("view", "tag", "record", name="pk_tag"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tag_record", "tag", ["record"])
    op.create_table(
        "merge_move",
        sa.Column("merge", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["merge"], ["merge.pk"], name="fk_merge_move_merge"),
        sa.ForeignKeyConstraint(["record"], ["record.pk"], name="fk_merge_move_record"),
        sa.PrimaryKeyConstraint("merge", "record", name="pk_merge_move"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_merge_move_record", "merge_move", ["record"])
    op.create_index("ix_merge_move_revision", "merge_move", ["revision", "merge"])
    for statement in SQLITE if bind.dialect.name == "sqlite" else POSTGRESQL:
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Drop everything."""
    bind = op.get_bind()
    for view in VIEWS:
        bind.exec_driver_sql(f"DROP VIEW {view}")
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql("DROP TABLE box_tree")
    bind.exec_driver_sql("DROP TABLE text_index")
    for table in TABLES:
        op.drop_table(table)
