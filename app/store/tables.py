"""The tables: records are documents, everything else is an index on them.

`record` holds the truth. The tables keyed (view, record) are derived from a document by
`app.store.indexing` and can be rebuilt from it at any time. View 0 is the record as it is written;
any other view is the key of a source, and holds the record as that source has it.

Days, open ends and sets are stored as `app.values.timespan` describes them: whole days in integers,
sentinels for open ends, never NULL.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)

OWN_VIEW = 0
"""The view of a record as it is written."""

LIVE, DELETED, MERGED = 0, 1, 2
"""States of a record; a tombstone keeps its row, so that its id is never used again."""

# Names and keys compare as bytes on both databases, so that order and cursors are the same.
Key = Text().with_variant(Text(collation="C"), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

database = Table(
    "database",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("vocabulary", BigInteger, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    # How far a reindexing that was broken off has come, as a key of `record`; 0 where none is under way.
    Column("reindexed", BigInteger, nullable=False),
)

term = Table(
    "term",
    metadata,
    Column("scheme", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("added", Boolean, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("id", Key, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("merged_into", BigInteger, ForeignKey("record.pk")),
    Column("revision", Integer, nullable=False),
    Column("rendering", SmallInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("card", Text, nullable=False),
    UniqueConstraint("kind", "id"),
    Index("ix_record_merged_into", "merged_into"),
)

revision = Table(
    "revision",
    metadata,
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", Key, nullable=False),
    Column("comment", Text),
    Column("schema_version", SmallInteger, nullable=False),
    Column("document", Text),
    sqlite_with_rowid=False,
)

change = Table(
    "change",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", Key, nullable=False),
    Column("record", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_change_record", "record"),
    sqlite_with_rowid=False,
)

entry = Table(
    "entry",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("view", BigInteger, nullable=False),
    Column("record", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("kind", Key, nullable=False),
    Column("id", Key, nullable=False),
    Column("type", Key, nullable=False),
    Column("title_key", LargeBinary, nullable=False),
    Column("span_class", SmallInteger, nullable=False),
    Column("s1", BigInteger, nullable=False),
    Column("s2", BigInteger, nullable=False),
    Column("e1", BigInteger, nullable=False),
    Column("e2", BigInteger, nullable=False),
    Column("set_kind", SmallInteger, nullable=False),
    Column("qualified", Boolean, nullable=False),
    Column("month_day", SmallInteger, nullable=False),
    Column("year_known", Boolean, nullable=False),
    Column("contested", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # With the key, the entry's place in the text index.
    Column("title_words", SmallInteger, nullable=False),
    # What timelines and facets count by: a cell of decades, and the years (`app.store.reach`).
    Column("cell", BigInteger, nullable=False),
    Column("years", Key, nullable=False),
    # The document as the view's source has it; the record's own view has none, it reads the record.
    Column("document", Text),
    UniqueConstraint("record", "view"),
    # The last three let pages and counts of overlapping dates be read off the index alone.
    Index("ix_entry_date", "view", "kind", "span_class", "s1", "e2", "id", "set_kind", "record", "cell"),
    Index(
        "ix_entry_type_date",
        "view",
        "kind",
        "type",
        "span_class",
        "s1",
        "e2",
        "id",
        "set_kind",
        "record",
        "cell",
    ),
    Index("ix_entry_title", "view", "kind", "title_key", "id"),
    Index("ix_entry_updated", "view", "kind", "updated_at", "id"),
    # What else is counted is found by record.
    Index("ix_entry_record", "record", "view", "kind", "cell"),
    Index("ix_entry_month_day", "view", "month_day"),
)

# What is said of time by many records is said once: cells are made as they are needed, and stay.
cell = Table(
    "cell",
    metadata,
    Column("pk", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Key, nullable=False),
    Column("type", Key, nullable=False),
    Column("decades", Key, nullable=False),
)

# How many records of the own view are in a cell: the sum of its rows. Writers add rows and change none, so
# none waits for another; now and then the rows of each cell are made one.
tally = Table(
    "tally",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("cell", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
)

# The words that names are made of, each once, and the same from the end.
word = Table(
    "word",
    metadata,
    Column("word", Key, primary_key=True),
    Column("backward", Key, nullable=False),
    Index("ix_word_backward", "backward"),
    sqlite_with_rowid=False,
)

member = Table(
    "member",
    metadata,
    Column("view", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("s1", BigInteger, nullable=False),
    Column("s2", BigInteger, nullable=False),
    Column("e1", BigInteger, nullable=False),
    Column("e2", BigInteger, nullable=False),
    Index("ix_member_record", "record"),
    sqlite_with_rowid=False,
)

in_force = Table(
    "in_force",
    metadata,
    Column("view", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("s1", BigInteger, nullable=False),
    Column("s2", BigInteger, nullable=False),
    Column("e1", BigInteger, nullable=False),
    Column("e2", BigInteger, nullable=False),
    Column("qualified", Boolean, nullable=False),
    Index("ix_in_force_record", "record"),
    sqlite_with_rowid=False,
)

link = Table(
    "link",
    metadata,
    Column("view", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("relation", Key, nullable=False),
    Column("role", Key, nullable=False),
    Column("target", BigInteger, ForeignKey("record.pk"), nullable=False),
    # The link's own date; where it has none, the record's.
    Column("dated", Boolean, nullable=False),
    Column("own_date", Boolean, nullable=False),
    Column("set_kind", SmallInteger, nullable=False),
    Column("qualified", Boolean, nullable=False),
    Column("s1", BigInteger, nullable=False),
    Column("s2", BigInteger, nullable=False),
    Column("e1", BigInteger, nullable=False),
    Column("e2", BigInteger, nullable=False),
    # The position as well, so that links are followed backwards without a look at the table.
    Index("ix_link_target", "view", "target", "relation", "role", "record", "position"),
    Index("ix_link_record", "record"),
    sqlite_with_rowid=False,
)

# The members of a link's own date, where that is a set; those of a record's date stand in `member`.
link_member = Table(
    "link_member",
    metadata,
    Column("view", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("link", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("s1", BigInteger, nullable=False),
    Column("s2", BigInteger, nullable=False),
    Column("e1", BigInteger, nullable=False),
    Column("e2", BigInteger, nullable=False),
    Index("ix_link_member_record", "record"),
    sqlite_with_rowid=False,
)

reference = Table(
    "reference",
    metadata,
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("target", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Index("ix_reference_target", "target", "record"),
    sqlite_with_rowid=False,
)

tag = Table(
    "tag",
    metadata,
    Column("view", BigInteger, primary_key=True, autoincrement=False),
    Column("tag", Key, primary_key=True),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Index("ix_tag_record", "record"),
    sqlite_with_rowid=False,
)

figure = Table(
    "figure",
    metadata,
    Column("view", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("measure", Key, nullable=False),
    Column("low", Float(53), nullable=False),
    Column("high", Float(53), nullable=False),
    Index("ix_figure_measure", "view", "measure", "high", "low", "record"),
    Index("ix_figure_record", "record"),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",
    metadata,
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("source", BigInteger, ForeignKey("record.pk")),
    Column("item", Key, nullable=False),
    Column("property", Key, nullable=False),
    Column("stance", Key, nullable=False),
    Column("rank", Key, nullable=False),
    Column("basis", Key, nullable=False),
    # Where the passage stands in the order of the source, as `records.evidence.reading_order` has it.
    Column("start", BigInteger, nullable=False),
    Index("ix_evidence_source", "source", "start", "record", "position"),
    sqlite_with_rowid=False,
)

# How well a record is supported, as `records.support` counts it: what `GET /v1/coverage` adds up.
# A record's statements by how many sources support each, all together ...
coverage = Table(
    "coverage",
    metadata,
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("kind", Key, nullable=False),
    # The cell of its own view, which tells the decades it may touch.
    Column("cell", BigInteger, nullable=False),
    Column("sources", Integer, nullable=False),
    Column("none", Integer, nullable=False),
    Column("one", Integer, nullable=False),
    Column("several", Integer, nullable=False),
    Index("ix_coverage_cell", "cell", "sources", "none", "one", "several"),
    sqlite_with_rowid=False,
)

# ... by what they are about ...
statement = Table(
    "statement",
    metadata,
    Column("kind", Key, primary_key=True),
    Column("property", Key, primary_key=True),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("none", Integer, nullable=False),
    Column("one", Integer, nullable=False),
    Column("several", Integer, nullable=False),
    Index("ix_statement_record", "record"),
    sqlite_with_rowid=False,
)

# ... and by who supports them: how many rest on this source alone, and how many on others too.
support = Table(
    "support",
    metadata,
    Column("source", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("kind", Key, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("one", Integer, nullable=False),
    Column("several", Integer, nullable=False),
    Index("ix_support_record", "record"),
    sqlite_with_rowid=False,
)

box = Table(
    "box",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("view", BigInteger, nullable=False),
    Column("record", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("west", Float(53), nullable=False),
    Column("south", Float(53), nullable=False),
    Column("east", Float(53), nullable=False),
    Column("north", Float(53), nullable=False),
    # A point is its own box; other shapes are tested exactly once their box is found.
    Column("exact", Boolean, nullable=False),
    Index("ix_box_record", "record"),
)

source_text = Table(
    "source_text",
    metadata,
    Column("source", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("hint", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("api_key", BigInteger, ForeignKey("api_key.pk"), primary_key=True, autoincrement=False),
    Column("key", Key, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("record", BigInteger, ForeignKey("record.pk")),
    Column("at", BigInteger, nullable=False),
    Index("ix_idempotency_at", "at"),
    Index("ix_idempotency_record", "record"),
    sqlite_with_rowid=False,
)

merge = Table(
    "merge",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("source", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("target", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("undone_at", BigInteger),
)

merge_move = Table(
    "merge_move",
    metadata,
    Column("merge", BigInteger, ForeignKey("merge.pk"), primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    # The revision in which the record's references were moved; 0 while they are still to be.
    Column("revision", Integer, nullable=False),
    Index("ix_merge_move_revision", "revision", "merge"),
    Index("ix_merge_move_record", "record"),
    sqlite_with_rowid=False,
)

import_job = Table(
    "import_job",
    metadata,
    Column("pk", Serial, primary_key=True),
    # What is imported and how, so that one that was broken off is known again; random where it cannot be.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("by", Text, nullable=False),
    Column("phase", SmallInteger, nullable=False),
    # Counts the transactions of the job: whoever finds another number has lost it to another process.
    Column("step", BigInteger, nullable=False),
    # The version of the vocabulary that its documents were read under.
    Column("vocabulary", BigInteger, nullable=False),
    Column("staged", BigInteger, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("counts", Text, nullable=False),
    Column("faults", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

import_line = Table(
    "import_line",
    metadata,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("file", SmallInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("kind", Key, nullable=False),
    Column("id", Key, nullable=False),
    # Whether all that it refers to is there already, or stands ready before it.
    Column("ready", Boolean, nullable=False),
    # Whether it gives way to a record that is there already.
    Column("if_missing", Boolean, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_import_line_id", "job", "kind", "id", unique=True),
)

import_reference = Table(
    "import_reference",
    metadata,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("pointer", Text, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("id", Key, nullable=False),
    sqlite_with_rowid=False,
)

BOX_GIST = Index(
    "ix_box_area",
    func.box(func.point(box.c.west, box.c.south), func.point(box.c.east, box.c.north)),
    postgresql_using="gist",
).ddl_if(dialect="postgresql")

INDEX_TABLES = (member, in_force, link, link_member, tag, figure, box)
"""Derived rows keyed (view, record), beside `entry`."""
