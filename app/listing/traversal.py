"""Whole lists, a chunk at a time: each is read in a snapshot of its own, and returns the query for the next."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.formats.format import FormatItem, Projection
from app.listing.bound_query import CHUNK, BoundQuery, refused_cursor
from app.listing.query import ListQuery
from app.listing.service import bound_query, page_rows
from app.reading.chosen_names import NameChoice
from app.reading.documents import PORTION_BYTES
from app.reading.format_items import items_of
from app.reading.related_items import RelatedQuery
from app.values.cursor import Cursor

FIRST_CHUNK: Final = 100
"""Records of the first chunk: few, so that its first byte comes at once."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a whole list, the version they were read at, and the query for those that follow.

    `left` is how many of them are wanted, if not all, and `size` how many at a time.
    """

    rows: Rows
    version: str
    following: BoundQuery | None
    left: int | None
    size: int


async def first_chunk(db: ReadConnection, query: ListQuery) -> Chunk:
    """Read the first chunk of a whole list: a small one, so that its first byte comes as fast as a short list's.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list or leads backward.
    """
    question = replace(await bound_query(db, query), most_bytes=PORTION_BYTES)
    if question.backward:
        raise refused_cursor("Give a limit as well: a list without one only goes on forward.")
    return await _chunk(db, question, query.limit, FIRST_CHUNK)


async def next_chunk(db: ReadConnection, chunk: Chunk) -> Chunk:
    """Read the chunk after another one; there must be more to come."""
    if chunk.following is None:
        raise ValueError("the list has ended")
    return await _chunk(db, chunk.following, chunk.left, chunk.size)


async def _chunk(db: ReadConnection, question: BoundQuery, left: int | None, size: int) -> Chunk:
    question = replace(question, limit=size if left is None else min(left, size))
    rows, more_follow = await page_rows(db, question)
    left = None if left is None else left - len(rows)
    # Where not all fitted, the next chunk asks for at most twice as many as did.
    size = CHUNK if len(rows) == question.limit else min(CHUNK, 2 * len(rows))
    if more_follow and left != 0:
        following = replace(question, cursor=Cursor(tuple(rows[-1][3:]), backward=False))
        return Chunk(rows, rows[0][1], following, left, size)
    return Chunk(rows, rows[0][1] if rows else await db.version(), None, left, size)


class Traversal:
    """A whole list in chunks, each read in a snapshot of its own; nothing is held between them."""

    def __init__(self, db: Database, query: ListQuery, view: Projection, names: NameChoice) -> None:
        """Iterate over the result of `query`, shown with the names that are wanted."""
        self._db = db
        self._query = query
        self._view = view
        self._names = names
        self._version: str | None = None

    @property
    def version(self) -> str:
        """The version at which the first chunk was read; the others are of it, or of later ones."""
        if self._version is None:
            raise ValueError("nothing has been read yet")
        return self._version

    async def chunks(self) -> AsyncIterator[list[FormatItem]]:
        """Yield the items of the list.

        Raises:
            BadRequest: the query refers to nothing, or its cursor is of another list.
        """
        chunk = await self._db.answer(partial(first_chunk, query=self._query))
        self._version = chunk.version
        while True:
            async for items in items_of(partial(self._ask, chunk), chunk.rows, self._view, self._names):
                yield items
            if chunk.following is None:
                return
            chunk = await self._db.answer(partial(next_chunk, chunk=chunk), not_before=chunk.version)

    async def _ask(self, chunk: Chunk, question: RelatedQuery) -> Rows:
        """Run a query for what goes with a chunk: in its snapshot, or a later one."""
        return await self._db.answer(
            lambda reading: reading.fetch_slow(question.statement, question.parameters),
            single=True,
            not_before=chunk.version,
        )
