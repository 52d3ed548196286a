"""The one traversal that feeds every format: records in the order of a list, with what stands beside them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, case, null, select

from app.queries.listquery import ListQuery
from app.records import RecordKind, kind_named
from app.records.base import Record
from app.records.item import Item
from app.records.reading import read_stored
from app.records.scalars import COLLECTIONS
from app.store import tables
from app.store.engine import Database
from app.store.reading import Reading, Rows
from app.store.statement import AnyOf, Statement
from app.verbs.listing import Chunk, Page, first_chunk, list_page, next_chunk, project
from app.verbs.reading import RecordAnswer, read_record

_target = tables.record.alias("target")
_WHOLE: Final = ["place", "source"]
_QUICK: Final = 50
BESIDE = Statement(
    select(
        _target.c.kind,
        _target.c.id,
        _target.c.card,
        case((AnyOf.texts(_target.c.kind, "whole"), _target.c.document), else_=null()),
    ).where(
        _target.c.pk.in_(
            select(tables.reference.c.target).where(AnyOf.keys(tables.reference.c.record, "records"))
        ),
        AnyOf.texts(_target.c.kind, "kinds"),
    )
)
KEY = Statement(
    select(tables.record.c.pk).where(
        tables.record.c.kind == bindparam("kind"), tables.record.c.id == bindparam("id")
    )
)

_BESIDE_FIELDS: Final = frozenset(
    {
        "kind",
        "id",
        "href",
        "title",
        "type",
        "date",
        "geometry",
        "same_as",
        "authors",
        "url",
        "licence",
        "attribution",
    }
)


@dataclass(frozen=True, slots=True)
class View:
    """How much of records a format looks at.

    Attributes:
        fields: the only fields of documents that are wanted; none: all.
        beside: the kinds of linked records that are wanted.
    """

    fields: Sequence[str] = ()
    beside: Sequence[str] = ()


class Traversal:
    """A whole list in chunks, each read at a state of its own; nothing is held between one and the next."""

    def __init__(self, db: Database, query: ListQuery, view: View) -> None:
        """Go through what `query` asks for."""
        self._db = db
        self._query = query
        self._view = view
        self._version: str | None = None

    @property
    def version(self) -> str:
        """The version at which the first chunk was read; the others are of it, or of later ones."""
        if self._version is None:
            raise ValueError("nothing has been read yet")
        return self._version

    async def chunks(self) -> AsyncIterator[list[Item]]:
        """Give the items of the list.

        Raises:
            BadRequest: the query refers to nothing, or its cursor is of another list.
        """
        chunk, items = await self._db.answer(lambda reading: self._read(reading, None))
        self._version = chunk.version
        while True:
            if items:
                yield items
            if chunk.following is None:
                return
            chunk, items = await self._db.answer(partial(self._read, after=chunk), not_before=chunk.version)

    async def _read(self, reading: Reading, after: Chunk | None) -> tuple[Chunk, list[Item]]:
        if after is None:
            chunk = await first_chunk(reading, self._query)
        else:
            chunk = await next_chunk(reading, after)
        return chunk, await items_of(reading, chunk.rows, self._view)


async def list_items(db: Reading, query: ListQuery, view: View) -> tuple[list[Item], Page]:
    """Give the items of one page, and the page.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list.
    """
    page, rows = await list_page(db, query)
    return await items_of(db, rows, view), page


async def read_item(
    db: Reading, kind: RecordKind, record_id: str, view: View, *, source: int | None = None
) -> tuple[Item, RecordAnswer]:
    """Give one record as an item, and the answer that it is in JSON; raises what `read_record` does."""
    found = await read_record(db, kind, record_id, source=source)
    document = orjson.loads(found.body)
    del document["linked"]
    pk = (await db.fetch(KEY, {"kind": kind.kind, "id": record_id}))[0][0]
    items = await items_of(db, [(orjson.dumps(document).decode(), found.version, pk)], view)
    return items[0], found


async def items_of(db: Reading, rows: Rows, view: View) -> list[Item]:
    """Make items of rows (document, …, key of the record, …), as lists read them."""
    linked = await _beside(db, [row[2] for row in rows], view.beside) if view.beside else {}
    return [Item(_kind_of(row[0]), _chosen(row[0], view.fields), linked) for row in rows]


async def _beside(db: Reading, records: Sequence[int], kinds: Sequence[str]) -> Mapping[str, Record]:
    fetch = db.fetch if len(records) <= _QUICK else db.fetch_slow
    rows = await fetch(BESIDE, {"records": list(records), "kinds": list(kinds), "whole": _WHOLE})
    return {f"{COLLECTIONS[row[0]]}/{row[1]}": _linked(row) for row in rows}


def beside_within(
    connection: Connection, records: Sequence[int], kinds: Sequence[str]
) -> Mapping[str, Record]:
    """Give what stands beside records, by reference, as a transaction sees it."""
    rows = BESIDE.rows(connection, {"records": list(records), "kinds": list(kinds), "whole": _WHOLE})
    return {f"{COLLECTIONS[row[0]]}/{row[1]}": _linked(row) for row in rows}


def _linked(row: Sequence[Any]) -> Record:
    kind, _, card, document = row
    if document is not None:
        members = orjson.loads(document)
        card = orjson.dumps({name: value for name, value in members.items() if name in _BESIDE_FIELDS})
    return read_stored(kind_named(kind), card)


def _kind_of(document: str) -> RecordKind:
    # Every document begins {"kind":"…".
    return kind_named(document[9 : document.index('"', 9)])


def _chosen(document: str, fields: Sequence[str]) -> str:
    return project(document, fields) if fields else document
