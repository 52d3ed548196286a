"""The words that names are made of: kept once each, so that what is mistyped can be looked for among them.

Words stay when the last record that has them goes; `prune_words` takes those out that nothing has any more.
"""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, text

from app.store import direct
from app.store.fulltext import NAMES, TITLE
from app.store.inserting import insert_many

_INSERT = {
    "sqlite": "INSERT OR IGNORE INTO word (word, backward) VALUES (?, ?)",
    "postgresql": "INSERT INTO word (word, backward) SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
}
_HAS = {
    "sqlite": "SELECT 1 FROM text_index WHERE text_index MATCH :asked LIMIT 1",
    "postgresql": "SELECT 1 FROM text_index WHERE vector @@ CAST(:asked AS tsquery) LIMIT 1",
}


def insert_words(connection: Connection, words: Iterable[str]) -> None:
    """Keep words; those that are there already stay as they are. In order, so that no two writers deadlock."""
    rows = [(word, word[::-1]) for word in sorted(words)]
    if rows:
        insert_many(connection, _INSERT, rows)


def missing_words(connection: Connection, words: Iterable[str]) -> set[str]:
    """Give those of the words that are not kept."""
    wanted = set(words)
    if connection.dialect.name == "sqlite":
        found = direct.ask(
            connection,
            "SELECT word FROM word WHERE word IN (SELECT value FROM json_each(?))",
            (json.dumps(list(wanted)),),
        )
    else:
        found = direct.ask(connection, "SELECT word FROM word WHERE word = ANY(%s)", (list(wanted),))
    return wanted - {word for (word,) in found}


def prune_words(connection: Connection, words: Iterable[str] | None = None) -> int:
    """Take out those of the words (of all of them, where none are given) that no name has; give how many."""
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
