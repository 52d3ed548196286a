"""Rows in by one statement, where each may be there already."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app.store import direct


def insert_many(
    connection: Connection, statements: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Run the statement of the connection's dialect: on SQLite for each row, on Postgres once for all.

    Postgres is given each column as an array, since a round of its machinery for each row costs far more.
    """
    if connection.dialect.name == "postgresql":
        columns = tuple(map(list, zip(*rows, strict=True)))
        direct.do(connection, statements["postgresql"], columns)
    else:
        direct.do_many(connection, statements["sqlite"], rows)
