"""Tables derived from the documents by `app.database.index.derive`, which can be rebuilt from them at any time.

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
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.database.tables.columns import KeyText, Serial, metadata
from app.database.tables.spatial import box

entry = Table(
    "entry",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("view", BigInteger, nullable=False),
    Column("record", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("kind", KeyText, nullable=False),
    Column("id", KeyText, nullable=False),
    Column("type", KeyText, nullable=False),
    Column("title_key", LargeBinary, nullable=False),
    Column("span_class", SmallInteger, nullable=False),
    Column("s1", BigInteger, nullable=False),
    Column("s2", BigInteger, nullable=False),
    Column("e1", BigInteger, nullable=False),
    Column("e2", BigInteger, nullable=False),
    Column("set_kind", SmallInteger, nullable=False),
    Column("qualified", Boolean, nullable=False),
    Column("month_day", SmallInteger, nullable=False),
    Column("year_in_full", Boolean, nullable=False),
    Column("contested", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # With the key, the entry's rowid in the text index.
    Column("title_words", SmallInteger, nullable=False),
    # What timelines and facets count by: a facet cell, and the years (`app.values.time_histogram`).
    Column("cell", BigInteger, nullable=False),
    Column("years", KeyText, nullable=False),
    # What maps count by: the set of its places; 0 is none.
    Column("place_set", BigInteger, nullable=False),
    # The document as the view's source has it; NULL in the canonical view, which uses that of `record`.
    Column("document", Text),
    UniqueConstraint("record", "view"),
    # From `set_kind` on they make it a covering index for pages, counts of overlapping dates and timelines.
    Index(
        "ix_entry_date",
        "view",
        "kind",
        "span_class",
        "s1",
        "e2",
        "id",
        "set_kind",
        "record",
        "cell",
        "place_set",
        "qualified",
        "s2",
        "e1",
    ),
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
        "place_set",
        "qualified",
        "s2",
        "e1",
    ),
    Index("ix_entry_title", "view", "kind", "title_key", "id"),
    Index("ix_entry_updated", "view", "kind", "updated_at", "id"),
    # Whatever else is counted is found by record.
    Index("ix_entry_record", "record", "view", "kind", "cell", "place_set"),
    Index("ix_entry_month_day", "view", "month_day"),
    # A partial index, since few are, as a rule.
    Index(
        "ix_entry_contested",
        "view",
        "kind",
        sqlite_where=text("contested = 1"),
        postgresql_where=text("contested"),
    ),
)

# The facet cells: each combination once, inserted when it is first needed, never deleted by writes.
cell = Table(
    "cell",
    metadata,
    Column("pk", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", KeyText, nullable=False),
    Column("type", KeyText, nullable=False),
    Column("decades", KeyText, nullable=False),
)

# How many records of the canonical view are in a cell: the sum of its rows. Writers insert rows and update
# none, so none waits for another; from time to time the rows of each cell are summed into one.
tally = Table(
    "tally",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("cell", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
)

# The words that names are made of, each once, and the same reversed.
word = Table(
    "word",
    metadata,
    Column("word", KeyText, primary_key=True),
    Column("backward", KeyText, nullable=False),
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
    Column("relation", KeyText, nullable=False),
    Column("role", KeyText, nullable=False),
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
    # With the position, so that following links backwards needs no look at the table.
    Index("ix_link_target", "view", "target", "relation", "role", "record", "position"),
    Index("ix_link_record", "record"),
    sqlite_with_rowid=False,
)

# The members of a link's own date, where that is a set; those of a record's date are in `member`.
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

# What the parties of agreements did about them: each action of a party once, with what its link has.
# No foreign keys: a backup of a schema without this table is put back before it is dropped, and drops `record`.
party_action = Table(
    "party_action",
    metadata,
    Column("view", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("link", Integer, primary_key=True, autoincrement=False),
    Column("action", KeyText, primary_key=True),
    Column("target", BigInteger, nullable=False),
    Column("role", KeyText, nullable=False),
    Index("ix_party_action_target", "view", "target", "action", "role", "record"),
    Index("ix_party_action_record", "record"),
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
    Column("tag", KeyText, primary_key=True),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    # The entry's, so that records with a tag are counted from this index alone.
    Column("cell", BigInteger, nullable=False),
    PrimaryKeyConstraint("view", "tag", "record", postgresql_include=["cell"]),
    Index("ix_tag_record", "record"),
    sqlite_with_rowid=False,
)

figure = Table(
    "figure",
    metadata,
    Column("view", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("measure", KeyText, nullable=False),
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
    Column("item", KeyText, nullable=False),
    Column("property", KeyText, nullable=False),
    Column("stance", KeyText, nullable=False),
    Column("rank", KeyText, nullable=False),
    Column("basis", KeyText, nullable=False),
    # Where the passage stands in the source, from `app.records.evidence.reading_order`.
    Column("start", BigInteger, nullable=False),
    Index("ix_evidence_source", "source", "start", "record", "position"),
    sqlite_with_rowid=False,
)

# How well a record is supported, counted by `app.records.evidence_support`: what `GET /v1/coverage` sums. A
# record's statements by how many sources support each, all together ...
coverage = Table(
    "coverage",
    metadata,
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("kind", KeyText, nullable=False),
    # The cell of its canonical view, which has the decades it may touch.
    Column("cell", BigInteger, nullable=False),
    Column("sources", Integer, nullable=False),
    Column("none", Integer, nullable=False),
    Column("one", Integer, nullable=False),
    Column("several", Integer, nullable=False),
    Index("ix_coverage_cell", "cell", "sources", "none", "one", "several"),
    sqlite_with_rowid=False,
)

# ... by the field they are about ...
statement = Table(
    "statement",
    metadata,
    Column("kind", KeyText, primary_key=True),
    Column("property", KeyText, primary_key=True),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("none", Integer, nullable=False),
    Column("one", Integer, nullable=False),
    Column("several", Integer, nullable=False),
    Index("ix_statement_record", "record"),
    sqlite_with_rowid=False,
)

# ... and by source: how many statements it alone supports, and how many together with others.
support = Table(
    "support",
    metadata,
    Column("source", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("kind", KeyText, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("one", Integer, nullable=False),
    Column("several", Integer, nullable=False),
    Index("ix_support_record", "record"),
    sqlite_with_rowid=False,
)

INDEX_TABLES = (member, in_force, link, link_member, party_action, tag, figure, box)
"""Derived tables keyed (view, record), besides `entry`."""
