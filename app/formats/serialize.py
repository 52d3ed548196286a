"""Serialization of items in any format: for a response, for a stream and for a file.

Items are serialized a few at a time and then freed: a parsed document can take ten times the memory of its
text.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.errors import BadRequest
from app.formats.format import About, Format, FormatItem, FormatWriter
from app.values.portions import portions

MAX_HELD: Final = 40 * 2**20
"""How much a writer may buffer until the end of a response, in bytes."""

PIECE_CHARACTERS: Final = 2**18
"""Documents that are serialized at a time, in characters; a longer one comes alone."""

_QUICK_CHARACTERS: Final = 2**15
"""Items with at most this many characters are serialized in the event loop, others in a thread."""


def write(form: Format, chunks: Iterable[Sequence[FormatItem]], about: About) -> Iterator[bytes]:
    """Serialize items as they come, for a file.

    Raises:
        BadRequest: there are more items than fit into one answer.
    """
    writer, count = form.writer(about), 0
    yield from filter(None, [writer.begin()])
    for items in chunks:
        for some in _copies(items):
            count += len(some)
            piece = writer.chunk(some)
            refuse_too_many(form, count, writer.held)
            yield from filter(None, [piece])
    yield from filter(None, writer.end())


async def write_stream(
    form: Format, chunks: AsyncIterator[Sequence[FormatItem]], about: About
) -> AsyncIterator[bytes]:
    """Serialize items as they come, for a response, without blocking the event loop.

    Raises:
        BadRequest: there are more items than fit into one answer; nothing has been written by then.
    """
    writer, count = form.writer(about), 0
    head = writer.begin()
    async for items in chunks:
        for some in _copies(items):
            count += len(some)
            piece = head + await _chunk(writer, some, threaded=form.threaded)
            refuse_too_many(form, count, writer.held)
            head = b""
            if piece:
                yield piece
    if head:
        yield head
    last = iter(writer.end())
    quick = writer.held <= _QUICK_CHARACTERS and not form.threaded

    def following() -> bytes | None:
        return next(last, None)

    while (end := following() if quick else await asyncio.to_thread(following)) is not None:
        if end:
            yield end


async def together(pieces: AsyncIterator[bytes], most: int) -> tuple[bytes, bool]:
    """Join chunks until there are none left, or more than `most` bytes; returns also whether none is left."""
    found: list[bytes] = []
    size = 0
    async for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > most:
            return b"".join(found), False
    return b"".join(found), True


def refuse_too_many(form: Format, count: int, held: int) -> None:
    """Refuse a response that would have to be held in memory whole.

    Raises:
        BadRequest: there are more items than fit into one answer, or they are too large.
    """
    if form.most is not None and count > form.most:
        detail = (
            f"No more than {form.most:,} records fit into one {form.name}; csv and ndjson hold any number."
        )
        raise BadRequest(detail, code="too_many_records")
    if held > MAX_HELD:
        raise too_large(form)


def too_large(form: Format) -> BadRequest:
    """Make the error for a response that cannot be held in memory whole."""
    detail = (
        f"No more than {MAX_HELD // 2**20} MiB fit into one {form.name}: ask for fewer records, "
        "or for csv or ndjson, which hold any number."
    )
    return BadRequest(detail, code="too_many_records")


def _copies(items: Sequence[FormatItem]) -> Iterator[list[FormatItem]]:
    """Yield items a few at a time, as copies, so that their parsed documents are freed with them."""
    for some in portions(items, lambda item: len(item.document), most_size=PIECE_CHARACTERS):
        yield [replace(item) for item in some]


async def _chunk(writer: FormatWriter, items: Sequence[FormatItem], *, threaded: bool) -> bytes:
    if not threaded and sum(len(item.document) for item in items) <= _QUICK_CHARACTERS:
        return writer.chunk(items)
    return await asyncio.to_thread(writer.chunk, items)
