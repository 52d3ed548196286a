"""What the database knows of its own rows, by which it chooses how to answer."""

from sqlalchemy import Connection, text

from app.store import tables


def refresh_statistics(tx: Connection) -> None:
    """Let Postgres count what was just written in bulk.

    It does so by itself, up to a minute later; until then questions that join much take thirty times as long.
    SQLite's questions are put so that they need no statistics.
    """
    if tx.dialect.name == "postgresql":
        # By name: what else is in the database may belong to others.
        # The text index is no table of the metadata (`app.store.fulltext`).
        names = ", ".join(f'"{name}"' for name in (*tables.metadata.tables, "text_index"))
        tx.execute(text(f"ANALYZE {names}"))
