"""The statements of an item, whatever the JSON holds in their place."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from app.imports.json_values import objects_of

_ITEM: Final = re.compile(r"Q[0-9]{1,15}")
_RANKS: Final = {"preferred": 0, "normal": 1, "deprecated": 2}


class Statement(NamedTuple):
    """A statement that has a value.

    Attributes:
        value: the value of its main snak: text, or an object whose shape its type says.
        rank: `preferred`, `normal` or `deprecated`.
        qualifiers: the values of its qualifiers, by property.
    """

    value: Any
    rank: str
    qualifiers: Mapping[str, list[Any]]


def statements(claims: Mapping[str, Any], name: str) -> list[Statement]:
    """Return the statements of a property that have a value, preferred ones first."""
    found = [
        Statement(value, _rank(one), qualifiers_of(one))
        for one in objects_of(claims.get(name))
        if (value := snak_value(one.get("mainsnak"))) is not None
    ]
    return sorted(found, key=lambda one: _RANKS[one.rank])


def _rank(statement: Mapping[str, Any]) -> str:
    rank = statement.get("rank")
    return rank if isinstance(rank, str) and rank in _RANKS else "normal"


def qualifiers_of(statement: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    """Return the values of qualifiers by property."""
    said = statement.get("qualifiers")
    if not isinstance(said, Mapping):
        return {}
    return {
        name: [value for snak in objects_of(snaks) if (value := snak_value(snak)) is not None]
        for name, snaks in said.items()
    }


def snak_value(snak: Any) -> Any:
    """Return the value of a snak; None where it is unknown, or says that there is none."""
    if not isinstance(snak, Mapping) or snak.get("snaktype", "value") != "value":
        return None
    data = snak.get("datavalue")
    return data.get("value") if isinstance(data, Mapping) else None


def item_number(value: Any) -> int | None:
    """Return the number of the item that a value names; None where it names none, or one of more digits than there are items."""
    if not isinstance(value, Mapping):
        return None
    text = value.get("id")
    if isinstance(text, str) and _ITEM.fullmatch(text):
        return int(text[1:])
    number = value.get("numeric-id")
    return number if type(number) is int and number > 0 and value.get("entity-type") == "item" else None
