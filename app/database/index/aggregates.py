"""Counts of records by facet cell (`app.values.time_histogram`), kept up to date by every write.

Counts are rows that are only ever inserted: `+1` in, `-1` out. So writers on Postgres never wait for each
other, and a reader sees exactly what is committed. From time to time the rows of each cell are summed into
one, by a statement that is correct under concurrent writes.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, text

from app.database.engine import raw_sql as direct
from app.database.engine.raw_sql import insert_many
from app.database.index.full_text import NAMES, TITLE

FOLD_EVERY: Final = 8_192
"""How many rows are added before they are summed."""

_INSERT_CELL = {
    "sqlite": "INSERT OR IGNORE INTO cell (pk, kind, type, decades) VALUES (?, ?, ?, ?)",
    "postgresql": (
        "INSERT INTO cell (pk, kind, type, decades) "
        "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING"
    ),
}

_INSERT_COUNT = {
    "sqlite": "INSERT INTO tally (cell, n) VALUES (?, ?)",
    "postgresql": "INSERT INTO tally (cell, n) SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
}

_HIGHEST = {
    "sqlite": "SELECT coalesce(max(pk), 0) FROM tally",
    "postgresql": "SELECT last_value FROM tally_pk_seq",
}

_INSERT = {
    "sqlite": "INSERT OR IGNORE INTO word (word, backward) VALUES (?, ?)",
    "postgresql": "INSERT INTO word (word, backward) SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
}

_HAS = {
    "sqlite": "SELECT 1 FROM text_index WHERE text_index MATCH :asked LIMIT 1",
    "postgresql": "SELECT 1 FROM text_index WHERE vector @@ CAST(:asked AS tsquery) LIMIT 1",
}


def insert_cells(connection: Connection, cells: Iterable[tuple[Any, ...]]) -> None:
    """Insert cells (pk, kind, type, decades) that do not exist yet; sorted, against deadlocks."""
    rows = sorted(cells)
    if rows:
        insert_many(connection, _INSERT_CELL, rows)


def add_counts(connection: Connection, counts: Mapping[int, int]) -> None:
    """Add records to cells."""
    rows = [(cell, n) for cell, n in counts.items() if n]
    if not rows:
        return
    insert_many(connection, _INSERT_COUNT, rows)
    [(highest,)] = direct.fetch_all(connection, _HIGHEST[connection.dialect.name])
    if highest // FOLD_EVERY > (highest - len(rows)) // FOLD_EVERY:
        compact_counts(connection)


def subtract_counts(connection: Connection, counts: Mapping[int, int]) -> None:
    """Subtract records from cells."""
    add_counts(connection, {cell: -n for cell, n in counts.items()})


def compact_counts(connection: Connection) -> None:
    """Sum the rows of each cell into one; rows that another transaction is adding are left alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text(
                "WITH gone AS (DELETE FROM tally RETURNING cell, n) "
                "INSERT INTO tally (cell, n) SELECT cell, sum(n) FROM gone GROUP BY cell HAVING sum(n) <> 0"
            )
        )
        return
    [(highest,)] = direct.fetch_all(connection, _HIGHEST["sqlite"])
    connection.execute(
        text("INSERT INTO tally (cell, n) SELECT cell, sum(n) FROM tally GROUP BY cell HAVING sum(n) <> 0")
    )
    connection.execute(text("DELETE FROM tally WHERE pk <= :highest"), {"highest": highest})


def recount_cells(connection: Connection) -> None:
    """Recount everything from the entries, and delete cells that have none."""
    connection.execute(text("DELETE FROM tally"))
    connection.execute(
        text("INSERT INTO tally (cell, n) SELECT cell, count(*) FROM entry WHERE view = 0 GROUP BY cell")
    )
    connection.execute(text("DELETE FROM cell WHERE pk NOT IN (SELECT cell FROM entry)"))


def miscounts(connection: Connection) -> Iterator[tuple[int, int, int]]:
    """Yield the cells whose count is wrong: the cell, the stored count, and the true one."""
    counted: Counter[int] = Counter(
        {
            cell: int(n)
            for cell, n in connection.execute(text("SELECT cell, sum(n) FROM tally GROUP BY cell"))
            if n
        }
    )
    there: Counter[int] = Counter(
        {
            cell: int(n)
            for cell, n in connection.execute(
                text("SELECT cell, count(*) FROM entry WHERE view = 0 GROUP BY cell")
            )
        }
    )
    for cell in sorted(counted.keys() | there.keys()):
        if counted[cell] != there[cell]:
            yield cell, counted[cell], there[cell]


def lost_cells(connection: Connection) -> list[int]:
    """Return the cells that entries name and that do not exist."""
    return list(
        connection.execute(
            text("SELECT DISTINCT cell FROM entry WHERE cell NOT IN (SELECT pk FROM cell)")
        ).scalars()
    )


def insert_words(connection: Connection, words: Iterable[str]) -> None:
    """Insert words that are not there yet; sorted, against deadlocks."""
    rows = [(word, word[::-1]) for word in sorted(words)]
    if rows:
        insert_many(connection, _INSERT, rows)


def missing_words(connection: Connection, words: Iterable[str]) -> set[str]:
    """Return those of the words that are not stored."""
    wanted = set(words)
    if connection.dialect.name == "sqlite":
        found = direct.fetch_all(
            connection,
            "SELECT word FROM word WHERE word IN (SELECT value FROM json_each(?))",
            (json.dumps(list(wanted)),),
        )
    else:
        found = direct.fetch_all(connection, "SELECT word FROM word WHERE word = ANY(%s)", (list(wanted),))
    return wanted - {word for (word,) in found}


def prune_words(connection: Connection, words: Iterable[str] | None = None) -> int:
    """Delete those of the words (of all of them, where none are given) that no name has; return how many."""
    if words is None:
        words = connection.execute(text("SELECT word FROM word ORDER BY word")).scalars().all()
    dialect = connection.dialect.name
    either, quote = (" OR ", '"') if dialect == "sqlite" else (" | ", "'")
    pruned = 0
    for word in words:
        asked = either.join(f"{quote}{letter}{word}{quote}" for letter in (TITLE, NAMES))
        if connection.execute(text(_HAS[dialect]), {"asked": asked}).first() is None:
            connection.execute(text("DELETE FROM word WHERE word = :word"), {"word": word})
            pruned += 1
    return pruned
