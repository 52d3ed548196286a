"""Reading one record: the stored bytes, and the cards of what it refers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, literal_column, select, union_all

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.lookup import COLLECTIONS, end_of_merges, follow_renaming
from app.database.near_ids import record_not_found
from app.database.revisions import (
    NEWER_REVISION,
    REVISION_COLUMNS,
    REVISION_OF_ADDRESS,
    Revision,
    revision_json,
)
from app.errors import Gone, MergedInto, NotFound
from app.reading.cards import CARDS_IN_VIEW, join_cards, linked_in_view, names_of_linked
from app.reading.chosen_names import AS_WRITTEN, NameChoice
from app.reading.incoming_links import incoming_links
from app.records.kinds import RecordKind
from app.records.scalars import CHOSEN_TITLE
from app.values.entity_tag import record_tag
from app.values.timestamps import rfc3339

record = tables.record.c
reference = tables.reference.c
_target = tables.record.alias("target")

READ = CompiledStatement(
    union_all(
        select(
            literal_column("0").label("part"),
            record.kind,
            record.id,
            record.state,
            record.revision,
            record.document,
            record.pk,
            record.merged_into,
            select(tables.database.c.version_tag).scalar_subquery().label("version"),
            record.updated_at,
        ).where(record.kind == bindparam("kind"), record.id == bindparam("id")),
        select(
            literal_column("1"),
            _target.c.kind,
            _target.c.id,
            _target.c.state,
            _target.c.revision,
            _target.c.card,
            _target.c.pk,
            _target.c.merged_into,
            literal_column("''"),
            literal_column("0"),
        )
        .select_from(
            tables.record.join(tables.reference, reference.record == record.pk).join(
                _target, _target.c.pk == reference.target
            )
        )
        .where(record.kind == bindparam("kind"), record.id == bindparam("id")),
    )
)

card_of_row: Final = itemgetter(1, 2, 5)
"""Gives the kind, the id and the card of a row of `READ`, for `join_cards`."""

ALL: Final = 2**62
"""A limit greater than any number of cards."""

VIEW_OF = CompiledStatement(
    select(tables.entry.c.document, tables.entry.c.pk).where(
        tables.entry.c.record == bindparam("record"), tables.entry.c.view == bindparam("view")
    )
)

_record, _revision = tables.record.c, tables.revision.c
_own = tables.record.alias("own")

_AT = CompiledStatement(
    select(*REVISION_COLUMNS, _revision.document)
    .where(*REVISION_OF_ADDRESS, _revision.at <= bindparam("at"))
    .order_by(_revision.revision.desc())
    .limit(literal_column("1"))
)

_MERGES = CompiledStatement(
    select(_record.kind, _record.id, tables.merge.c.pk)
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


_MERGE_OF = CompiledStatement(
    select(tables.merge.c.pk)
    .where(tables.merge.c.source == bindparam("pk"), tables.merge.c.undone_at.is_(None))
    .order_by(tables.merge.c.pk.desc())
    .limit(literal_column("1"))
)


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """A record as it is sent: its bytes, and their strong entity tag."""

    body: bytes
    etag: str
    revision: int
    updated_at: int
    version: str


async def read_record(
    db: ReadConnection,
    kind: RecordKind,
    record_id: str,
    *,
    source: int | None = None,
    incoming: bool = False,
    fields: Sequence[str] = (),
    names: NameChoice = AS_WRITTEN,
) -> RecordAnswer:
    """Read a record with its `linked` sidecar.

    `source` is the key of the source whose view of the record is wanted; `incoming` adds what refers to it;
    `fields` keeps some; `names` chooses what it, and what it refers to, is shown with.

    Raises:
        NotFound: there never was such a record, or the source says nothing of it.
        Gone: it was deleted.
        MergedInto: it was merged into another.
    """
    first, *cards = await find_live(db, kind, record_id)
    _, _, _, _, revision, document, pk, _, version, updated_at = first
    chosen = await names_of_linked(db, [pk], tables.CANONICAL_VIEW if source is None else source, names)
    if source is None:
        linked = join_cards(map(card_of_row, cards), chosen)
    else:
        document = await _view_of(db, pk, source)
        seen = await db.fetch(CARDS_IN_VIEW, {"records": [pk], "view": source, "most": ALL})
        linked = linked_in_view(seen, [document], chosen)
    document = names.stored(document)
    body = b"".join((document[:-1].encode(), b',"linked":{', linked, b"}}"))
    if fields:
        body = _with_fields(body, fields)
    if incoming:
        more = await incoming_links(db, pk, tables.CANONICAL_VIEW if source is None else source, names)
        body = orjson.dumps(orjson.loads(body) | more)
    return RecordAnswer(body, record_tag(revision, updated_at, body), revision, updated_at, version)


async def find_live(db: ReadConnection, kind: RecordKind, record_id: str) -> list[Sequence[Any]]:
    """Return the rows of `READ` for a live record: its own, then the cards of what it refers to.

    Raises:
        NotFound: there never was such a record.
        Gone: it was deleted.
        MergedInto: it was merged into another, or renamed.
    """
    rows: list[Sequence[Any]] = sorted(await db.fetch(READ, {"kind": kind.kind, "id": record_id}), key=_part)
    if not rows:
        raise await record_not_found(db, kind, record_id)
    db.note_version(rows[0][8])
    _, _, _, state, revision, _, pk, merged_into, *_ = rows[0]
    if state == tables.DELETED:
        raise Gone(
            "This record was deleted; its last revision can still be read.",
            extra={
                "revision": revision - 1,
                "href": f"/v1/{kind.collection}/{record_id}/revisions/{revision - 1}",
            },
        )
    if state in tables.MOVED:
        merge = await db.fetch(_MERGE_OF, {"pk": pk}) if state == tables.MERGED else ()
        raise MergedInto((await end_of_merges(db, merged_into))[1], merge[0][0] if merge else None)
    return rows


def _part(row: Sequence[Any]) -> tuple[int, int, str]:
    """Sort the record itself first, then its targets by key: the same bytes for the same record."""
    return row[0], row[1], row[2]


async def _view_of(db: ReadConnection, pk: int, source: int) -> str:
    """Return the document of a record as a source has it."""
    rows = await db.fetch(VIEW_OF, {"record": pk, "view": source})
    if not rows:
        raise NotFound("This source says nothing of this record.", code="source_is_silent")
    document: str = rows[0][0]
    return document


def _with_fields(body: bytes, fields: Sequence[str]) -> bytes:
    kept = {"kind", "id", "href", "linked", *fields, *(CHOSEN_TITLE if "title" in fields else ())}
    return orjson.dumps({name: value for name, value in orjson.loads(body).items() if name in kept})


async def record_known_at(db: ReadConnection, kind: RecordKind, record_id: str, at: int) -> tuple[bytes, int]:
    """Return a record as of a moment (microseconds since 1970), and its revision then.

    Raises:
        NotFound: there never was such a record, or not yet.
        Gone: it was deleted at the time.
        MergedInto: it was merged into another by then, or renamed, now.
    """
    address = {"kind": kind.kind, "id": record_id}
    rows = await db.fetch(_AT, {**address, "at": at})
    if not rows:
        first = await db.fetch(NEWER_REVISION, {**address, "bound": 0, "most": 1})
        if not first:
            await follow_renaming(db, kind, record_id)
            raise await record_not_found(db, kind, record_id)
        raise NotFound(
            "This record was not known at that moment.",
            code="not_yet_known",
            extra={"known_since": rfc3339(first[0][1])},
        )
    found = Revision(*rows[0])
    if found.document is None and found.action == "merge":
        target = await db.fetch(_MERGES, {**address, "at": at})
        if target:
            raise MergedInto(f"{COLLECTIONS[target[0][0]]}/{target[0][1]}", target[0][2])
    return revision_json(kind, found), found.revision
