"""Tables of known data sets, which are recognised by the columns that a mapping that ships names."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.imports.mapping.shipped import shipped_mapping, shipped_mapping_file, shipped_names
from app.values.failsafe_yaml import load_failsafe_yaml

_FEWEST: Final = 5
"""Fewer columns than this, such as an id, a label and a date, are those of many tables."""


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table that a mapping that ships is for.

    Attributes:
        name: of the mapping.
        about: the data set.
        columns: how many columns of the mapping the table has.
        joined: files of further tables that have to be beside it.
    """

    name: str
    about: str
    columns: int
    joined: tuple[str, ...]


def known_table(columns: Collection[str]) -> KnownTable | None:
    """Return what a table looks like that has these columns; None where no mapping that ships is for it.

    It has all columns that the mapping cannot do without. Of several mappings, that which names most of the
    table's columns is returned.
    """
    found = []
    there = set(columns)
    for name in shipped_names():
        mapping = shipped_mapping(name)
        shared = len(mapping.named.keys() & there)
        if mapping.required.keys() <= there and shared >= _FEWEST:
            joined = tuple(join.file for join in mapping.joins.values())
            found.append(KnownTable(name, mapping.about, shared, joined))
    return max(found, key=lambda one: one.columns, default=None)


def known_precisions(known: KnownTable, column: str) -> dict[str, str]:
    """Return what the codes of a column say of how well a date is known, as the mapping of the table has them."""
    said = load_failsafe_yaml(shipped_mapping_file(known.name).read_text(encoding="utf-8"))
    for precision in _precisions(said["records"]):
        codes = precision.get("look_up")
        if precision.get("from") == f"{{{column}}}":
            return dict(codes if isinstance(codes, dict) else said.get("look_up", {}).get(codes, {}))
    return {}


def _precisions(said: Any) -> Iterator[dict[str, Any]]:
    """Yield the precisions of dates that are given by a column."""
    for member in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
        yield from _precisions(member)
    if isinstance(said, dict) and isinstance(said.get("precision"), dict):
        yield said["precision"]
