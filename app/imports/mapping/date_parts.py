"""Dates made of parts: columns for year, month and day."""

import re
from typing import Any, Final, Protocol

from app.imports.mapping.empty_members import Contents
from app.imports.mapping.errors import CellFault
from app.imports.mapping.templates import Row, Value, columns_of, varies
from app.values.edtf.text import year_text

PARTS: Final = ("year", "month", "day")
"""The keywords of the parts of a date, from the coarsest."""

_MAX_SIZE: Final = {"month": 12, "day": 31}
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.0+)?")


class Compiler(Protocol):
    """The interface of what compiles the values that parts are made of."""

    def value(self, said: Any, pointer: str) -> Value:
        """Compile a text, or an object that says how it is transformed."""

    def refuse(self, pointer: str, detail: str, suggestion: str | None = None) -> None:
        """Add a fault of the mapping."""


def date_of_parts(said: dict[str, Any], pointer: str, compiler: Compiler) -> Value:
    """Compile year, month and day.

    A part that is missing between others is unspecified (`1967-XX-08`, EDTF level 2), one that is missing
    at the end is left out. A constant is ignored in a row whose coarser part is missing.
    """
    given: dict[str, Any] = {name: said[name] for name in PARTS if name in said}
    for part, coarser in (("month", "year"), ("day", "month")):
        if part in given and coarser not in given:
            compiler.refuse(f"{pointer}/{part}", f"Give the {coarser} as well.")
    parts = [
        (name, compiler.value(one, f"{pointer}/{name}"), varies(one), columns_of(one))
        for name, one in given.items()
    ]
    contents = Contents.of(given)

    def date(row: Row) -> str | None:
        found: dict[str, str] = {}
        for at, (name, value, varying, columns) in enumerate(parts):
            piece = value(row)
            if piece is None or (not varying and len(found) < at):
                continue
            found[name] = _written_part(name, piece, columns)
        if not contents.suffice(found):
            return None
        year, month, day = (found.get(name) for name in PARTS)
        pieces = [year or "XXXX"]
        if month or day:
            pieces.append(month or "XX")
        if day:
            pieces.append(day)
        return "-".join(pieces)

    return date


def _written_part(name: str, piece: str, columns: tuple[str, ...]) -> str:
    if not _WHOLE.fullmatch(piece):
        raise CellFault(
            "not_a_number", "A year, month or day is a whole number, of at most 20 digits.", piece, columns
        )
    number = int(piece.partition(".")[0])
    if name == "year":
        return year_text(number)
    if not 1 <= number <= _MAX_SIZE[name]:
        raise CellFault("out_of_range", f"A {name} is a number from 1 to {_MAX_SIZE[name]}.", piece, columns)
    return f"{number:02}"
