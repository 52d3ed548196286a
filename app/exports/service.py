"""Whole data sets out: everything there is, from one snapshot of the database, in an order that can be imported.

First the terms that were added here, then the records kind by kind, targets of references before what
refers to them, each kind by id. That order depends on nothing but the records themselves: importing an
export and exporting again gives the same bytes.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, aclosing, closing, suppress
from itertools import repeat
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, null, select

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.driver_errors import ReplicaFailed
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.engine.statement import CompiledStatement
from app.database.engine.tasks import start_task
from app.formats.format import FormatItem, Projection
from app.reading.documents import PORTION_BYTES
from app.reading.format_items import items_within
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.vocabulary import SCHEMES, TERM_KIND
from app.values.portions import portions

CHUNK: Final = 1000

FIRST_CHUNK: Final = 50
"""Records read at a time, and for the first chunk, so that the first byte comes at once; fewer where they are large."""

_record, _term = tables.record.c, tables.term.c

_OF_KIND: Final = select(_record.document, null(), _record.pk).where(
    _record.kind == bindparam("kind"), _record.state == tables.LIVE
)

_IN_ORDER: Final = CompiledStatement(_OF_KIND.order_by(_record.id))

_SIZES: Final = CompiledStatement(
    _OF_KIND.with_only_columns(func.octet_length(_record.document)).order_by(_record.id)
)

_COUNT: Final = CompiledStatement(
    select(func.count()).select_from(
        select(_record.pk).where(_record.state == tables.LIVE).limit(bindparam("most")).subquery()
    )
)

_ADDED: Final = select(_term.scheme, _term.document).where(_term.added).order_by(_term.position, _term.id)


async def count_records(db: ReadConnection, most: int) -> int:
    """Count the records that an export has, up to `most` of them."""
    return int((await db.fetch_slow(_COUNT, {"most": most}))[0][0])


def export(database: Database, view: Projection, *, terms: bool) -> Iterator[list[FormatItem]]:
    """Return everything in chunks; the snapshot is closed with the iterator.

    `terms` says whether the format can hold terms of vocabularies besides records.
    """
    return _from(database.export_snapshot(), view, terms=terms)


def _from(
    snapshot: AbstractContextManager[Connection], view: Projection, *, terms: bool
) -> Iterator[list[FormatItem]]:
    with snapshot as connection:
        if terms:
            added = list(_terms(connection))
            if added:
                yield added
        for kind in RECORD_KINDS:
            for rows in _chunks(connection, kind):
                yield from items_within(connection, rows, view)


async def export_stream(
    database: Database, view: Projection, *, terms: bool
) -> AsyncIterator[list[FormatItem]]:
    """Yield the chunks of `export` without blocking the event loop; from a replica, if that can be begun there.

    Raises:
        ReplicaFailed: the replica failed when some was yielded already.
        Unavailable: the primary is not in the state that the request asks for.
    """

    def chunks() -> Iterator[list[FormatItem]]:
        return _from(database.snapshot_for_answer(), view, terms=terms)

    begun = False
    try:
        async with aclosing(_streamed(database, chunks())) as items:  # type: ignore[type-var]
            async for some in items:
                begun = True
                yield some
    except ReplicaFailed:
        if begun:
            raise
    else:
        return
    async with aclosing(_streamed(database, chunks())) as items:  # type: ignore[type-var]
        async for some in items:
            yield some


async def _streamed(
    database: Database, chunks: Iterator[list[FormatItem]]
) -> AsyncIterator[list[FormatItem]]:
    coming: asyncio.Future[list[FormatItem] | None] | None = None
    try:
        while True:
            coming = start_task(database.in_thread(lambda: next(chunks, None)))
            items = await asyncio.shield(coming)
            if items is None:
                return
            yield items
    finally:
        # A generator that is running cannot be closed, so wait for the thread.
        while coming is not None and not coming.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([coming])
        await database.in_thread(chunks.close)  # type: ignore[attr-defined]


def _terms(connection: Connection) -> Iterator[FormatItem]:
    found: dict[str, list[str]] = {scheme: [] for scheme in SCHEMES}
    for scheme, document in connection.execute(_ADDED):
        found.setdefault(scheme, []).append(document)
    for scheme, documents in found.items():
        for document in documents:
            # Formats that hold terms write documents as they are, without looking at their kind.
            yield FormatItem(
                RECORD_KINDS[0], f'{{"kind":"{TERM_KIND}","scheme":"{scheme}",{document[1:]}', {}
            )


def _chunks(connection: Connection, kind: RecordKind) -> Iterator[Rows]:
    """Yield rows (document, nothing, key) of the records of a kind, in the order of their ids."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        text, arguments = _IN_ORDER.for_sqlite({"kind": kind.kind})
        with closing(driver.cursor()) as cursor:
            yield from _as_they_come(cursor.execute(text, arguments))
        return
    # Server-side cursors: rows are made as they are fetched. A fetch has a number of rows, however large
    # they are, so their sizes are selected first; one snapshot has both in the same order.
    with driver.cursor(f"sizes_{kind.kind}") as sizes, driver.cursor(f"export_{kind.kind}") as cursor:
        sizes.execute(*_SIZES.for_postgresql({"kind": kind.kind}))
        cursor.execute(*_IN_ORDER.for_postgresql({"kind": kind.kind}))
        for number in _counts(sizes):
            yield cursor.fetchmany(number)


def _as_they_come(cursor: Iterator[Any]) -> Iterator[Rows]:
    for most in _most_of_each():
        rows: list[Any] = []
        total = 0
        for row in cursor:
            rows.append(row)
            total += len(row[0])
            if len(rows) == most or total >= PORTION_BYTES:
                break
        if not rows:
            return
        yield rows


def _counts(sizes: Any) -> Iterator[int]:
    """Yield the number of records in each chunk."""
    for most in _most_of_each():
        found = sizes.fetchmany(most)
        if not found:
            return
        yield from map(len, portions((size for (size,) in found), int, most_size=PORTION_BYTES))


def _most_of_each() -> Iterator[int]:
    yield FIRST_CHUNK
    yield from repeat(CHUNK)
