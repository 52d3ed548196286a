"""Values of documents in words, bounded: for tables of evidence and of changes."""

from collections.abc import Mapping
from typing import Any, Final

MOST_CHARACTERS: Final = 600
"""A value is cut at so many characters, and ends with an ellipsis then."""

_MOST_ITEMS: Final = 50
_DEPTH: Final = 6
_DERIVED: Final = frozenset({"start", "end", "qualified", "label"})


def in_words(value: Any) -> str:
    """Return a value as people read it: a date by its label and EDTF, an object by its members, a list by its items."""
    text = _words(value, _DEPTH)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def field_in_words(name: str) -> str:
    """Return the name of a field as people read it: `in_force` is `in force`."""
    return name.replace("_", " ")


def _words(value: Any, depth: int) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value[: MOST_CHARACTERS + 1]
    if isinstance(value, int | float):
        return f"{value:,}"
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return _object(value, depth)
    items = [_words(item, depth - 1) for item in value[:_MOST_ITEMS]]
    return "; ".join([*items, "…"] if len(value) > _MOST_ITEMS else items)


def _object(value: Mapping[str, Any], depth: int) -> str:
    members = dict(value)
    said = []
    if "edtf" in members:
        edtf, label = members.pop("edtf"), members.get("label")
        said = [f"{label} ({edtf})" if label is not None and label != edtf else str(edtf)]
        members = {name: member for name, member in members.items() if name not in _DERIVED}
    shown = list(members.items())[:_MOST_ITEMS]
    said += [f"{field_in_words(name)}: {_words(member, depth - 1)}" for name, member in shown]
    return ", ".join(said)
