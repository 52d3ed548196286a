"""Source views: a record as one source has it, and which of its properties are contested."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel

from app.records.base import SERVER_FIELDS, Record
from app.records.construct import construct_unvalidated
from app.records.evidence import Evidence
from app.records.property_paths import PropertyPath, fields_of, member_paths, parse_property

ALWAYS: Final = frozenset({"title", "type"})
"""Fields that every view has, even where the source is silent on them."""


def sources_of(record: Record) -> list[str]:
    """List the sources of the record's evidence, except deprecated items, in order of first mention."""
    found = (item.source for item in record.evidence_items() if item.source is not None and _stands(item))
    return list(dict.fromkeys(found))


def contested_properties(record: Record) -> set[str]:
    """Name the properties with evidence that disputes them, or with a competing value, not deprecated.

    The empty string is the record as a whole.
    """
    return {
        item.property or ""
        for item in record.evidence_items()
        if _stands(item) and (item.stance == "disputes" or item.value is not None)
    }


def source_views(record: Record) -> Iterator[tuple[str, Record]]:
    """Yield the record's source views: for each source with evidence that stands, the record as it has it.

    A source's `value` replaces a property; a preferred one comes before others, then the first in the list.
    Evidence that supports or mentions keeps the record's own value; evidence that disputes without giving a
    value removes the property, and so does silence. The view's evidence is the source's own.
    """
    by_source: dict[str, list[Evidence]] = {source: [] for source in sources_of(record)}
    for item in record.evidence_items():
        if item.source in by_source:
            by_source[item.source].append(item)
    for source, items in by_source.items():
        yield source, _view(record, items)


def _view(record: Record, items: list[Evidence]) -> Record:
    standing = [item for item in items if _stands(item)]
    verdicts = _verdicts(standing)
    of_members: dict[str, dict[PropertyPath, _SourcePosition]] = {}
    for prop, verdict in verdicts.items():
        if prop.member:
            of_members.setdefault(prop.field, {})[prop] = verdict
    members = dict(_silence(type(record)))
    for name in ("id", *SERVER_FIELDS):
        members[name] = getattr(record, name)
    for field in fields_of(type(record)):
        own = getattr(record, field)
        whole = verdicts.get(PropertyPath(field))
        if field in of_members:
            members[field] = tuple(_members(field, own, whole, of_members[field]))
        elif whole is not None and whole.value is not None:
            members[field] = whole.value
        elif (whole is None and field in ALWAYS) or (whole is not None and whole.kept) or field == "title":
            members[field] = own
    members["evidence"] = tuple(items)
    return construct_unvalidated(type(record), members, members)


@lru_cache(maxsize=16)
def _silence(model: type[Record]) -> Mapping[str, Any]:
    """Return the default of each field of a kind of record, in order: what a source that is silent on it has."""
    return {
        name: None if field.is_required() else field.get_default()
        for name, field in model.model_fields.items()
    }


@dataclass(frozen=True, slots=True)
class _SourcePosition:
    """What a source makes of a property: its own value, or whether the record's is kept."""

    kept: bool
    value: Any = None


def _verdicts(standing: list[Evidence]) -> dict[PropertyPath, _SourcePosition]:
    by_property: dict[PropertyPath, list[Evidence]] = {}
    # The sort is stable, so within a rank the order of the list is kept.
    for item in sorted(standing, key=lambda item: item.rank != "preferred"):
        prop = None if item.property is None else parse_property(item.property)
        if prop is not None:
            by_property.setdefault(prop, []).append(item)
    return {prop: _verdict(items) for prop, items in by_property.items()}


def _verdict(items: list[Evidence]) -> _SourcePosition:
    value = next((item.value for item in items if item.value is not None), None)
    if value is not None:
        return _SourcePosition(kept=True, value=value)
    # A mention neither supports nor disputes; the first other item decides.
    stance = next((item.stance or "supports" for item in items if item.stance != "mentions"), "mentions")
    return _SourcePosition(kept=stance != "disputes")


def _members(
    field: str,
    own: tuple[BaseModel, ...],
    whole: _SourcePosition | None,
    within: dict[PropertyPath, _SourcePosition],
) -> Iterator[BaseModel]:
    """Yield the members of a list as the source has them: evidence for one member overrides evidence for the list."""
    others_stay = whole is not None and whole.kept
    items = own if whole is None or whole.value is None else whole.value
    seen: set[PropertyPath] = set()
    for item in items:
        prop = next((name for name in member_paths(field, item) if name in within), None)
        if prop is None:
            if others_stay:
                yield item
            continue
        verdict = within[prop]
        if verdict.value is None:
            if verdict.kept:
                yield item
        elif prop not in seen:
            yield verdict.value
        seen.add(prop)
    yield from (
        verdict.value for prop, verdict in within.items() if prop not in seen and verdict.value is not None
    )


def _stands(item: Evidence) -> bool:
    return item.rank != "deprecated"
