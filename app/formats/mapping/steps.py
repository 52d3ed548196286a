"""What is done to a text on its way into a record: split, looked up, matched, read as a number."""

import re
from collections.abc import Callable
from typing import Any, Final

from app.formats.mapping.cells import Row, Value, is_constant
from app.formats.mapping.dates import CellFault

_NUMBER: Final = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")


def located(error: CellFault, step: str) -> CellFault:
    """Say where in the record a cell was wanted, from the inside out."""
    error.pointer = f"/{step}{error.pointer}"
    return error


def put_in_order(figure: dict[str, Any]) -> None:
    """Widen the bounds of a figure so that its best estimate lies between them."""
    given = [figure[name] for name in ("low", "best", "high") if name in figure]
    for name, bound in (("low", min), ("high", max)):
        if name in figure:
            figure[name] = bound(given)


def nothing(_row: Row) -> None:
    """Stand for what could not be compiled."""


def split(source: Value, separator: str) -> Value:
    """Give the pieces of a cell, each once."""

    def pieces(row: Row) -> list[str]:
        text = source(row)
        if text is None:
            return []
        found = [piece.strip() for piece in str(text).split(separator)] if separator else [str(text)]
        return list(dict.fromkeys(piece for piece in found if piece))

    return pieces


def looked_up(table: dict[str, str], default: str | None) -> Callable[[str], str | None]:
    """Look cells up; one that is not there raises `CellFault`, unless there is a default."""

    def step(text: str) -> str | None:
        found = table.get(text, default)
        if found is None:
            raise CellFault("no_such_entry", "The look-up has no entry for this cell; add one, or a default.")
        return found or None

    return step


def number(value: Value) -> Value:
    """Read a cell as a number; one that is none raises `CellFault`."""

    def read(row: Row) -> Any:
        text = value(row)
        if text is None or not isinstance(text, str):
            return text
        if not _NUMBER.fullmatch(text):
            raise CellFault("not_a_number", "Give a number, with a point and without other signs.")
        found = float(text)
        return int(found) if found.is_integer() and abs(found) < 2**53 else found

    return read


def words(said: Any) -> frozenset[str] | None:
    """Give one word or several as a set; None where nothing is said."""
    if said is None:
        return None
    return frozenset(said if isinstance(said, list) else [said])


def varies(said: Any) -> bool:
    """Say whether something depends on the row."""
    if isinstance(said, str):
        return not is_constant(said)
    if isinstance(said, dict):
        return any(varies(one) for one in said.values())
    return any(varies(one) for one in said) if isinstance(said, list) else False


def distinct(found: list[Any]) -> list[Any]:
    """Leave out what is there before."""
    kept: list[Any] = []
    for one in found:
        if one not in kept:
            kept.append(one)
    return kept
