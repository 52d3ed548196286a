"""A semaphore with a bounded queue, of both of which one client has at most a share."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.errors import Unavailable

_LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    client: str | None
    slot: "asyncio.Future[None]"
    bounded: bool
    size: int


@dataclass(frozen=True, slots=True)
class SlotLimits:
    """How many slots there are, and how many may wait for one; in all, and for one client."""

    slots: int
    slots_of_client: int
    waiting: int
    waiting_of_client: int


class SlotQueue:
    """Slots, and the queue for them; a client that is None is not counted."""

    def __init__(self, limits: SlotLimits, busy: Callable[[], Unavailable]) -> None:
        """Begin with all slots free; `busy` makes the error for a client that gets none."""
        self._limits = limits
        self._busy = busy
        self._taken: Counter[str] = Counter()
        self._total = 0
        self._queue: deque[_Waiting] = deque()

    def take(self, client: str | None, size: int = 1) -> bool:
        """Take a slot, or `size` of them together, if the client may have that now."""
        if self._total + size > self._limits.slots or not self._is_in_share(client, size):
            return False
        self._total += size
        if client is not None:
            self._taken[client] += size
        return True

    def _is_in_share(self, client: str | None, size: int) -> bool:
        return client is None or self._taken[client] + size <= self._limits.slots_of_client

    def waits(self, client: str | None) -> int:
        """Return how many requests of a client are waiting, except those that wait without a limit."""
        return 0 if client is None else sum(one.bounded and one.client == client for one in self._queue)

    @property
    def is_asked_for(self) -> bool:
        """Whether anyone is waiting."""
        return bool(self._queue)

    async def wait(
        self,
        client: str | None,
        seconds: float | None,
        meanwhile: Callable[[], None] | None = None,
        size: int = 1,
    ) -> None:
        """Wait for a slot, behind all that wait except those of clients that have their share.

        Args:
            client: for whom.
            seconds: how long at the most; without it there is no limit, nor on how many wait.
            meanwhile: is called now and then, and may cause a slot to be released.
            size: how many slots are taken together.

        Raises:
            Unavailable: too many are waiting, or it takes too long.
        """
        if self._next_in_line() is None and self.take(client, size):
            return
        if seconds is not None:
            waiting = sum(one.bounded for one in self._queue)
            if waiting >= self._limits.waiting or self.waits(client) >= self._limits.waiting_of_client:
                raise self._busy()
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        one = _Waiting(client, slot, seconds is not None, size)
        self._queue.append(one)
        try:
            async with asyncio.timeout(seconds):
                while not slot.done():
                    if meanwhile is not None:
                        meanwhile()
                    await asyncio.wait([slot], timeout=None if meanwhile is None else _LOOK_SECONDS)
        except TimeoutError:
            if not slot.done():
                raise self._busy() from None
        except asyncio.CancelledError:
            if slot.done():
                self.give_back(client, size)
            raise
        finally:
            self._queue.remove(one)
            self._hand_out()

    def give_back(self, client: str | None, size: int = 1) -> None:
        """Release a slot, or `size` of them; those that wait get them in turn."""
        self._total -= size
        if client is not None:
            self._taken[client] -= size
            if not self._taken[client]:
                del self._taken[client]
        if self._queue:
            self._hand_out()

    def _hand_out(self) -> None:
        while (one := self._next_in_line()) is not None and self.take(one.client, one.size):
            one.slot.set_result(None)

    def _next_in_line(self) -> _Waiting | None:
        """Return the first that waits and whose client has less than its share: none behind it is served before it."""
        waiting = (one for one in self._queue if not one.slot.done())
        return next((one for one in waiting if self._is_in_share(one.client, one.size)), None)
