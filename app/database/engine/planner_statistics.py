"""What the database knows of its own rows, by which it chooses how to answer.

Postgres counts by itself, up to a minute late. Of some thousands of records that it knows nothing of until then,
facets take seconds, and boxes more than a minute. SQLite's questions are put so that they need no statistics.
"""

from typing import Final

from sqlalchemy import Connection, text

from app.database import tables

FIRST: Final = 64
"""With so many records written it matters what is known of them."""


LAST: Final = 8_192
"""From so many on it is known well enough until Postgres counts by itself, and writers would wait for it to end."""


SHARE: Final = 10
"""What was added to more than so many times as much changes little of what is known."""


def refresh_statistics(tx: Connection) -> None:
    """Let Postgres count its rows, but for tables that somebody else is counting or clearing up."""
    if tx.dialect.name == "postgresql":
        # By name: what else is in the database may belong to others.
        names = ", ".join(f'"{name}"' for name in (*tables.metadata.tables, "text_index"))
        tx.execute(text(f"ANALYZE (SKIP_LOCKED) {names}"))


def refresh_after_import(tx: Connection, added: int) -> None:
    """Count the rows where many records were added, compared with those that are known of."""
    if tx.dialect.name == "postgresql":
        asked = text("SELECT reltuples FROM pg_class WHERE oid = 'entry'::regclass")
        if tx.execute(asked).scalar_one() <= SHARE * added:
            refresh_statistics(tx)


def keep_up(tx: Connection, version: int, writes: int) -> None:
    """Count the rows whenever as many writes have been made as had been before: at 64, at 128 and so on.

    `version` is the database's after so many `writes`.
    """
    if FIRST <= version <= LAST and version.bit_length() > (version - writes).bit_length():
        refresh_statistics(tx)
