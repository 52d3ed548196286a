"""Revisions of records, and who made them and why."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from app.database import tables
from app.database.engine.branches import HAS_FORKED, HAS_FORKED_ON_SQLITE
from app.database.engine.statement import CompiledStatement
from app.errors import Gone
from app.records.kinds import RecordKind
from app.records.serialization import to_canonical_json
from app.records.validation.document import load_stored
from app.values.text_selectors import SelectorMatches
from app.values.timestamps import rfc3339

Action = Literal["create", "update", "delete", "restore", "revert", "merge", "unmerge", "rename"]
_record, _revision = tables.record.c, tables.revision.c
REVISION_COLUMNS = (_revision.revision, _revision.at, _revision.by, _revision.action, _revision.comment)

REVISION_OF_ADDRESS = (
    _record.kind == bindparam("kind"),
    _record.id == bindparam("id"),
    # What an old id leaves has no history: that is the renamed record's.
    _record.state != literal_column(str(tables.RENAMED)),
    _revision.record == _record.pk,
)

NEWER_REVISION = CompiledStatement(
    select(*REVISION_COLUMNS)
    .where(*REVISION_OF_ADDRESS, _revision.revision > bindparam("bound"))
    .order_by(_revision.revision)
    .limit(bindparam("most"))
)

_OF_KEY = CompiledStatement(
    select(*REVISION_COLUMNS, _revision.document).where(
        _revision.record == bindparam("record"), _revision.revision == bindparam("revision")
    )
)


def _is_in_every_branch(has_forked: ColumnElement[bool]) -> Select[Any]:
    """Select a row where a history has never forked, or had a revision before it first did."""
    first_fork = select(func.min(tables.branch.c.last_common)).scalar_subquery()
    # The change is not there yet where the revision was written in this transaction: that is after every fork.
    is_common = exists().where(
        tables.change.c.record == bindparam("record"),
        tables.change.c.revision == bindparam("revision"),
        tables.change.c.seq <= func.coalesce(first_fork, tables.database.c.version),
    )
    return select(tables.database.c.one).where(or_(not_(has_forked), is_common))


_IS_IN_EVERY_BRANCH = CompiledStatement(
    _is_in_every_branch(HAS_FORKED), on_sqlite=_is_in_every_branch(HAS_FORKED_ON_SQLITE)
)

MAX_REVISION: Final = 2**31 - 1
"""A number greater than any revision."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One write of a record; `document` as it was written, None where it was deleted or merged away."""

    revision: int
    at: int
    by: str
    action: Action
    comment: str | None
    document: str | None = None


def find_revision(tx: Connection, pk: int, revision: int) -> Revision | None:
    """Find a revision of a record given by its key."""
    row = _OF_KEY.first(tx, {"record": pk, "revision": revision})
    return None if row is None else Revision(*row)


def has_unique_number(tx: Connection, pk: int, revision: int) -> bool:
    """Return whether the number of a revision stands for it alone.

    In a history that was lost another may have had it, where this one was written after the history had first forked.
    """
    return bool(_IS_IN_EVERY_BRANCH.rows(tx, {"record": pk, "revision": revision}))


def revision_json(kind: RecordKind, found: Revision) -> bytes:
    """Return the document of a revision as JSON; raises `Gone` where it has none."""
    if found.document is None:
        what = "merged into another" if found.action == "merge" else "deleted"
        raise Gone(
            f"With this revision the record was {what}; the one before has its last document.",
            extra={"revision": found.revision - 1, "at": rfc3339(found.at)},
        )
    return to_canonical_json(load_stored(kind, found.document))


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who writes, and why."""

    by: str
    comment: str | None = None
    vocabulary: int | None = None
    """The version of the vocabulary that the documents were validated with, where that can have changed since."""
    findings: SelectorMatches | None = None
    """Matches of selectors in attached texts, found before the transaction began."""
    import_: int | None = None
    """The key of the import that writes."""
    merge: int | None = None
    """The key of the merge that writes, or that is undone."""
