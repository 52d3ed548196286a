"""What the database knows of its own rows, by which it chooses how to answer."""

from typing import Final

from sqlalchemy import Connection, text

from app.store import tables

MANY: Final = 100
"""Records that were added, from which on it matters what is known of their rows.

Few: of some thousands that nothing is known of, facets take seconds, and boxes a minute.
"""

SHARE: Final = 10
"""What was added to more than so many times as much changes nothing of what is known."""


def refresh_statistics(tx: Connection, *, added: int) -> None:
    """Let Postgres count its rows once many records were added to those it knows of.

    It does so by itself, up to a minute later. SQLite's questions are put so that they need no statistics.
    """
    if tx.dialect.name != "postgresql" or added < MANY:
        return
    known = tx.execute(text("SELECT reltuples FROM pg_class WHERE oid = 'entry'::regclass")).scalar_one()
    if known <= SHARE * added:
        # By name: what else is in the database may belong to others.
        names = ", ".join(f'"{name}"' for name in (*tables.metadata.tables, "text_index"))
        tx.execute(text(f"ANALYZE {names}"))
