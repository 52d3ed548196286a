"""Items for every format: records in the order of a list, with the records that they refer to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final

import orjson
from sqlalchemy import Connection, bindparam, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.engine.statement import CompiledStatement
from app.formats.format import FormatItem, Projection
from app.reading.chosen_names import AS_WRITTEN, NameChoice
from app.reading.documents import kind_of
from app.reading.related_items import RelatedQuery, next_step, related_items
from app.reading.service import RecordAnswer, read_record
from app.records.base import Record
from app.records.kinds import RecordKind
from app.records.scalars import CHOSEN_TITLE

Ask = Callable[[RelatedQuery], Awaitable[Rows]]

_QUICK: Final = 50
"""Related items of at most this many records are queried in the event loop."""

KEY = CompiledStatement(
    select(tables.record.c.pk).where(
        tables.record.c.kind == bindparam("kind"), tables.record.c.id == bindparam("id")
    )
)


async def read_item(
    db: ReadConnection,
    kind: RecordKind,
    record_id: str,
    view: Projection,
    *,
    source: int | None = None,
    names: NameChoice = AS_WRITTEN,
) -> tuple[FormatItem, RecordAnswer]:
    """Return one record as an item, and its response in JSON; raises what `read_record` does.

    `names` chooses what the item, and what it refers to, is shown with.
    """
    found = await read_record(db, kind, record_id, source=source)
    document = orjson.loads(found.body)
    del document["linked"]
    pk = (await db.fetch(KEY, {"kind": kind.kind, "id": record_id}))[0][0]
    rows = [(orjson.dumps(document).decode(), found.version, pk)]
    [items] = [items async for items in items_of(related_query_runner(db, rows), rows, view, names)]
    return items[0], found


def related_query_runner(reading: ReadConnection, rows: Rows) -> Ask:
    """Return a function that runs the queries of related items in a read."""
    fetch = reading.fetch if len(rows) <= _QUICK else reading.fetch_slow
    return lambda question: fetch(question.statement, question.parameters)


async def items_of(
    ask: Ask, rows: Rows, view: Projection, names: NameChoice = AS_WRITTEN
) -> AsyncIterator[list[FormatItem]]:
    """Make items of rows (document, …, key of the record, …), as lists read them, a few at a time.

    `names` chooses what they, and what they refer to, are shown with.
    """
    steps = related_items(rows, view.beside, names)
    answer: Rows | None = None
    while (step := next_step(steps, answer)) is not None:
        if isinstance(step, RelatedQuery):
            answer = await ask(step)
        else:
            answer = None
            yield [_item(row[0], view, step.linked, names) for row in step.rows]


def items_within(connection: Connection, rows: Rows, view: Projection) -> Iterator[list[FormatItem]]:
    """Make items as `items_of` does, in a transaction."""
    steps = related_items(rows, view.beside)
    answer: Rows | None = None
    while (step := next_step(steps, answer)) is not None:
        if isinstance(step, RelatedQuery):
            answer = step.statement.rows(connection, step.parameters)
        else:
            answer = None
            yield [_item(row[0], view, step.linked) for row in step.rows]


def _item(
    document: str, view: Projection, linked: Mapping[str, Record], names: NameChoice = AS_WRITTEN
) -> FormatItem:
    named = names.stored(document) if names else document
    shown = project(named, view.fields) if view.fields else named
    return FormatItem(kind_of(document), shown, linked, is_named=named is not document)


def project(document: str, fields: Sequence[str]) -> str:
    """Keep some fields of a document; kind, id and href always stay."""
    kept = {"kind", "id", "href", *fields, *(CHOSEN_TITLE if "title" in fields else ())}
    return orjson.dumps(
        {name: value for name, value in orjson.loads(document).items() if name in kept}
    ).decode()
