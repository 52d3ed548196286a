"""The history of a record for its page: who wrote it, when and why, and what was changed, field by field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.database.engine.read_snapshot import ReadConnection
from app.errors import Gone, NotFound
from app.explorer.record_pages.value_words import field_in_words, in_words
from app.history.schemas import RevisionSummary
from app.history.service import difference, list_revisions
from app.records.kinds import RecordKind

_PER_PAGE: Final = 20
_COMPARED: Final = 3
"""Revisions whose changes are shown with the list; those of others are on their own pages."""

_QUICK_BYTES: Final = 2**16
"""Documents up to this size are compared while the page is made; of larger ones, only that of the page of a revision."""

_MOST_CHANGES: Final = 100
_SET_BY_SERVER: Final = frozenset({"revision", "updated_at", "created_at", "href", "id", "kind"})
_DERIVED: Final = frozenset({"start", "end", "qualified", "label"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a field: where, and in words what stood there and what stands there now; None: nothing."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a revision changed, and how many changes are left out."""

    entries: Sequence[Change]
    more: int


@dataclass(frozen=True, slots=True)
class History:
    """Revisions, the newest first, what some of them changed, and where older ones begin."""

    revisions: Sequence[RevisionSummary]
    changes: Mapping[int, Changes]
    older: int | None
    newer: bool


async def read_history(
    db: ReadConnection, kind: RecordKind, record_id: str, *, before: int | None, size: int
) -> History:
    """Read a page of the revisions of a record whose document has `size` bytes, and what the newest of them changed.

    Raises:
        NotFound: there never was such a record.
        MergedInto: it was renamed.
    """
    found, older, newer = await list_revisions(db, kind, record_id, _PER_PAGE, before=before, after=None)
    compared = found[:_COMPARED] if size <= _QUICK_BYTES else []
    changes = {
        one["revision"]: told
        for one in compared
        if (told := await changes_of(db, kind, record_id, one["revision"])) is not None
    }
    return History(found, changes, found[-1]["revision"] if found and older else None, newer)


async def changes_of(db: ReadConnection, kind: RecordKind, record_id: str, revision: int) -> Changes | None:
    """Return what a revision changed; None where there is no document before it to compare."""
    if revision == 1:
        return None
    try:
        patch = await difference(db, kind, record_id, revision - 1, revision, old_values=True)
    except (Gone, NotFound):
        return None
    told = list(_changes(orjson.loads(patch)))
    return Changes(told[:_MOST_CHANGES], max(0, len(told) - _MOST_CHANGES))


def _changes(operations: Iterable[Mapping[str, Any]]) -> Iterable[Change]:
    for one in operations:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in one["path"].split("/")[1:]]
        if (
            not steps
            or (len(steps) == 1 and steps[0] in _SET_BY_SERVER)
            or not _DERIVED.isdisjoint(steps[1:])
        ):
            continue
        old = in_words(one["old"]) if "old" in one else None
        if one["op"] == "move":
            old = f"at {_path(one['from'].split('/')[1:])}"
        new = in_words(one["value"]) if "value" in one else "moved here" if one["op"] == "move" else None
        yield Change(_path(steps), old, new)


def _path(steps: Sequence[str]) -> str:
    """Return a path in words: the third place is `places 3`."""
    words = [
        str(int(step) + 1) if step.isdecimal() else "at the end" if step == "-" else field_in_words(step)
        for step in steps
    ]
    return " ".join(words)
