"""Rows into a table as they are: many at once, by COPY where that is faster."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Table

from app.database import tables
from app.database.engine import raw_sql as direct

COPY_FROM: Final = 100
"""From this many rows on they are inserted by COPY on Postgres."""

_WITHOUT_KEY: Final = (tables.box, tables.tally)
"""Tables that give their rows keys by themselves."""


@lru_cache(maxsize=64)
def _insert_sql(table: Table, dialect: str) -> str:
    columns = columns_of(table)
    mark = "?" if dialect == "sqlite" else "%s"
    marks = ", ".join([mark] * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"


@lru_cache(maxsize=64)
def columns_of(table: Table) -> tuple[str, ...]:
    """List the columns that a row to be inserted has, in order."""
    # As plain text: SQLAlchemy's class of names is none that keys of JSON may have.
    names = [str(column.name) for column in table.columns]
    return tuple(name for name in names if not (table in _WITHOUT_KEY and name == "pk"))


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows given in the order of the table's columns (`box` without its key)."""
    if not rows:
        return
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
        driver: Any = connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({', '.join(columns_of(table))}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        return
    direct.executemany(connection, _insert_sql(table, connection.dialect.name), rows)
