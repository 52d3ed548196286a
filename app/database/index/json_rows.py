"""Rows as JSON: how one parameter gives a statement of Postgres any number of rows."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Table

from app.database.engine.statement import DIALECTS


@lru_cache(maxsize=64)
def given_rows(table: Table, names: tuple[str, ...], parameter: str) -> str:
    """Return the SQL of rows called `given`, with some columns of a table, from what `rows_as_json` made."""
    types = {str(column.name): column.type.compile(DIALECTS["postgresql"]) for column in table.columns}
    columns = ", ".join(f"{name} {types[name].partition(' COLLATE ')[0]}" for name in names)
    return f"json_to_recordset({parameter}::json) AS given ({columns})"


def rows_as_json(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> str:
    """Write rows, each in the order of the names, as a JSON array of objects."""
    return orjson.dumps([dict(zip(names, row, strict=True)) for row in rows], default=_hexadecimal).decode()


def _hexadecimal(value: Any) -> str:
    """Write bytes as Postgres reads them."""
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value)} is in no column")
    return f"\\x{value.hex()}"
