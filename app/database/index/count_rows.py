"""Tables of counts that every write keeps up to date: rows that are only ever inserted, `+1` in, `-1` out.

So writers on Postgres never wait for each other, and a reader sees exactly what is committed. From time to time the
rows of each key are summed into one, by a statement that is correct under concurrent writes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from app.database.engine import raw_sql as direct

FOLD_EVERY: Final = 8_192
"""How many rows are added before they are summed."""


def rows_of_counts(counts: Mapping[Any, int]) -> list[tuple[Any, ...]]:
    """Return the rows that add to what is counted; where several columns say that, the keys are tuples."""
    return [(*(key if type(key) is tuple else (key,)), n) for key, n in counts.items() if n]


class CountRows:
    """A table with a serial key `pk`, columns that say what is counted, and the count `n`."""

    def __init__(self, table: str, counted: Mapping[str, str]) -> None:
        """Name the table, and the columns that say what is counted with their types on Postgres."""
        self._table = table
        self._keys = ", ".join(counted)
        marks = ", ".join("?" for _ in range(len(counted) + 1))
        arrays = ", ".join(f"%s::{sort}[]" for sort in (*counted.values(), "bigint"))
        into = f"INSERT INTO {table} ({self._keys}, n)"
        self._insert = {
            "sqlite": f"{into} VALUES ({marks})",
            "postgresql": f"{into} SELECT * FROM unnest({arrays}) RETURNING pk",
        }
        self._sum = f"SELECT {self._keys}, sum(n) FROM {{}} GROUP BY {self._keys} HAVING sum(n) <> 0"
        self._sum_into = f"{into} {self._sum}"

    def add(self, connection: Connection, counts: Mapping[Any, int]) -> None:
        """Add to what is counted; where several columns say that, the keys are tuples."""
        rows = rows_of_counts(counts)
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            columns = tuple(map(list, zip(*rows, strict=True)))
            added = [pk for (pk,) in direct.fetch_all(connection, self._insert["postgresql"], columns)]
        else:
            direct.executemany(connection, self._insert["sqlite"], rows)
            last = self._last(connection)
            added = list(range(last - len(rows) + 1, last + 1))
        self.note_added(connection, added)

    def note_added(self, connection: Connection, keys: Sequence[int]) -> None:
        """Sum what is there where it is time to, as rows with these keys were added."""
        if any(key % FOLD_EVERY == 0 for key in keys):
            self.compact(connection)

    def compact(self, connection: Connection) -> None:
        """Sum the rows of each key into one; rows that another transaction is adding are left alone."""
        if connection.dialect.name == "postgresql":
            gone = f"WITH gone AS (DELETE FROM {self._table} RETURNING {self._keys}, n) "
            connection.execute(text(gone + self._sum_into.format("gone")))
            return
        highest = self._last(connection)
        connection.execute(text(self._sum_into.format(self._table)))
        connection.execute(text(f"DELETE FROM {self._table} WHERE pk <= :highest"), {"highest": highest})

    def sums(self, connection: Connection) -> dict[Any, int]:
        """Return what is counted of each key."""
        rows = connection.execute(text(self._sum.format(self._table)))
        return {tuple(key) if len(key) > 1 else key[0]: int(n) for *key, n in rows}

    def replace(self, connection: Connection, counting: str) -> None:
        """Put the rows of a query (what is counted, and how many) in place of all counts."""
        connection.execute(text(f"DELETE FROM {self._table}"))
        connection.execute(text(f"INSERT INTO {self._table} ({self._keys}, n) {counting}"))

    def _last(self, connection: Connection) -> int:
        """Return the highest key, on SQLite."""
        [(highest,)] = direct.fetch_all(connection, f"SELECT coalesce(max(pk), 0) FROM {self._table}")
        return int(highest)
