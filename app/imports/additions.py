"""Adds to lists of a record what a partial document has for them, without removing or repeating what is there."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from app.errors import Fault, quoted
from app.records.historical_date import DERIVED
from app.values.json_pointer import escaped

ADDABLE: Final = frozenset(
    {
        "aliases",
        "evidence",
        "figures",
        "geometries",
        "labels",
        "names",
        "participants",
        "places",
        "relations",
        "same_as",
        "tags",
    }
)
"""The members that can be added to: lists, and labels, one for each language."""


def sum_of(present: Any, more: Any) -> Any:
    """Return what is there, and then what is more: items of which none that is there says as much already.

    An item with the id of one that is there takes its place. What is not of the right type is returned as it is given: validating it is done later.
    """
    if isinstance(present, Mapping) and isinstance(more, Mapping):
        return {**more, **present}
    if isinstance(present, list) and isinstance(more, list):
        new = [one for one in more if not any(_says(there, one) for there in present)]
        by_id = {_id(one): one for one in new if _id(one) is not None}
        kept = [by_id.pop(_id(there), there) for there in present]
        return [*kept, *(one for one in new if _id(one) is None or _id(one) in by_id)]
    return present if more is None else more


def _id(item: Any) -> str | None:
    identifier = item.get("id") if isinstance(item, Mapping) else None
    return identifier if isinstance(identifier, str) else None


def other_labels(present: Any, more: Any) -> list[Fault]:
    """Return a fault for each label whose language has another one already."""
    if not isinstance(present, Mapping) or not isinstance(more, Mapping):
        return []
    detail = (
        "The record has another label in this language: {}. Add it to aliases, or say `update: [labels]`."
    )
    return [
        Fault(
            "other_label", detail.format(quoted(present[tag])), f"/labels/{escaped(tag)}", value=quoted(label)
        )
        for tag, label in more.items()
        if tag in present and not _says(present[tag], label)
    ]


def _says(there: Any, one: Any) -> bool:
    """Return whether a stored value says all that another one does, which is not normalized yet."""
    if isinstance(there, Mapping):
        if isinstance(one, str):
            # A date, which may be written as its EDTF alone.
            return {name for name in there if name not in DERIVED} == {"edtf"} and _says(there["edtf"], one)
        return isinstance(one, Mapping) and all(
            name in there and _says(there[name], value) for name, value in one.items() if name not in DERIVED
        )
    if isinstance(there, list):
        return isinstance(one, list) and len(there) == len(one) and all(map(_says, there, one))
    if isinstance(there, str) and isinstance(one, str):
        return there == unicodedata.normalize("NFC", one.strip())
    return bool(there == one)
