"""Whole lists, a chunk at a time: each is read by itself, and says what is to be asked for the next."""

from dataclasses import dataclass, replace
from typing import Final

from app.queries.cursor import Cursor
from app.queries.listquery import ListQuery
from app.queries.pages import PageQuestion
from app.store.reading import Reading, Rows
from app.verbs.documents import PORTION_BYTES
from app.verbs.listing import CHUNK, narrowed_question, page_rows, refused_cursor

FIRST_CHUNK: Final = 100
"""Records of the first chunk: few, so that its first byte comes at once."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a whole list, the version they were read at, and the question for those that follow.

    `left` is how many of them are wanted, if not all, and `size` how many at a time.
    """

    rows: Rows
    version: str
    following: PageQuestion | None
    left: int | None
    size: int


async def first_chunk(db: Reading, query: ListQuery) -> Chunk:
    """Read the beginning of a whole list: a small part, so that its first byte comes as fast as a short list's.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list or leads backward.
    """
    question = replace(await narrowed_question(db, query), most_bytes=PORTION_BYTES)
    if question.backward:
        raise refused_cursor("Give a limit as well: a list without one only goes on forward.")
    return await _chunk(db, question, query.limit, FIRST_CHUNK)


async def next_chunk(db: Reading, chunk: Chunk) -> Chunk:
    """Read on where a chunk ended; there must be more to come."""
    if chunk.following is None:
        raise ValueError("the list has ended")
    return await _chunk(db, chunk.following, chunk.left, chunk.size)


async def _chunk(db: Reading, question: PageQuestion, left: int | None, size: int) -> Chunk:
    question = replace(question, limit=size if left is None else min(left, size))
    rows, more_follow = await page_rows(db, question)
    left = None if left is None else left - len(rows)
    # Where not all fitted that were asked for, no more than twice as many will the next time.
    size = CHUNK if len(rows) == question.limit else min(CHUNK, 2 * len(rows))
    if more_follow and left != 0:
        following = replace(question, cursor=Cursor(tuple(rows[-1][3:]), backward=False))
        return Chunk(rows, rows[0][1], following, left, size)
    return Chunk(rows, rows[0][1] if rows else await db.version(), None, left, size)
