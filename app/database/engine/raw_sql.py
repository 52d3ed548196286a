"""Statements as text, handed to the driver directly: SQLAlchemy's work around a statement costs more than the statement.

A connection to Postgres that is lost meanwhile is noticed by SQLAlchemy when the transaction ends.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

Arguments = Sequence[Any] | Mapping[str, Any]
"""The parameters of a statement: positional, or by name for psycopg."""

Query = tuple[str, Arguments]
"""A statement that returns rows, and its parameters."""


def fetch_all(connection: Connection, sql: str, arguments: Arguments = ()) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    found: list[tuple[Any, ...]] = _driver(connection).execute(sql, arguments).fetchall()
    return found


def fetch_together(connection: Connection, asked: Sequence[Query]) -> list[list[tuple[Any, ...]]]:
    """Run several statements, none of which needs what another returns, and return the rows of each.

    On Postgres they are sent at once (pipeline mode), so that all of them together cost one round trip.
    """
    driver = _driver(connection)
    if connection.dialect.name == "sqlite":
        return [driver.execute(sql, arguments).fetchall() for sql, arguments in asked]
    with driver.pipeline():
        cursors = [driver.execute(sql, arguments) for sql, arguments in asked]
    # Only now: to fetch within the pipeline would be to wait for each.
    return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def execute(connection: Connection, sql: str, arguments: Arguments = ()) -> int:
    """Run a statement that returns no rows; return how many it changed."""
    changed: int = _driver(connection).execute(sql, arguments).rowcount
    return changed


def executemany(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement once for each of the rows."""
    with_rows = _driver(connection).cursor()
    with_rows.executemany(sql, rows)


def warnings(connection: Connection) -> int:
    """Return how often Postgres has warned on a connection so far; SQLite warns of nothing."""
    return 0 if connection.dialect.name == "sqlite" else int(_driver(connection).warnings)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


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
