"""Templates: text with columns in it, such as `ucdp-{id}` or `{side_a|slug}`, made into functions once.

A column that is empty makes the whole text empty, and what is empty is left out of the record.
`{column?}` may be empty; a brace is written twice.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from app.errors import nearest
from app.values.slug import slugify

Row = Mapping[str, Any]
Value = Callable[[Row], Any]

_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class MappingFault(ValueError):
    """The mapping says something that cannot be followed."""

    def __init__(self, detail: str, suggestion: str | None = None) -> None:
        """Say what, and what may have been meant."""
        super().__init__(detail)
        self.suggestion = suggestion


def _day(text: str) -> str:
    """Keep the day of a moment: 2009-02-20T00:00:00 is 2009-02-20."""
    return text.partition("T")[0].partition(" ")[0]


def _titled(text: str) -> str:
    """Write WORDS IN CAPITALS as Words In Capitals."""
    return re.sub(r"\w+('\w+)?", lambda match: match[0][0].upper() + match[0][1:].lower(), text)


FILTERS: Final[dict[str, Callable[[str], str]]] = {
    "slug": lambda text: slugify(text) or "",
    "lower": str.lower,
    "upper": str.upper,
    "title": _titled,
    "day": _day,
    "line": lambda text: " ".join(text.split()),
}
"""What can be done to a column: `{name|slug}` as for an id, `|day` of a moment, `|line` on one line, …"""


def compiled(text: str, columns: set[str], empty: frozenset[str]) -> Value:
    """Make a function of a template; the columns that it names are added to `columns`.

    Raises:
        MappingFault: braces do not match, or a filter is unknown.
    """
    parts = list(_parts(text, columns, empty))
    if all(isinstance(part, str) for part in parts):
        constant = "".join(map(str, parts))
        return lambda _row: constant
    if len(parts) == 1:
        lone: Value = parts[0]  # type: ignore[assignment]
        return lone

    def joined(row: Row) -> str | None:
        found = []
        for part in parts:
            piece = part if isinstance(part, str) else part(row)
            if piece is None:
                return None
            found.append(piece if isinstance(piece, str) else str(piece))
        return "".join(found) or None

    return joined


def is_constant(text: str) -> bool:
    """Say whether a template names no column."""
    return not any(match[1] is not None for match in _PART.finditer(text))


def _parts(text: str, columns: set[str], empty: frozenset[str]) -> Iterator[str | Value]:
    at = 0
    for match in _PART.finditer(text):
        if match.start() > at:
            yield text[at : match.start()]
        at = match.end()
        if match[1] is not None:
            yield _column(match[1], columns, empty)
        elif len(match[0]) == 2:
            yield match[0][0]
        else:
            raise MappingFault("A brace is left alone; write it twice where it is meant as such.")
    if at < len(text):
        yield text[at:]


def _column(said: str, columns: set[str], empty: frozenset[str]) -> Value:
    name, *filters = (piece.strip() for piece in said.split("|"))
    optional = name.endswith("?")
    name = name.removesuffix("?")
    if not name:
        raise MappingFault("Name a column between the braces.")
    unknown = next((one for one in filters if one not in FILTERS), None)
    if unknown is not None:
        detail = f"There is no filter of that name; there are {', '.join(FILTERS)}."
        raise MappingFault(detail, nearest(unknown, FILTERS))
    columns.add(name)
    steps = [FILTERS[one] for one in filters]
    nothing = "" if optional else None

    def value(row: Row) -> Any:
        cell = row.get(name)
        if cell.__class__ is not str:
            cell = as_text(cell)
            if cell.__class__ is not str:
                return cell
        cell = cell.strip()
        if cell in empty:
            return nothing
        for step in steps:
            cell = step(cell)
        return cell or nothing

    return value


def as_text(cell: Any) -> Any:
    """Write a value of GeoJSON properties as a cell of a table; lists and objects stay what they are."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, int | float):
        return str(cell)
    return cell
