"""Nested data as columns: each member of a document that is no list or object is one, called by its path."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from app.imports.mapping.paths import ColumnPath, parse_path, write_path
from app.imports.mapping.suggest.column_names import IDENTIFIERS, TITLES, words_of

_MAX_DEPTH: Final = 8
_MAX_COLUMNS: Final = 1000
_OF_A_ROW: Final = IDENTIFIERS | TITLES


def flattened(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a document by their paths.

    A list, and an object, is there as a whole: a template cannot write it, and a draft leaves it out.
    """
    found: dict[str, Any] = {}
    for path, value in _members(document, ()):
        if len(found) == _MAX_COLUMNS:
            break
        found[write_path(path)] = value
    return found


class Array(NamedTuple):
    """An array of objects within a document, and the path to it."""

    path: str
    items: list[Any]


def rows_within(row: Mapping[str, Any]) -> Array | None:
    """Return the array of objects that are the rows of a document, flattened, rather than itself.

    It is the longest. There is none where two are as long, or where the document has an id or a title of its own
    and so is a row.
    """
    if any(set(words_of(name)) & _OF_A_ROW for name, value in row.items() if _is_own(name, value)):
        return None
    found = [
        Array(name, value)
        for name, value in row.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    ]
    found.sort(key=lambda array: len(array.items), reverse=True)
    if len(found) > 1 and len(found[0].items) == len(found[1].items):
        return None
    return found[0] if found else None


def _is_own(name: str, value: Any) -> bool:
    return parse_path(name) == (name,) and isinstance(value, str | int | float)


def _members(value: Mapping[str, Any], path: ColumnPath) -> Iterator[tuple[ColumnPath, Any]]:
    for name, one in value.items():
        here = (*path, name)
        yield here, one
        if isinstance(one, dict) and len(here) < _MAX_DEPTH:
            yield from _members(one, here)
