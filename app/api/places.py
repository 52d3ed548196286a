"""A few places to work in, and a bounded queue for them, of both of which one client has half at the most."""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

from app.errors import Unavailable

WAITING_FOR_EACH: Final = 8
"""How many may wait for each place."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    client: str
    place: "asyncio.Future[None]"
    bounded: bool


class Places:
    """Places, and the queue for them."""

    def __init__(self, most: int) -> None:
        """Have `most` places, all of them free."""
        self._most = most
        self._share = max(1, most // 2)
        self._taken: Counter[str] = Counter()
        self._queue: deque[_Waiting] = deque()

    def take(self, client: str) -> bool:
        """Take a place, if there is one for a client."""
        if self._taken.total() >= self._most or self._taken[client] >= self._share:
            return False
        self._taken[client] += 1
        return True

    def waits(self, client: str) -> int:
        """Give how many of a client are waiting, of those that do not wait without bound."""
        return sum(one.bounded and one.client == client for one in self._queue)

    @property
    def is_asked_for(self) -> bool:
        """Whether anyone is waiting."""
        return bool(self._queue)

    async def wait(self, client: str, seconds: float | None) -> bool:
        """Wait for a place; gives True.

        Args:
            client: for whom.
            seconds: how long at the most; without it there is no bound, nor on how many wait.

        Raises:
            Unavailable: too many are waiting, or it takes too long.
        """
        if self.take(client):
            return True
        most = WAITING_FOR_EACH * self._most
        if seconds is not None:
            waiting = sum(one.bounded for one in self._queue)
            if waiting >= most or self.waits(client) >= max(1, most // 2):
                raise _too_many()
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        one = _Waiting(client, place, seconds is not None)
        self._queue.append(one)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait([place])
        except TimeoutError:
            if not place.done():
                raise _too_many() from None
        except asyncio.CancelledError:
            if place.done():
                self.give_back(client)
            raise
        finally:
            self._queue.remove(one)
        return True

    def give_back(self, client: str) -> None:
        """Give a place back; the first that waits and may have it is given it."""
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]
        for one in self._queue:
            if not one.place.done() and self.take(one.client):
                one.place.set_result(None)
                return


def _too_many() -> Unavailable:
    return Unavailable(
        "Too many long reads are waiting already; ask again in a moment. Short ones are answered meanwhile.",
        code="too_busy",
        headers={"Retry-After": "5"},
    )
