"""Keys for rows that are still to be inserted, so that rows of other tables can name them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table

from app.database.engine import raw_sql as direct


class Reserved(NamedTuple):
    """Keys for new rows of each table, and the rows of what was asked at the same time."""

    keys: dict[Table, Iterator[int]]
    answers: list[list[tuple[Any, ...]]]


def reserve_keys(
    connection: Connection, counts: Mapping[Table, int], also: Sequence[direct.Query] = ()
) -> Reserved:
    """Reserve keys for so many new rows of each table; the caller must be in a writing transaction.

    What is `also` asked costs no round trip of its own.
    """
    asked = [_keys_sql(connection, table, count) for table, count in counts.items()]
    found = direct.fetch_together(connection, [*asked, *also])
    keys, answers = found[: len(asked)], found[len(asked) :]
    return Reserved(_keys(connection, counts, keys), answers)


def _keys(
    connection: Connection, counts: Mapping[Table, int], found: Sequence[Sequence[tuple[Any, ...]]]
) -> dict[Table, Iterator[int]]:
    if connection.dialect.name == "sqlite":
        return {
            table: iter(range(last + 1, last + 1 + count))
            for (table, count), [(last,)] in zip(counts.items(), found, strict=True)
        }
    return {table: iter([pk for (pk,) in keys]) for table, keys in zip(counts, found, strict=True)}


def _keys_sql(connection: Connection, table: Table, count: int) -> direct.Query:
    if connection.dialect.name == "sqlite":
        return f"SELECT coalesce(max(pk), 0) FROM {table.name}", ()
    return "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", (f"{table.name}_pk_seq", count)
