"""Tables that hold the truth: records as documents, their history, the terms, and the texts of sources."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from app.database.tables.columns import KeyText, Serial, metadata

database = Table(
    "database",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    # The number of the last change.
    Column("version", BigInteger, nullable=False),
    # BRANCH.STAMP-TOKEN (`app.database.engine.versions`), with the first two beside it. The vocabulary has only a token.
    Column("version_tag", Text, nullable=False, server_default=""),
    Column("branch", Integer, nullable=False, server_default="1"),
    Column("stamp", BigInteger, nullable=False, server_default="0"),
    # Postgres' timeline that the last write was on; NULL where the role may not see it, and on SQLite.
    Column("timeline", Integer),
    Column("vocabulary", BigInteger, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    # How far an interrupted reindex has come, as a key of `record`; 0 where none is under way.
    Column("reindexed", BigInteger, nullable=False),
)

# Where the history forked: a branch that was begun after `last_common`, up to which it has the same numbers as the branch
# that was lost; its own are from `begins` on, and those between are none of this history.
branch = Table(
    "branch",
    metadata,
    Column("branch", Integer, primary_key=True, autoincrement=False),
    # Postgres' timeline when it began; NULL as in `database`.
    Column("timeline", Integer),
    Column("last_common", BigInteger, nullable=False),
    Column("begins", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

term = Table(
    "term",
    metadata,
    Column("scheme", KeyText, primary_key=True),
    Column("id", KeyText, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("added", Boolean, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("kind", KeyText, nullable=False),
    Column("id", KeyText, nullable=False),
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

# Imports whose revisions are there, and those that are under way.
import_ = Table(
    "import",
    metadata,
    Column("pk", Serial, primary_key=True),
    # When it began to write; NULL: it has not, and may still be refused, or be a dry run.
    Column("at", BigInteger),
    # NULL: it was interrupted.
    Column("ended_at", BigInteger),
    Column("by", Text, nullable=False),
    Column("comment", Text),
    Column("label", KeyText),
    # Whether it is the last complete one of its label, with which the next is compared.
    Column("latest", Boolean, nullable=False, server_default=false()),
    # A JSON array: name and SHA-256 of each.
    Column("files", Text, nullable=False),
    # A JSON object: what became of the documents.
    Column("counts", Text, nullable=False),
    Index("ix_import_label", "label"),
)

# Which records an import under a label named.
import_record = Table(
    "import_record",
    metadata,
    Column(
        "import", BigInteger, ForeignKey("import.pk"), primary_key=True, autoincrement=False, key="import_"
    ),
    # No foreign key: a backup of an earlier schema replaces `record`, which nothing that it does not have may hold.
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    # The record's when the import wrote or found it.
    Column("revision", Integer, nullable=False),
    # Whether the label's imports made the record or gave it whole; else others made it, and a document gave way.
    Column("own", Boolean, nullable=False),
    # NULL: it was named. Else it was not, though an earlier import had, and this became of it.
    Column("missing", KeyText),
    Index("ix_import_record_record", "record"),
    sqlite_with_rowid=False,
)

revision = Table(
    "revision",
    metadata,
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", KeyText, nullable=False),
    Column("comment", Text),
    Column("schema_version", SmallInteger, nullable=False),
    Column("document", Text),
    Column("import", BigInteger, ForeignKey("import.pk"), key="import_"),
    # The merge that made it, or undoing that. No foreign key: a backup of an earlier schema replaces `merge`, which
    # nothing that it does not know of may hold.
    Column("merge", BigInteger),
    sqlite_with_rowid=False,
)

change = Table(
    "change",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", KeyText, nullable=False),
    Column("record", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("revision", Integer, nullable=False),
    # The record's.
    Column("kind", KeyText, nullable=False, server_default=""),
    # A JSON array of the fields that differ from the revision before; NULL where there are none to compare.
    Column("fields", Text),
    Index("ix_change_record", "record", "revision"),
    Index("ix_change_kind", "kind", "seq"),
    Index("ix_change_by", "by", "seq"),
    Index("ix_change_at", "at", "seq"),
    sqlite_with_rowid=False,
)

source_text = Table(
    "source_text",
    metadata,
    Column("source", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)
