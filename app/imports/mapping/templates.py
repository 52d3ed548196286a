"""Templates: text with columns in it, such as `ucdp-{id}` or `{side_a|slug}`, compiled to functions once.

A column may be a path into nested data (`app.imports.mapping.paths`). An empty column makes the whole text empty, and empty texts are left out of the record. `{column?}` may be
empty; a brace is escaped by doubling it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from app.imports.mapping.errors import CellFault, MappingFault
from app.imports.mapping.paths import NamedColumns, cell_at, parse_path
from app.imports.mapping.template_filters import parse_filters

Row = Mapping[str, Any]
Value = Callable[[Row], Any]

OF_THE_ROW: Final = frozenset({"row", "digest_of"})
"""The keywords of what a row is known by: its number, and a digest of it."""

ROWS_MADE: Final = "\0rows made"
"""The key of a row at which the rows are counted that lists within lists make of it."""

NUMBER_OF_ROW: Final = "\0number"
CELLS_OF_ROW: Final = "\0cells"
"""What a row has beside its columns where a mapping asks for them; no column can be named so in YAML."""

_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def compiled(
    text: str, columns: NamedColumns, empty: frozenset[str], *, whole: bool = False, typed: bool = False
) -> Value:
    """Compile a template to a function; the columns that it names are added to `columns`.

    With `whole`, a list or an object of nested data is returned as it is, where the template is that column
    and nothing else; in a text it is a fault. With `typed`, a number or a boolean then is as well.

    Raises:
        MappingFault: braces do not match, or a filter is unknown.
    """
    parts = list(_parts(text, columns, empty, whole=whole, typed=typed))
    if all(isinstance(part, str) for part in parts):
        constant = "".join(map(str, parts)) or None
        return lambda _row: constant
    if len(parts) == 1:
        lone: Value = parts[0]  # type: ignore[assignment]
        return lone

    pieces = [part if isinstance(part, str) else "" for part in parts]
    varying = [(at, part) for at, part in enumerate(parts) if not isinstance(part, str)]

    def joined(row: Row) -> str | None:
        found = pieces.copy()
        for at, value in varying:
            piece = value(row)
            if piece is None:
                return None
            found[at] = piece
        return "".join(found) or None

    return joined


def is_constant(text: str) -> bool:
    """Return whether a template names no column."""
    return not any(match[1] is not None for match in _PART.finditer(text))


def varies(said: Any) -> bool:
    """Return whether something depends on the row."""
    if isinstance(said, str):
        return not is_constant(said)
    if isinstance(said, dict):
        return not OF_THE_ROW.isdisjoint(said) or any(varies(one) for one in said.values())
    return any(varies(one) for one in said) if isinstance(said, list) else False


def columns_of(said: Any) -> tuple[str, ...]:
    """Return the columns that a template, or templates within a structure, name; in order, each once."""
    if isinstance(said, str):
        names = [_split(match[1])[0] for match in _PART.finditer(said) if match[1] is not None]
    elif isinstance(said, dict | list):
        names = [
            name for one in (said.values() if isinstance(said, dict) else said) for name in columns_of(one)
        ]
    else:
        names = []
    return tuple(dict.fromkeys(names))


def lone_column(said: Any) -> str | None:
    """Return the column that a template is and nothing else, without a filter; else None."""
    match = _PART.fullmatch(said) if isinstance(said, str) else None
    if match is None or match[1] is None:
        return None
    name, _, filters = _split(match[1])
    return name if filters is None else None


def _parts(
    text: str, columns: NamedColumns, empty: frozenset[str], *, whole: bool, typed: bool
) -> Iterator[str | Value]:
    at = 0
    for match in _PART.finditer(text):
        if match.start() > at:
            yield text[at : match.start()]
        at = match.end()
        if match[1] is not None:
            is_lone = match.span() == (0, len(text))
            yield _column(match[1], columns, empty, whole=whole and is_lone, typed=typed and is_lone)
        elif len(match[0]) == 2:
            yield match[0][0]
        else:
            raise MappingFault("A brace is left alone; write it twice where it is meant as such.")
    if at < len(text):
        yield text[at:]


def _split(said: str) -> tuple[str, bool, str | None]:
    """Return the name of a column, whether it may be empty, and its filters; None where there is no bar."""
    name, bar, filters = said.partition("|")
    name = name.strip()
    return name.removesuffix("?"), name.endswith("?"), filters if bar else None


def _column(said: str, columns: NamedColumns, empty: frozenset[str], *, whole: bool, typed: bool) -> Value:
    name, optional, filters = _split(said)
    if not name:
        raise MappingFault("Name a column between the braces.")
    steps = [] if filters is None else parse_filters(filters)
    columns.add(name)
    nothing = "" if optional else None
    as_it_is = whole and not steps
    keeps_type = typed and not steps
    path = parse_path(name)

    def value(row: Row) -> Any:
        cell = row.get(name)
        if cell.__class__ is not str:
            if cell is None:
                cell = cell_at(row, name, path)
            given, cell = cell, as_text(cell)
            if keeps_type and isinstance(given, int | float) and cell not in empty:
                return given
            if cell.__class__ is not str:
                if as_it_is:
                    return cell
                detail = (
                    "This cell holds a list or an object, of which no text can be made: name a member ({a.b}) or an item "
                    "({a[0]}) of it, or go through it with each."
                )
                raise CellFault("not_a_text", detail, cell, (name,))
        cell = cell.strip()
        if cell in empty:
            return nothing
        if not steps:
            return cell
        written = cell
        try:
            for step in steps:
                written = step(written)
        except CellFault as error:
            raise error.found_in((name,), cell) from None
        return written or nothing

    return value


def as_text(cell: Any) -> Any:
    """Convert a value of nested data to a cell of a table; lists and objects stay what they are."""
    if cell.__class__ is int:
        return str(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    return cell
