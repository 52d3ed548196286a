"""A page that is made of the whole database, and kept until something is written."""

import asyncio
from collections.abc import Awaitable, Callable

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.web.typed_responses import FixedResponse

Render = Callable[[ReadConnection], Awaitable[FixedResponse[str]]]


class KeptPage:
    """One page, the same for whoever asks; it is made once for each version of the database, and once at a time."""

    def __init__(self, render: Render) -> None:
        """Make a page that `render` makes of one state of the database."""
        self._render = render
        self._made: tuple[str, FixedResponse[str]] | None = None
        self._turn = asyncio.Lock()

    async def get(self, db: Database) -> FixedResponse[str]:
        """Return the page as it is now."""
        version = await db.version()
        async with self._turn:
            if self._made is None or self._made[0] != version:
                self._made = await db.answer(self._make)
            return self._made[1]

    async def _make(self, reading: ReadConnection) -> tuple[str, FixedResponse[str]]:
        return await reading.version(), await self._render(reading)
