"""Statements as text, handed to the driver directly: SQLAlchemy's work around a statement costs more than SQLite's.

On Postgres they go through SQLAlchemy all the same, which notices lost connections; next to the round trip
to the server it costs little.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

Arguments = Sequence[Any] | Mapping[str, Any]
"""The parameters of a statement: positional, or by name for psycopg."""


def fetch_all(connection: Connection, sql: str, arguments: Arguments = ()) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    if connection.dialect.name == "sqlite":
        found: list[tuple[Any, ...]] = _driver(connection).execute(sql, arguments).fetchall()
        return found
    return [tuple(row) for row in connection.exec_driver_sql(sql, _as_sqlalchemy_has_it(arguments))]


def execute(connection: Connection, sql: str, arguments: Arguments = ()) -> int:
    """Run a statement that returns no rows; return how many it changed."""
    if connection.dialect.name == "sqlite":
        changed: int = _driver(connection).execute(sql, arguments).rowcount
        return changed
    return connection.exec_driver_sql(sql, _as_sqlalchemy_has_it(arguments)).rowcount


def executemany(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement once for each of the rows."""
    if connection.dialect.name == "sqlite":
        _driver(connection).executemany(sql, rows)
    else:
        connection.exec_driver_sql(sql, list(rows))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _as_sqlalchemy_has_it(arguments: Arguments) -> Any:
    return dict(arguments) if isinstance(arguments, Mapping) else tuple(arguments)


def insert_many(
    connection: Connection, statements: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows with the statement of the connection's dialect: on SQLite one by one, on Postgres all at once.

    Postgres gets each column as an array, since a round trip for each row costs far more.
    """
    if connection.dialect.name == "postgresql":
        columns = tuple(map(list, zip(*rows, strict=True)))
        execute(connection, statements["postgresql"], columns)
    else:
        executemany(connection, statements["sqlite"], rows)
