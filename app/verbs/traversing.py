"""The one traversal that feeds every format: records in the order of a list, with what stands beside them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson
from sqlalchemy import Connection, bindparam, select

from app.queries.listquery import ListQuery
from app.records import RecordKind
from app.records.base import Record
from app.records.item import Item
from app.store import tables
from app.store.engine import Database
from app.store.reading import Reading, Rows
from app.store.statement import Statement
from app.verbs.beside import Question, beside, next_step
from app.verbs.chunks import Chunk, first_chunk, next_chunk
from app.verbs.documents import PORTION_BYTES, kind_of
from app.verbs.listing import Page, list_page, project
from app.verbs.reading import RecordAnswer, read_record

Ask = Callable[[Question], Awaitable[Rows]]

_QUICK: Final = 50
"""What stands beside so many records is asked in the event loop."""

KEY = Statement(
    select(tables.record.c.pk).where(
        tables.record.c.kind == bindparam("kind"), tables.record.c.id == bindparam("id")
    )
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
        chunk = await self._db.answer(partial(first_chunk, query=self._query))
        self._version = chunk.version
        while True:
            async for items in items_of(partial(self._ask, chunk), chunk.rows, self._view):
                yield items
            if chunk.following is None:
                return
            chunk = await self._db.answer(partial(next_chunk, chunk=chunk), not_before=chunk.version)

    async def _ask(self, chunk: Chunk, question: Question) -> Rows:
        """Read what stands beside a chunk: in its state, or a later one."""
        return await self._db.answer(
            lambda reading: reading.fetch_slow(question.statement, question.parameters),
            single=True,
            not_before=chunk.version,
        )


async def list_items(db: Reading, query: ListQuery, view: View) -> tuple[Page, AsyncIterator[list[Item]]]:
    """Give one page without its documents, and its items in chunks.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list.
    """
    page, rows = await list_page(db, query, PORTION_BYTES)
    return page, items_of(_asking(db, rows), rows, view)


async def read_item(
    db: Reading, kind: RecordKind, record_id: str, view: View, *, source: int | None = None
) -> tuple[Item, RecordAnswer]:
    """Give one record as an item, and the answer that it is in JSON; raises what `read_record` does."""
    found = await read_record(db, kind, record_id, source=source)
    document = orjson.loads(found.body)
    del document["linked"]
    pk = (await db.fetch(KEY, {"kind": kind.kind, "id": record_id}))[0][0]
    rows = [(orjson.dumps(document).decode(), found.version, pk)]
    [items] = [items async for items in items_of(_asking(db, rows), rows, view)]
    return items[0], found


def _asking(reading: Reading, rows: Rows) -> Ask:
    """Give what asks a reading for that which stands beside rows."""
    fetch = reading.fetch if len(rows) <= _QUICK else reading.fetch_slow
    return lambda question: fetch(question.statement, question.parameters)


async def items_of(ask: Ask, rows: Rows, view: View) -> AsyncIterator[list[Item]]:
    """Make items of rows (document, …, key of the record, …), as lists read them, a few at a time."""
    steps = beside(rows, view.beside)
    answer: Rows | None = None
    while (step := next_step(steps, answer)) is not None:
        if isinstance(step, Question):
            answer = await ask(step)
        else:
            answer = None
            yield [_item(row[0], view, step.linked) for row in step.rows]


def items_within(connection: Connection, rows: Rows, view: View) -> Iterator[list[Item]]:
    """Do what `items_of` does, as a transaction sees it."""
    steps = beside(rows, view.beside)
    answer: Rows | None = None
    while (step := next_step(steps, answer)) is not None:
        if isinstance(step, Question):
            answer = step.statement.rows(connection, step.parameters)
        else:
            answer = None
            yield [_item(row[0], view, step.linked) for row in step.rows]


def _item(document: str, view: View, linked: Mapping[str, Record]) -> Item:
    return Item(kind_of(document), project(document, view.fields) if view.fields else document, linked)
