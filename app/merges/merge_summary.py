"""A merge as lists show it, and how it is read: with the ids of its two records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Select, select

from app.database import tables
from app.database.lookup import COLLECTIONS
from app.merges.schemas import ListedMerge
from app.values.timestamps import rfc3339

_merge = tables.merge.c
SOURCE: Final = tables.record.alias("source")
"""The record that went."""

TARGET: Final = tables.record.alias("target")
"""The record that stays."""

WITH_RECORDS: Final = tables.merge.join(SOURCE, SOURCE.c.pk == _merge.source).join(
    TARGET, TARGET.c.pk == _merge.target
)
"""Merges and renamings with their records."""

SUMMARIES: Final[Select[Any]] = (
    select(_merge.pk, SOURCE.c.kind, SOURCE.c.id, TARGET.c.id, _merge.at, _merge.by, _merge.undone_at)
    .select_from(WITH_RECORDS)
    .where(SOURCE.c.state != tables.RENAMED)
)
"""Selects merges, and no renamings: what `MergeSummary` has but for its state, once `with_references` was called."""


@dataclass(frozen=True, slots=True)
class MergeSummary:
    """A merge: done, undone, or in progress either way; moments in microseconds since 1970."""

    pk: int
    source: str
    target: str
    at: int
    by: str
    undone_at: int | None
    is_running: bool

    @property
    def state(self) -> Literal["running", "done", "undone"]:
        """Its state: `running`, `done` or `undone`."""
        return "running" if self.is_running else "done" if self.undone_at is None else "undone"

    def to_dict(self) -> ListedMerge:
        """Return it as the API lists it."""
        members: ListedMerge = {
            "id": self.pk,
            "href": f"/v1/merges/{self.pk}",
            "from": self.source,
            "into": self.target,
            "at": rfc3339(self.at),
            "by": self.by,
            "state": self.state,
        }
        if self.undone_at is not None:
            members["undone_at"] = rfc3339(self.undone_at)
        return members


def with_references(row: Sequence[Any]) -> Sequence[Any]:
    """Return a row of `SUMMARIES` with two references in place of the kind and the two ids."""
    pk, kind, source_id, target_id, *rest = row
    return pk, f"{COLLECTIONS[kind]}/{source_id}", f"{COLLECTIONS[kind]}/{target_id}", *rest
