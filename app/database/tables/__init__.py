"""The tables: records are documents, everything else is an index on them.

`record` holds the documents, which are the truth. The tables keyed (view, record) are derived from a
document by `app.database.index.derive` and can be rebuilt from it at any time. View 0 is the canonical
view, the record as it is written; any other view is the key of a source, and holds the record as that
source has it.
"""

from app.database.tables.columns import CANONICAL_VIEW, DELETED, LIVE, MERGED, KeyText, Serial, metadata
from app.database.tables.derived import (
    BOX_GIST,
    INDEX_TABLES,
    box,
    cell,
    coverage,
    entry,
    evidence,
    figure,
    in_force,
    link,
    link_member,
    member,
    reference,
    statement,
    support,
    tag,
    tally,
    word,
)
from app.database.tables.documents import change, database, import_, record, revision, source_text, term
from app.database.tables.operational import (
    api_key,
    idempotency,
    import_fault,
    import_job,
    import_line,
    import_reference,
    import_unnamed,
    merge,
    merge_move,
)

__all__ = [
    "BOX_GIST",
    "CANONICAL_VIEW",
    "DELETED",
    "INDEX_TABLES",
    "LIVE",
    "MERGED",
    "KeyText",
    "Serial",
    "api_key",
    "box",
    "cell",
    "change",
    "coverage",
    "database",
    "entry",
    "evidence",
    "figure",
    "idempotency",
    "import_",
    "import_fault",
    "import_job",
    "import_line",
    "import_reference",
    "import_unnamed",
    "in_force",
    "link",
    "link_member",
    "member",
    "merge",
    "merge_move",
    "metadata",
    "record",
    "reference",
    "revision",
    "source_text",
    "statement",
    "support",
    "tag",
    "tally",
    "term",
    "word",
]
