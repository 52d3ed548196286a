"""Limits on slow operations that need much memory: how many run at once, for one client too, and a bounded wait.

What one waits for and then has is called a turn.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.types import Message, Send

from app.errors import Unavailable
from app.settings import Settings
from app.web.slots import SlotLimits, SlotQueue

MAX_WAITING: Final = 100
"""Requests that may wait for their turns; more are refused at once."""

MAX_WAITING_OF_CLIENT: Final = 10
"""Of those, how many of one client."""

UNREAD_SECONDS: Final = 5.0
"""A turn whose client has read nothing for this long is ended where somebody waits for one."""

_PART_BYTES: Final = 64 * 1024
"""Chunks of a response are sent in parts of this size, which bounds what is buffered until it is read."""

MAX_VERIFICATIONS: Final = 2
"""How many long verifications run, or hold their text in memory, at the same time in one worker; others wait."""


@dataclass(eq=False, slots=True)
class Turn:
    """One client's turn.

    Attributes:
        deadline: when it ends at the latest.
        sending_since: since when, in the time of the event loop, a chunk of the response waits to be read.
        unread: whether it was ended because its client read nothing.
    """

    deadline: asyncio.Timeout
    sending_since: float | None = None
    unread: bool = False

    def sending(self, send: Send) -> Send:
        """Return a `send` that streams the response, and records how long each chunk waits to be read."""
        loop = asyncio.get_running_loop()

        async def send_noted(message: Message) -> None:
            self.sending_since = loop.time()
            try:
                await send(message)
            finally:
                self.sending_since = None

        async def send_in_parts(message: Message) -> None:
            body = memoryview(message.get("body", b""))
            while len(body) > _PART_BYTES:
                await send_noted({**message, "body": body[:_PART_BYTES], "more_body": True})
                body = body[_PART_BYTES:]
            await send_noted({**message, "body": body} if body else message)

        return send_in_parts


class Turns:
    """Grants turns, first come, first served.

    Args:
        total: turns at once.
        per_client: turns of one client at once.
        wait_seconds: how long to wait for one.
    """

    def __init__(self, total: int, per_client: int, wait_seconds: float) -> None:
        """Begin with every turn free."""
        self._total = total
        self._per_client = per_client
        self._wait_seconds = wait_seconds
        self._places = SlotQueue(
            SlotLimits(total, per_client, MAX_WAITING, MAX_WAITING_OF_CLIENT), self._busy
        )
        self._turns: set[Turn] = set()

    @asynccontextmanager
    async def turn(self, client: str | None, seconds: float | None = None) -> AsyncIterator[Turn]:
        """Wait for a turn, and hold it until the block ends; a client that is None is not counted.

        Raises:
            Unavailable: none became free in time, or too many wait for one; or it took more than `seconds`.
            ClientDisconnect: it was ended because its client read nothing while others waited.
        """
        await self._places.wait(client, self._wait_seconds, self._end_unread)
        deadline = asyncio.timeout(seconds)
        turn = Turn(deadline)
        self._turns.add(turn)
        try:
            async with deadline:
                yield turn
        except TimeoutError:
            if turn.unread:
                raise ClientDisconnect from None
            if deadline.expired():
                raise Unavailable("This took too long.", code="took_too_long") from None
            raise
        finally:
            self._turns.discard(turn)
            self._places.give_back(client)

    @asynccontextmanager
    async def turn_when_needed(self, client: str | None) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Yield a function that waits for a turn, held from its first call until the block ends; raises as `turn`."""
        async with AsyncExitStack() as held:
            had = False

            async def take() -> None:
                nonlocal had
                if not had:
                    await held.enter_async_context(self.turn(client))
                    had = True

            yield take

    def _end_unread(self) -> None:
        """End the turn whose client has read nothing for longest, where that is long."""
        now = asyncio.get_running_loop().time()
        unread = [
            turn for turn in self._turns if turn.sending_since is not None and not turn.deadline.expired()
        ]
        longest = min(unread, key=lambda turn: turn.sending_since or now, default=None)
        if longest is not None and now - (longest.sending_since or now) >= UNREAD_SECONDS:
            longest.unread = True
            longest.deadline.reschedule(now)

    def _busy(self) -> Unavailable:
        return Unavailable(
            f"This has {self._total} turns at once, {self._per_client} for one client, and all are taken.",
            code="busy",
            headers={"Retry-After": "10"},
        )


def verifying_turns(app: FastAPI, settings: Settings) -> Turns:
    """Return the turns that verifying and writing share for looking up phrases in long texts."""
    turns: Turns | None = getattr(app.state, "verifying_turns", None)
    if turns is None:
        turns = app.state.verifying_turns = Turns(MAX_VERIFICATIONS, 1, settings.turn_timeout_seconds)
    return turns
