"""What a row can be known by where no column says it: its number, and digests of its cells."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from app.imports.mapping.templates import CELLS_OF_ROW, NUMBER_OF_ROW, Row, Value

_BYTES: Final = 8
"""Of a million rows two have the same digest once in thirty million tables."""


def number_of_row(row: Row) -> str | None:
    """Return the number of a row among those of its file, from 1."""
    number = row.get(NUMBER_OF_ROW)
    return None if number is None else str(number)


def digest_of_row(row: Row) -> str | None:
    """Return the digest of all cells of a row, in whatever order; joined tables and computed columns do not count."""
    cells = row.get(CELLS_OF_ROW)
    return None if cells is None else _digest(json.dumps(cells, sort_keys=True, separators=(",", ":")))


def digest_of(values: Sequence[Value]) -> Value:
    """Make a function that returns the digest of some values of a row; None where all of them are empty."""

    def value(row: Row) -> str | None:
        found = [one(row) for one in values]
        return (
            None if all(one is None for one in found) else _digest(json.dumps(found, separators=(",", ":")))
        )

    return value


def _digest(text: str) -> str:
    """Return 16 hexadecimal digits."""
    return blake2b(text.encode(), digest_size=_BYTES).hexdigest()
