"""What all tables share: their metadata, types of columns, and constants for states and views."""

from typing import Final

from sqlalchemy import BigInteger, Integer, MetaData, Text

CANONICAL_VIEW = 0
"""The view of a record as it is written."""

LIVE, DELETED, MERGED, RENAMED = 0, 1, 2, 3
"""States of a record; a tombstone keeps its row, so that its id is never used again.

A renamed one is the row of an id that a record had before, and has nothing else of its own.
"""

MOVED: Final = frozenset({MERGED, RENAMED})
"""States of a record that leads to another, which `merged_into` names."""

# Names and keys compare as bytes on both databases, so that order and cursors are the same.
KeyText = Text().with_variant(Text(collation="C"), "postgresql")

Serial = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

YEAR_SPAN, GENERATION_SPAN, LONG_SPAN, UNDATED, YEAR_UNKNOWN = 0, 1, 2, 3, 4

LONGEST_DAYS: Final[dict[int, int | None]] = {
    YEAR_SPAN: 366,
    GENERATION_SPAN: 7305,
    LONG_SPAN: None,
    YEAR_UNKNOWN: None,
}
"""The longest span of each span class in days; None: unbounded."""

DATE_PARTS: Final[dict[int, tuple[int, ...]]] = {
    0: (YEAR_SPAN, GENERATION_SPAN, LONG_SPAN),
    2: (YEAR_UNKNOWN,),
    3: (UNDATED,),
}
"""The parts of a list by date, in this order whichever way it is sorted, and the span classes in each part.

The numbers are in cursors. 1 was another part once, and must not be used again.
"""
