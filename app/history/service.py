"""The history of a record: its revisions, and the differences between them.

Revisions are kept for good, as they were written; a document that is read from one is rendered by today's
rules, so that its derived members are there.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import and_, bindparam, literal_column, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.lookup import follow_renaming
from app.database.near_ids import record_not_found
from app.database.revisions import (
    MAX_REVISION,
    REVISION_COLUMNS,
    REVISION_OF_ADDRESS,
    Revision,
    revision_json,
)
from app.errors import NotFound
from app.history.old_values import with_old_values
from app.history.schemas import RevisionImport, RevisionSummary
from app.records.kinds import RecordKind
from app.values.json_patch import difference as difference_of
from app.values.timestamps import rfc3339

_record, _revision, _import = tables.record.c, tables.revision.c, tables.import_.c
_change = tables.change.c

_SUMMARIES = (
    select(
        *REVISION_COLUMNS,
        _revision.merge,
        _import.pk,
        _import.comment.label("why"),
        _import.files,
        _change.fields,
    )
    .select_from(
        tables.record.join(tables.revision, _revision.record == _record.pk)
        .outerjoin(tables.import_, _import.pk == _revision.import_)
        .outerjoin(
            tables.change,
            and_(_change.record == _revision.record, _change.revision == _revision.revision),
        )
    )
    .where(*REVISION_OF_ADDRESS)
)

_NEWER = CompiledStatement(
    _SUMMARIES.where(_revision.revision > bindparam("bound"))
    .order_by(_revision.revision)
    .limit(bindparam("most"))
)

_OLDER = CompiledStatement(
    _SUMMARIES.where(_revision.revision < bindparam("bound"))
    .order_by(_revision.revision.desc())
    .limit(bindparam("most"))
)

_LAST = CompiledStatement(
    select(_record.revision).where(
        _record.kind == bindparam("kind"),
        _record.id == bindparam("id"),
        _record.state != literal_column(str(tables.RENAMED)),
    )
)

_ONE = CompiledStatement(
    select(*REVISION_COLUMNS, _revision.document).where(
        *REVISION_OF_ADDRESS, _revision.revision == bindparam("revision")
    )
)


async def list_revisions(
    db: ReadConnection, kind: RecordKind, record_id: str, limit: int, *, before: int | None, after: int | None
) -> tuple[list[RevisionSummary], bool, bool]:
    """List revisions, the newest first: those before a number, or the nearest after one.

    Returns also whether there are older and newer ones. History outlives deletion and merging.

    Raises:
        NotFound: there never was such a record.
        MergedInto: it was renamed, and has its history at the other address.
    """
    address = {"kind": kind.kind, "id": record_id}
    last = await db.fetch(_LAST, address)
    if not last:
        raise await _elsewhere(db, kind, record_id)
    if after is not None and before is None:
        rows = await db.fetch(_NEWER, {**address, "bound": after, "most": limit})
        found = [_summary(row) for row in reversed(rows)]
    else:
        bound = MAX_REVISION if before is None else before
        found = [_summary(row) for row in await db.fetch(_OLDER, {**address, "bound": bound, "most": limit})]
    if not found:
        return [], after is not None, before is not None
    # Revisions are numbered from 1 without a gap; an imported record may begin later.
    older = await db.fetch(_OLDER, {**address, "bound": found[-1]["revision"], "most": 1})
    return found, bool(older), found[0]["revision"] < last[0][0]


def _summary(row: Sequence[Any]) -> RevisionSummary:
    *written, merge, pk, why, files, fields = row
    revision = Revision(*written)
    summary = RevisionSummary(
        revision=revision.revision, at=rfc3339(revision.at), by=revision.by, action=revision.action
    )
    if revision.comment:
        summary["comment"] = revision.comment
    if merge is not None:
        summary["merge"] = merge
    if pk is not None:
        summary["import"] = RevisionImport(id=pk, files=orjson.loads(files))
        if why:
            summary["import"]["comment"] = why
    if fields is not None:
        summary["fields"] = orjson.loads(fields)
    return summary


async def read_revision(db: ReadConnection, kind: RecordKind, record_id: str, revision: int) -> bytes:
    """Return the document as it was in a revision.

    Raises:
        NotFound: there never was such a record, or no such revision of it.
        Gone: in this revision it was deleted, or merged into another.
        MergedInto: as `list_revisions`.
    """
    return revision_json(kind, await _revision_of(db, kind, record_id, revision))


async def difference(
    db: ReadConnection, kind: RecordKind, record_id: str, old: int, new: int, *, old_values: bool
) -> bytes:
    """Return the JSON Patch (RFC 6902) between the documents of two revisions; with `old_values` those beside new ones.

    Raises:
        NotFound: there never was such a record, or no such revision of it.
        Gone: in one of them it was deleted, or merged into another.
        MergedInto: as `list_revisions`.
    """
    first = revision_json(kind, await _revision_of(db, kind, record_id, old))
    second = revision_json(kind, await _revision_of(db, kind, record_id, new))

    def compare() -> bytes:
        before, after = orjson.loads(first), orjson.loads(second)
        operations = difference_of(before, after)
        return orjson.dumps(with_old_values(before, operations) if old_values else operations)

    return await db.in_thread(compare)


async def _revision_of(db: ReadConnection, kind: RecordKind, record_id: str, revision: int) -> Revision:
    address = {"kind": kind.kind, "id": record_id}
    rows = await db.fetch(_ONE, {**address, "revision": revision}) if 0 < revision <= MAX_REVISION else ()
    if rows:
        return Revision(*rows[0])
    last = await db.fetch(_LAST, address)
    if not last:
        raise await _elsewhere(db, kind, record_id)
    raise NotFound(
        "There is no such revision of this record.", code="unknown_revision", extra={"last": last[0][0]}
    )


async def _elsewhere(db: ReadConnection, kind: RecordKind, record_id: str) -> NotFound:
    """Return the error for an address with no history; raises `MergedInto` where the record was renamed."""
    await follow_renaming(db, kind, record_id)
    return await record_not_found(db, kind, record_id)
