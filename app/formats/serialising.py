"""Items into bytes, whichever the format: for an answer, for a stream and for a file."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Final

from app.errors import BadRequest
from app.formats.format import About, Format, Writer
from app.records.item import Item

_AT_ONCE: Final = 25
"""Up to so many items are written in the event loop; more are written in a thread."""


def write_whole(form: Format, items: Sequence[Item], about: About) -> bytes:
    """Write a few items as one whole answer."""
    return b"".join(write(form, [items], about))


def write(form: Format, chunks: Iterable[Sequence[Item]], about: About) -> Iterator[bytes]:
    """Write items as they come, for a file.

    Raises:
        BadRequest: there are more items than fit into one answer.
    """
    writer, count = form.writer(about), 0
    yield from filter(None, [writer.begin()])
    for items in chunks:
        count += len(items)
        refuse_too_many(form, count)
        yield from filter(None, [writer.chunk(items)])
    yield from filter(None, [writer.end()])


async def write_stream(
    form: Format, chunks: AsyncIterator[Sequence[Item]], about: About
) -> AsyncIterator[bytes]:
    """Write items as they come, for an answer, without holding up the event loop.

    Raises:
        BadRequest: there are more items than fit into one answer; nothing has been written by then.
    """
    writer, count = form.writer(about), 0
    head = writer.begin()
    async for items in chunks:
        count += len(items)
        refuse_too_many(form, count)
        piece = head + await _chunk(writer, items)
        head = b""
        if piece:
            yield piece
    piece = head + await asyncio.to_thread(writer.end)
    if piece:
        yield piece


def refuse_too_many(form: Format, count: int) -> None:
    """Refuse what would have to be held in memory whole.

    Raises:
        BadRequest: there are more items than fit into one answer.
    """
    if form.most is not None and count > form.most:
        detail = (
            f"No more than {form.most:,} records fit into one {form.name}; csv and ndjson hold any number."
        )
        raise BadRequest(detail, code="too_many_records")


async def write_answer(form: Format, items: Sequence[Item], about: About) -> bytes:
    """Write a page as one whole answer, without holding up the event loop."""
    if len(items) <= _AT_ONCE:
        return write_whole(form, items, about)
    return await asyncio.to_thread(write_whole, form, items, about)


async def _chunk(writer: Writer, items: Sequence[Item]) -> bytes:
    if len(items) <= _AT_ONCE:
        return writer.chunk(items)
    return await asyncio.to_thread(writer.chunk, items)
