"""Reading one record: the stored bytes, with what its references lead to beside them."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, bindparam, literal_column, select, union_all

from app.errors import Gone, NotFound
from app.records import RecordKind
from app.store import tables
from app.store.cards import CardMembers
from app.store.reading import Reading
from app.store.statement import AnyOf, Statement
from app.verbs.finding import COLLECTIONS, NEIGHBOURS, neighbour_ranges, rank_neighbours
from app.verbs.linking import card_in_view
from app.verbs.referrers import referrers_of

_REFERENCE: Final = re.compile(rf'"((?:{"|".join(COLLECTIONS.values())})/[a-z0-9-]+)"')

record = tables.record.c
reference = tables.reference.c
_target = tables.record.alias("target")

READ = Statement(
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
        )
        .select_from(
            tables.record.join(tables.reference, reference.record == record.pk).join(
                _target, _target.c.pk == reference.target
            )
        )
        .where(record.kind == bindparam("kind"), record.id == bindparam("id")),
    )
)
REFERENCE = Statement(select(record.kind, record.id, record.merged_into).where(record.pk == bindparam("pk")))
CARDS_OF = Statement(
    select(_target.c.kind, _target.c.id, _target.c.card)
    .where(_target.c.pk.in_(select(reference.target).where(AnyOf.keys(reference.record, "records"))))
    .order_by(_target.c.kind, _target.c.id)
    .limit(bindparam("most", type_=BigInteger()))
)
ALL: Final = 2**62
"""As many cards as there may be."""

_view = tables.entry.alias("seen")
_seen = _view.c
CARDS_IN_VIEW = Statement(
    select(_target.c.kind, _target.c.id, _target.c.card, CardMembers(_seen.document))
    .select_from(_target.outerjoin(_view, (_seen.record == _target.c.pk) & (_seen.view == bindparam("view"))))
    .where(_target.c.pk.in_(select(reference.target).where(AnyOf.keys(reference.record, "records"))))
    .order_by(_target.c.kind, _target.c.id)
    .limit(bindparam("most", type_=BigInteger()))
)
VIEW_OF = Statement(
    select(tables.entry.c.document, tables.entry.c.pk).where(
        tables.entry.c.record == bindparam("record"), tables.entry.c.view == bindparam("view")
    )
)


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """A record as it is answered: its bytes, and the strong entity tag that they have."""

    body: bytes
    etag: str
    revision: int
    version: str


class MergedAway(Exception):
    """The record was merged into another; a reader is sent there."""

    def __init__(self, target: str) -> None:
        """Name the record it was merged into."""
        super().__init__(target)
        self.target = target


def entity_tag(revision: int, body: bytes) -> str:
    """Give the strong entity tag of a representation: the revision, and a digest of its bytes."""
    return f'"{revision}-{hashlib.blake2b(body, digest_size=6).hexdigest()}"'


async def read_record(
    db: Reading,
    kind: RecordKind,
    record_id: str,
    *,
    source: int | None = None,
    incoming: bool = False,
    fields: Sequence[str] = (),
) -> RecordAnswer:
    """Read a record with its `linked` sidecar.

    `source` is the key of the source whose reading of the record is wanted; `incoming` adds who refers to it; `fields` keeps some.

    Raises:
        NotFound: there never was such a record, or the source says nothing of it.
        Gone: it was deleted.
        MergedAway: it was merged into another.
    """
    first, *cards = await find_live(db, kind, record_id)
    _, _, _, _, revision, document, pk, _, version = first
    if source is None:
        linked = join_cards(cards)
    else:
        document = await _view_of(db, pk, source)
        seen = await db.fetch(CARDS_IN_VIEW, {"records": [pk], "view": source, "most": ALL})
        linked = linked_in_view(seen, [document])
    body = b"".join((document[:-1].encode(), b',"linked":{', linked, b"}}"))
    if incoming or fields:
        body = await _with_more(db, body, pk, source, incoming=incoming, fields=fields)
    return RecordAnswer(body, entity_tag(revision, body), revision, version)


async def find_live(db: Reading, kind: RecordKind, record_id: str) -> list[Sequence[Any]]:
    """Give the rows of `READ` for a live record: its own, then the cards of what it refers to.

    Raises:
        NotFound: there never was such a record.
        Gone: it was deleted.
        MergedAway: it was merged into another.
    """
    rows: list[Sequence[Any]] = sorted(await db.fetch(READ, {"kind": kind.kind, "id": record_id}), key=_part)
    if not rows:
        raise await unknown_record(db, kind, record_id)
    _, _, _, state, revision, _, _, merged_into, _ = rows[0]
    if state == tables.DELETED:
        raise Gone(
            "This record was deleted; its last revision can still be read.",
            extra={
                "revision": revision - 1,
                "href": f"/v1/{kind.collection}/{record_id}/revisions/{revision - 1}",
            },
        )
    if state == tables.MERGED:
        raise MergedAway(await _end_of_merges(db, merged_into))
    return rows


def join_cards(cards: Iterable[Sequence[Any]]) -> bytes:
    """Join rows (…, kind, id, …, card, …) of targets into the members of `linked`."""
    return ",".join(f'"{COLLECTIONS[row[1]]}/{row[2]}":{row[5]}' for row in cards).encode()


def _part(row: Sequence[Any]) -> tuple[int, int, str]:
    """Sort the record itself first, then its targets by key: the same bytes for the same record."""
    return row[0], row[1], row[2]


async def unknown_record(db: Reading, kind: RecordKind, record_id: str) -> NotFound:
    """Make the error for a record that never was, with ids that are near."""
    near: set[str] = set()
    for parameters in neighbour_ranges(kind, record_id):
        near.update(row[0] for row in await db.fetch(NEIGHBOURS, parameters))
    refs = rank_neighbours(kind, record_id, near)
    return NotFound(
        f"There is no such {kind.kind}." + (" Near matches are listed." if refs else ""),
        extra={"near": [{"ref": ref, "href": f"/v1/{ref}"} for ref in refs]} if refs else None,
    )


async def _end_of_merges(db: Reading, pk: int) -> str:
    """Follow a merged record to the live one it ended in."""
    while True:
        kind, record_id, merged_into = (await db.fetch(REFERENCE, {"pk": pk}))[0]
        if merged_into is None:
            return f"{COLLECTIONS[kind]}/{record_id}"
        pk = merged_into


async def _view_of(db: Reading, pk: int, source: int) -> str:
    """Give the document of a record as a source has it."""
    rows = await db.fetch(VIEW_OF, {"record": pk, "view": source})
    if not rows:
        raise NotFound("This source says nothing of this record.", code="source_is_silent")
    document: str = rows[0][0]
    return document


def linked_in_view(cards: Iterable[Sequence[Any]], documents: Iterable[str]) -> bytes:
    """Give the members of `linked` for documents as a source has them: what they lead to, as it has that.

    `cards` are the rows of `CARDS_IN_VIEW`.
    """
    mentioned = {ref for document in documents for ref in _REFERENCE.findall(document)}
    return ",".join(
        f'"{ref}":{card_in_view(card, document)}'
        for kind, record_id, card, document in cards
        if (ref := f"{COLLECTIONS[kind]}/{record_id}") in mentioned
    ).encode()


async def _with_more(
    db: Reading, body: bytes, pk: int, source: int | None, *, incoming: bool, fields: Sequence[str]
) -> bytes:
    document = orjson.loads(body)
    if fields:
        kept = {"kind", "id", "href", "linked", *fields}
        document = {name: value for name, value in document.items() if name in kept}
    if incoming:
        document |= await referrers_of(db, pk, tables.OWN_VIEW if source is None else source)
    return orjson.dumps(document)
