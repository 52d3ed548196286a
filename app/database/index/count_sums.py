"""Tables of counts with one row for each key, which changes are added to; a row that counts nothing is deleted.

Unlike `app.database.index.count_rows`, writers of the same keys wait for each other: only what moves many changes at
a time writes here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from app.database.engine.raw_sql import insert_many


class CountSums:
    """A table whose primary key says what is counted, and whose other columns are counts."""

    def __init__(
        self, table: str, keys: Mapping[str, str], counts: Sequence[str], differences: Sequence[str] = ()
    ) -> None:
        """Name the table, the columns of its key with their types on Postgres, counts, and then what may be below 0."""
        self.table, self._unsigned = table, len(counts)
        counts = (*counts, *differences)
        self._keys = tuple(keys)
        names = ", ".join((*keys, *counts))
        marks = ", ".join("?" for _ in (*keys, *counts))
        arrays = ", ".join(f"%s::{sort}[]" for sort in (*keys.values(), *("bigint" for _ in counts)))
        added = ", ".join(f"{one} = {table}.{one} + excluded.{one}" for one in counts)
        into, conflict = (
            f"INSERT INTO {table} ({names})",
            f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}",
        )
        self._add = {
            "sqlite": f"{into} VALUES ({marks}){conflict}",
            "postgresql": f"{into} SELECT * FROM unnest({arrays}){conflict}",
        }
        nothing = " AND ".join(f"{table}.{one} = 0" for one in counts)
        own = " AND ".join(f"{one} = ?" for one in keys)
        arrays = ", ".join(f"%s::{sort}[]" for sort in keys.values())
        same = " AND ".join(f"{table}.{one} = less.{one}" for one in keys)
        self._prune = {
            "sqlite": f"DELETE FROM {table} WHERE {own} AND {nothing}",
            "postgresql": (
                f"DELETE FROM {table} USING unnest({arrays}) AS less ({', '.join(keys)}) WHERE {same} AND {nothing}"
            ),
        }
        self._select = f"SELECT {names} FROM {table}"

    def add(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows (*key, *counts), each key once; sorted, so that rows of a page are written together."""
        if not rows:
            return
        insert_many(connection, self._add, rows)
        at = len(self._keys)
        signed = at + self._unsigned
        less = [row[:at] for row in rows if min(row[at:]) < 0 or any(row[signed:])]
        if less:
            insert_many(connection, self._prune, less)

    def clear(self, connection: Connection) -> None:
        """Count nothing."""
        connection.execute(text(f"DELETE FROM {self.table}"))

    def stored(self, connection: Connection) -> dict[tuple[Any, ...], tuple[int, ...]]:
        """Return all counts by key."""
        return dict(map(self.split, connection.execute(text(self._select))))

    def split(self, row: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        """Split a row into its key and its counts."""
        at = len(self._keys)
        return tuple(row[:at]), tuple(map(int, row[at:]))

    def described(self, key: Sequence[Any]) -> str:
        """Describe what a key is of."""
        return ", ".join(f"{name} {value!r}" for name, value in zip(self._keys, key, strict=True))
