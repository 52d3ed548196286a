"""What writes need besides records: keys, stored responses, merges, imports in progress."""

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
)

from app.database.tables.columns import KeyText, Serial, metadata

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
    Column("key", KeyText, primary_key=True),
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

# Merges; and renamings, whose source is the row that the old id leaves, until no record refers to that.
merge = Table(
    "merge",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("source", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("target", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("undone_at", BigInteger),
    Index("ix_merge_source", "source"),
    Index("ix_merge_target", "target"),
)

merge_move = Table(
    "merge_move",
    metadata,
    Column("merge", BigInteger, ForeignKey("merge.pk"), primary_key=True, autoincrement=False),
    Column("record", BigInteger, ForeignKey("record.pk"), primary_key=True, autoincrement=False),
    # The revision in which the record's references were moved; 0 while that is to be done. Once the merge
    # is being undone: the same negated, while the record is still to be restored; 0 where it stays as
    # others wrote it.
    Column("revision", Integer, nullable=False),
    Index("ix_merge_move_revision", "revision", "merge"),
    Index("ix_merge_move_record", "record"),
    sqlite_with_rowid=False,
)

import_job = Table(
    "import_job",
    metadata,
    Column("pk", Serial, primary_key=True),
    # A digest of what is imported and how, so that an interrupted import is recognised; random where it
    # cannot be.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("by", Text, nullable=False),
    Column("phase", SmallInteger, nullable=False),
    # Counts the transactions of the job: a process that finds another number has lost it to another one.
    Column("step", BigInteger, nullable=False),
    # The version of the vocabulary that its documents were validated with.
    Column("vocabulary", BigInteger, nullable=False),
    Column("staged", BigInteger, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("counts", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("import", BigInteger, ForeignKey("import.pk"), key="import_"),
)

import_line = Table(
    "import_line",
    metadata,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("file", SmallInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    # Which feature of its file it is, for files in which line numbers say little.
    Column("number", BigInteger),
    # The revision that it was made from: a record with a later one must not be changed by it. 0: there was
    # no record.
    Column("base_revision", Integer),
    # Bytes of its document and of the one that it would replace.
    Column("size", BigInteger, nullable=False),
    Column("kind", KeyText, nullable=False),
    # Begins with "#" until a document without an id is given one.
    Column("id", KeyText, nullable=False),
    # Whether all that it refers to exists already, or is ready to be written before it.
    Column("ready", Boolean, nullable=False),
    # Whether it gives way to an existing record.
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
    Column("kind", KeyText, nullable=False),
    Column("id", KeyText, nullable=False),
    sqlite_with_rowid=False,
)

# Lines without an id, by the title that their ids are to be made from, until they have one.
import_unnamed = Table(
    "import_unnamed",
    metadata,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", KeyText, primary_key=True),
    Column("name", KeyText, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    # Of what the document says, to find an existing record that says the same.
    Column("digest", BigInteger, nullable=False),
    Column("if_missing", Boolean, nullable=False),
    Index("ix_import_unnamed_digest", "job", "kind", "name", "digest", "position"),
    sqlite_with_rowid=False,
)

import_fault = Table(
    "import_fault",
    metadata,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    # The same for faults that differ only in their lines and numbers.
    Column("group_key", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("fault", Text, nullable=False),
    Index("ix_import_fault_group_key", "job", "group_key", "position"),
)
