"""Spooling: responses that are made faster than they are read wait in a file, so that the snapshot can be closed."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import IO, Any, Final, TypeVar

from app.values.disk_space import SPARE_BYTES, free_bytes

T = TypeVar("T")

PART_BYTES: Final = 256 * 1024
"""How much of the file is read at a time."""


async def spooled(pieces: AsyncIterator[bytes], most_bytes: int) -> AsyncIterator[bytes]:
    """Yield the bytes of `pieces`, which are made without waiting for the client, up to `most_bytes` ahead.

    Where there is no more room, in the file or on the disk, they are made as they are read.
    """
    spool = _Spool(most_bytes)
    filling = asyncio.ensure_future(spool.fill(pieces))
    try:
        while (part := await spool.read()) is not None:
            yield part
        await filling
    finally:
        filling.cancel()
        await _ended(filling)
        spool.close()


class _Spool:
    """A file that is appended to while it is read, and truncated whenever all of it was read."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._file: IO[bytes] | None = None
        self._written = 0
        self._read = 0
        self._beside: bytes | None = None
        """A piece that comes before those in the file: a client that keeps up needs no file."""
        self._filled = False
        self._changed = asyncio.Condition()
        self._using_file = asyncio.Lock()

    async def fill(self, pieces: AsyncIterator[bytes]) -> None:
        """Append all pieces."""
        try:
            async with aclosing(pieces) as open_pieces:  # type: ignore[type-var]
                async for piece in open_pieces:
                    if self._is_read:
                        self._beside = piece
                    elif not await self._in_file(lambda piece=piece: self._append(piece)):  # type: ignore[misc]
                        await self._hand_over(piece)
                    await self._tell()
        finally:
            self._filled = True
            await self._tell()

    async def read(self) -> bytes | None:
        """Return the next bytes, or None at the end."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: self._read < self._written or self._beside is not None or self._filled
            )
        part, self._beside = self._beside, None
        if part is None and self._read < self._written:
            part = await self._in_file(self._next_part)
        await self._tell()
        return part

    def close(self) -> None:
        """Close the file; no thread may be using it."""
        if self._file is not None:
            self._file.close()

    @property
    def _is_read(self) -> bool:
        return self._beside is None and self._read == self._written

    async def _hand_over(self, piece: bytes) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._is_read)
            self._beside = piece

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _in_file(self, work: Callable[[], T]) -> T:
        """Run a file operation in a thread, to the end even if cancelled: the file must not be closed before."""
        async with self._using_file:
            running = asyncio.ensure_future(asyncio.to_thread(work))
            try:
                return await asyncio.shield(running)
            finally:
                await _ended(running)

    def _append(self, piece: bytes) -> bool:
        """Append a piece to the file; returns whether there was room for it."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed in `close`
            if self._written and self._read == self._written:
                self._file.truncate(0)
                self._written = self._read = 0
            end = self._written + len(piece)
            if end > self._most or free_bytes() < SPARE_BYTES:
                return False
            self._file.seek(self._written)
            if self._file.write(piece) != len(piece):
                return False
        except OSError:
            return False
        self._written = end
        return True

    def _next_part(self) -> bytes:
        if self._file is None:
            raise ValueError("nothing has been written yet")
        self._file.seek(self._read)
        part = self._file.read(min(PART_BYTES, self._written - self._read))
        if not part:
            raise OSError("the file of an answer has lost its end")
        self._read += len(part)
        return part


async def _ended(work: "asyncio.Future[Any]") -> None:
    """Wait for the end of a task, however often the wait is cancelled."""
    while not work.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([work])
