"""The names of a record that is merged into another: what the other is called by from then on, and no more once undone."""

from collections.abc import Mapping
from typing import Any, Final

from app.errors import Fault, InvalidDocument
from app.records.base import Record
from app.records.parts import DatedName
from app.records.scalars import MAX_NAMES
from app.records.serialization import to_canonical_json
from app.records.validation.document import MAX_BYTES

_TOO_MANY: Final = (
    "With the names of both the record that stays would have more than it may: take some out of either first, or give "
    '"aliases": false, which leaves those of the other out.'
)


def with_names_of(target: Record, source: Record) -> Record:
    """Return a record with the names of another that it does not have, or itself where it has them all.

    The title and the aliases become aliases, labels become labels; one in a language in which the record has another
    label becomes one of its `names` in that language. `names` are taken as they are.

    Raises:
        InvalidDocument: the record would have more names than a record may.
    """
    known = _names(target)
    tags = {tag.lower(): label for tag, label in target.labels.items()}
    labels = {tag: label for tag, label in source.labels.items() if tag.lower() not in tags}
    known.update(labels.values())
    aliases = [name for name in dict.fromkeys((source.title, *source.aliases)) if name not in known]
    others = [
        DatedName(name=label, language=tag)
        for tag, label in source.labels.items()
        if tag not in labels and tags[tag.lower()] != label
    ]
    held = set(map(_identity, target.names))
    names = [one for one in (*others, *source.names) if _identity(one) not in held]
    changes: dict[str, Any] = {}
    if labels:
        changes["labels"] = {**target.labels, **labels}
    if aliases:
        changes["aliases"] = (*target.aliases, *aliases)
    if names:
        changes["names"] = (*target.names, *names)
    if not changes:
        return target
    named = target.changed(**changes)
    faults = [
        Fault("too_long", _TOO_MANY, "/aliases") for found in changes.values() if len(found) > MAX_NAMES
    ] or ([Fault("too_large", _TOO_MANY, "/aliases")] if len(to_canonical_json(named)) > MAX_BYTES else [])
    if faults:
        raise InvalidDocument("These records cannot be merged.", faults=faults[:1])
    return named


def without_absorbed_names(current: Record, merged: Record, before: Record) -> Record:
    """Return a record without what merging gave it, as far as it still has that, or itself.

    Args:
        current: the record as it is.
        merged: as the merge left it.
        before: as it was before the merge.
    """
    labels = {tag: label for tag, label in merged.labels.items() if tag not in before.labels}
    aliases = set(merged.aliases) - set(before.aliases)
    names = set(map(_identity, merged.names)) - set(map(_identity, before.names))
    kept: Mapping[str, Any] = {
        "labels": {tag: label for tag, label in current.labels.items() if labels.get(tag) != label},
        "aliases": tuple(one for one in current.aliases if one not in aliases),
        "names": tuple(one for one in current.names if _identity(one) not in names),
    }
    changes = {field: found for field, found in kept.items() if len(found) < len(getattr(current, field))}
    return current.changed(**changes) if changes else current


def _names(record: Record) -> set[str]:
    dated = (one.name for one in record.names)
    return {record.title, *record.labels.values(), *record.aliases, *dated}


def _identity(one: DatedName) -> tuple[str, str | None, str | None]:
    """Return what no two names of a record have in common (`unique_items`)."""
    return one.name, one.language, None if one.date is None else one.date.edtf
