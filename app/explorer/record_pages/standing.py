"""How a record stands to what one source has of it, property by property: the same, another value, silence, dispute."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from app.records.base import Record
from app.records.property_paths import fields_of, member_paths
from app.records.serialization import to_canonical_json
from app.records.source_view import contested_properties, source_views

Standing = Literal["recorded", "same", "own", "silent", "disputed", "added"]
"""As the record has it, no source being asked; as both have it; with the source's own value; without a word of the source
on it; disputed by it without another value; in the source alone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A property as a page shows it.

    Attributes:
        value: what is shown, as JSON: the source's where it has another one.
        part: the same as a part of the record.
        standing: how the record and the source stand to each other.
        recorded: what the record says, where the source has another value.
        contested: whether a source disputes it, or has a value of its own.
    """

    value: Any
    part: Any
    standing: Standing
    recorded: Any = None
    contested: bool = False


Properties = Mapping[str, Sequence[Shown]]
"""What is shown of each field that is not empty: its members, or its one value."""


def properties_of(record: Record, source: str | None = None) -> Properties:
    """Return what a page shows of each field, as the record is written or beside what a source has.

    A source that has no evidence on the record is silent on all of it.
    """
    had = _Source(record, source) if source is not None else None
    own = orjson.loads(to_canonical_json(record))
    contested = contested_properties(record)
    return {
        field: found
        for field in fields_of(type(record))
        if (found := list(_shown(field, record, own.get(field), contested, had)))
    }


class _Source:
    """What a source has of a record."""

    def __init__(self, record: Record, source: str) -> None:
        views = source_views(record)
        self.view = next((view for name, view in views if name == source), None)
        self.plain: dict[str, Any] = {} if self.view is None else orjson.loads(to_canonical_json(self.view))
        self.disputed = {
            item.property or ""
            for item in record.evidence_items()
            if item.source == source and item.stance == "disputes" and item.rank != "deprecated"
        }

    def absent(self, names: Sequence[str]) -> Standing:
        """Say why the source does not have a property."""
        return "disputed" if self.disputed.intersection(names) else "silent"


def _shown(field: str, record: Record, own: Any, contested: set[str], had: _Source | None) -> Iterator[Shown]:
    value = getattr(record, field)
    if isinstance(value, tuple) and isinstance(own, list | None) and _has_members(field):
        yield from _members(field, list(zip(value, own or (), strict=False)), contested, had)
        return
    is_contested = field in contested
    if had is None:
        if own is not None:
            yield Shown(own, value, "recorded", contested=is_contested)
        return
    theirs = had.plain.get(field)
    if theirs is None:
        if own is not None:
            yield Shown(own, value, had.absent([field]), contested=is_contested)
    elif theirs == own:
        yield Shown(own, value, "same", contested=is_contested)
    else:
        standing: Standing = "added" if own is None else "own"
        yield Shown(theirs, getattr(had.view, field), standing, own, contested=is_contested)


def _members(
    field: str, pairs: Sequence[tuple[Any, Any]], contested: set[str], had: _Source | None
) -> Iterator[Shown]:
    theirs: dict[str, list[tuple[Any, Any]]] = {}
    if had is not None and had.view is not None:
        for part, plain in zip(getattr(had.view, field) or (), had.plain.get(field, ()), strict=False):
            theirs.setdefault(_names(field, part)[0], []).append((part, plain))
    for part, plain in pairs:
        names = _names(field, part)
        is_contested = not contested.isdisjoint({*names, field})
        if had is None:
            yield Shown(plain, part, "recorded", contested=is_contested)
            continue
        of_source = theirs.get(names[0])
        if not of_source:
            yield Shown(plain, part, had.absent([*names, field]), contested=is_contested)
            continue
        index = next((n for n, (_, other) in enumerate(of_source) if other == plain), 0)
        other_part, other = of_source.pop(index)
        if other == plain:
            yield Shown(plain, part, "same", contested=is_contested)
        else:
            yield Shown(other, other_part, "own", plain, contested=is_contested)
    for name, more in theirs.items():
        yield from (Shown(plain, part, "added", contested=name in contested) for part, plain in more)


def _has_members(field: str) -> bool:
    return field in {"names", "participants", "parties", "places", "provisions", "relations", "figures"}


def _names(field: str, part: Any) -> list[str]:
    return [path.text for path in member_paths(field, part)]
