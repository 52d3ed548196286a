"""Counts of records by facet cell (`app.values.time_histogram`), and the words of names, kept up to date by every write."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, text

from app.database.engine import raw_sql as direct
from app.database.engine.raw_sql import insert_many
from app.database.index.count_rows import CountRows
from app.database.index.full_text import NAMES, TITLE

_INSERT_CELL = {
    "sqlite": "INSERT OR IGNORE INTO cell (pk, kind, type, decades) VALUES (?, ?, ?, ?)",
    "postgresql": (
        "INSERT INTO cell (pk, kind, type, decades) "
        "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING"
    ),
}

TALLY: Final = CountRows("tally", {"cell": "bigint"})
_COUNTING: Final = "SELECT cell, count(*) FROM entry WHERE view = 0 GROUP BY cell"

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
    TALLY.add(connection, counts)


def subtract_counts(connection: Connection, counts: Mapping[int, int]) -> None:
    """Subtract records from cells."""
    add_counts(connection, {cell: -n for cell, n in counts.items()})


def recount_cells(connection: Connection) -> None:
    """Recount everything from the entries, and delete cells that have none."""
    TALLY.replace(connection, _COUNTING)
    connection.execute(text("DELETE FROM cell WHERE pk NOT IN (SELECT cell FROM entry)"))


def miscounts(connection: Connection) -> Iterator[tuple[int, int, int]]:
    """Yield the cells whose count is wrong: the cell, the stored count, and the true one."""
    counted = Counter(TALLY.sums(connection))
    there = Counter({cell: int(n) for cell, n in connection.execute(text(_COUNTING))})
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


def word_rows(words: Iterable[str]) -> list[tuple[str, str]]:
    """Return the rows of words; sorted, against deadlocks."""
    return [(word, word[::-1]) for word in sorted(words)]


def insert_words(connection: Connection, words: Iterable[str]) -> None:
    """Insert words that are not there yet."""
    rows = word_rows(words)
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
