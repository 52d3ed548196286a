"""What all tables share: their metadata, the sorts of columns, and the numbers that stand for something."""

from sqlalchemy import BigInteger, Integer, MetaData, Text

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
