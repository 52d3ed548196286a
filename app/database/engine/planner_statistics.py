"""Planner statistics, kept up to date where the databases do not do so soon enough.

Postgres analyses its tables by itself, up to a minute late. Until then, with some thousands of new records,
facets take seconds, and boxes more than a minute. Queries on SQLite are written so that they need no
statistics.
"""

from typing import Final

from sqlalchemy import Connection, text

from app.database import tables

FIRST: Final = 64
"""From this many records on the statistics matter."""

LAST: Final = 8_192
"""From this many on autovacuum's own statistics are good enough, and ANALYZE would keep writers waiting."""

SHARE: Final = 10
"""Where the records that were added are fewer than the known ones by this factor, the statistics still hold."""


def refresh_statistics(tx: Connection) -> None:
    """Run ANALYZE on Postgres, except on tables that another session is analysing or vacuuming."""
    if tx.dialect.name == "postgresql":
        # By name, since the database may hold tables of other programs.
        names = ", ".join(f'"{name}"' for name in (*tables.metadata.tables, "text_index"))
        tx.execute(text(f"ANALYZE (SKIP_LOCKED) {names}"))


def refresh_after_import(tx: Connection, added: int) -> None:
    """Run ANALYZE where many records were added, compared with those that the statistics know of."""
    if tx.dialect.name == "postgresql":
        asked = text("SELECT reltuples FROM pg_class WHERE oid = 'entry'::regclass")
        if tx.execute(asked).scalar_one() <= SHARE * added:
            refresh_statistics(tx)


def have_doubled(version: int, writes: int) -> bool:
    """Return whether the number of writes has doubled, from 64 to 8,192, so that it is time for ANALYZE.

    `version` is the database's after `writes` writes.
    """
    return FIRST <= version <= LAST and version.bit_length() > (version - writes).bit_length()
