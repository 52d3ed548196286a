"""What a record was: its revisions, what changed between them, and how it stood at a moment.

Revisions are kept for good, as they were written; a document that is read from one is rendered by
today's rules, so that its derived members are there.
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, literal_column, select

from app.errors import Gone, NotFound
from app.records import RecordKind
from app.records.reading import read_stored
from app.records.writing import to_json
from app.store import tables
from app.store.reading import Reading
from app.store.statement import Statement
from app.values.moments import rfc3339
from app.verbs.finding import COLLECTIONS
from app.verbs.patching import difference as difference_of
from app.verbs.reading import MergedAway, unknown_record

_record, _revision = tables.record.c, tables.revision.c
_own = tables.record.alias("own")
_HEAD = (_revision.revision, _revision.at, _revision.by, _revision.action, _revision.comment)
_OF_ADDRESS = (
    _record.kind == bindparam("kind"),
    _record.id == bindparam("id"),
    _revision.record == _record.pk,
)

_OLDER = Statement(
    select(*_HEAD)
    .where(*_OF_ADDRESS, _revision.revision < bindparam("bound"))
    .order_by(_revision.revision.desc())
    .limit(bindparam("most"))
)
_NEWER = Statement(
    select(*_HEAD)
    .where(*_OF_ADDRESS, _revision.revision > bindparam("bound"))
    .order_by(_revision.revision)
    .limit(bindparam("most"))
)
_LAST = Statement(
    select(_record.revision).where(_record.kind == bindparam("kind"), _record.id == bindparam("id"))
)
_ONE = Statement(
    select(*_HEAD, _revision.document).where(*_OF_ADDRESS, _revision.revision == bindparam("revision"))
)
_AT = Statement(
    select(*_HEAD, _revision.document)
    .where(*_OF_ADDRESS, _revision.at <= bindparam("at"))
    .order_by(_revision.revision.desc())
    .limit(literal_column("1"))
)
_OF_KEY = Statement(
    select(*_HEAD, _revision.document).where(
        _revision.record == bindparam("record"), _revision.revision == bindparam("revision")
    )
)
_MERGES = Statement(
    select(_record.kind, _record.id)
    .join(tables.merge, tables.merge.c.target == _record.pk)
    .where(
        tables.merge.c.source.in_(
            select(_own.c.pk).where(_own.c.kind == bindparam("kind"), _own.c.id == bindparam("id"))
        ),
        tables.merge.c.at <= bindparam("at"),
    )
    .order_by(tables.merge.c.pk.desc())
    .limit(literal_column("1"))
)

NEVER: Final = 2**31 - 1
"""A bound past every revision."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One write of a record; `document` as it was written, None where it was deleted or merged away."""

    revision: int
    at: int
    by: str
    action: str
    comment: str | None
    document: str | None = None

    def told(self) -> dict[str, Any]:
        """Give it as the API tells of it."""
        told = {"revision": self.revision, "at": rfc3339(self.at), "by": self.by, "action": self.action}
        return told | ({"comment": self.comment} if self.comment else {})


def find_revision(tx: Connection, pk: int, revision: int) -> Revision | None:
    """Find a revision of a record given by its key."""
    row = _OF_KEY.first(tx, {"record": pk, "revision": revision})
    return None if row is None else Revision(*row)


async def list_revisions(
    db: Reading, kind: RecordKind, record_id: str, limit: int, *, before: int | None, after: int | None
) -> tuple[list[Revision], bool, bool]:
    """List revisions, the newest first: those before a number, or the nearest after one.

    Gives also whether there are older and newer ones. History outlives deletion and merging.

    Raises:
        NotFound: there never was such a record.
    """
    address = {"kind": kind.kind, "id": record_id}
    last = await db.fetch(_LAST, address)
    if not last:
        raise await unknown_record(db, kind, record_id)
    if after is not None and before is None:
        rows = await db.fetch(_NEWER, {**address, "bound": after, "most": limit})
        found = [Revision(*row) for row in reversed(rows)]
    else:
        bound = NEVER if before is None else before
        found = [Revision(*row) for row in await db.fetch(_OLDER, {**address, "bound": bound, "most": limit})]
    if not found:
        return [], after is not None, before is not None
    # A revision is a write, numbered from 1 without a gap; an import may begin later.
    older = await db.fetch(_OLDER, {**address, "bound": found[-1].revision, "most": 1})
    return found, bool(older), found[0].revision < last[0][0]


async def read_revision(db: Reading, kind: RecordKind, record_id: str, revision: int) -> bytes:
    """Give the document as it was in a revision.

    Raises:
        NotFound: there never was such a record, or no such revision of it.
        Gone: in this revision it was deleted, or merged into another.
    """
    return _document(kind, await _revision_of(db, kind, record_id, revision))


async def difference(db: Reading, kind: RecordKind, record_id: str, old: int, new: int) -> bytes:
    """Give what turns the document of one revision into that of another, as a JSON Patch (RFC 6902).

    Raises:
        NotFound: there never was such a record, or no such revision of it.
        Gone: in one of them it was deleted, or merged into another.
    """
    first = _document(kind, await _revision_of(db, kind, record_id, old))
    second = _document(kind, await _revision_of(db, kind, record_id, new))
    return await db.in_thread(lambda: orjson.dumps(difference_of(orjson.loads(first), orjson.loads(second))))


async def record_known_at(db: Reading, kind: RecordKind, record_id: str, at: int) -> tuple[bytes, int]:
    """Give a record as it stood at a moment (microseconds since 1970), and its revision then.

    Raises:
        NotFound: there never was such a record, or not yet.
        Gone: it was deleted at the time.
        MergedAway: it was merged into another by then.
    """
    address = {"kind": kind.kind, "id": record_id}
    rows = await db.fetch(_AT, {**address, "at": at})
    if not rows:
        first = await db.fetch(_NEWER, {**address, "bound": 0, "most": 1})
        if not first:
            raise await unknown_record(db, kind, record_id)
        raise NotFound(
            "This record was not known at that moment.",
            code="not_yet_known",
            extra={"known_since": rfc3339(first[0][1])},
        )
    found = Revision(*rows[0])
    if found.document is None and found.action == "merge":
        target = await db.fetch(_MERGES, {**address, "at": at})
        if target:
            raise MergedAway(f"{COLLECTIONS[target[0][0]]}/{target[0][1]}")
    return _document(kind, found), found.revision


async def _revision_of(db: Reading, kind: RecordKind, record_id: str, revision: int) -> Revision:
    address = {"kind": kind.kind, "id": record_id}
    rows = await db.fetch(_ONE, {**address, "revision": revision}) if 0 < revision <= NEVER else ()
    if rows:
        return Revision(*rows[0])
    last = await db.fetch(_LAST, address)
    if not last:
        raise await unknown_record(db, kind, record_id)
    raise NotFound(
        "There is no such revision of this record.", code="unknown_revision", extra={"last": last[0][0]}
    )


def _document(kind: RecordKind, found: Revision) -> bytes:
    if found.document is None:
        what = "merged into another" if found.action == "merge" else "deleted"
        raise Gone(
            f"With this revision the record was {what}; the one before has its last document.",
            extra={"revision": found.revision - 1, "at": rfc3339(found.at)},
        )
    return to_json(read_stored(kind, found.document))
