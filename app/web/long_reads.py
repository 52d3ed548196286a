"""Long reads: a limit on how many run at the same time, for how long, and for which clients.

A read counts as long after a fifth of a second, more where the event loop itself is late; a single record
without parameters never does. A long read needs one of a few slots to go on, so that processors are left
for others. Where none is free its work is cancelled; it waits for a slot and begins anew. One address has
at most half of the slots, and of the queue. Of identical reads one runs, and the others use its cached
response. Work ends when its time is over, and when the client disconnects; its queries are cancelled with it.

Large pages take a few milliseconds of the event loop each, so that many at once would block it for seconds.
They wait from the start for slots of their own, as many as for long reads; one that becomes long gives its
slot back.

Of short reads a few run at a time, half of them for one address. A client that disconnects while it waits
has cost nothing, and others get in between.

A streamed response needs a slot for each chunk that follows a long one, and none while the client reads.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from app.errors import Unavailable
from app.web.read_classification import Key, Shape, asks_for_large_page, client_of, key_of, shape_of
from app.web.read_task import DropReason, Read, watch_client
from app.web.slots import SlotLimits, SlotQueue

LONG_SECONDS: Final = 0.2
"""Reads that take less are short ones."""

LATE: Final = 20
"""How many iterations of the event loop a short read may take: where the loop is late, so is the read."""

WAITING_FOR_EACH: Final = 8
"""How many may wait for each slot."""

MAX_BEGUN: Final = 16
"""How many short reads may be in progress, of which one address has half: with more, each would take longer."""

MAX_TO_BEGIN: Final = 10_000
"""How many may wait to begin; there are fewer connections."""

PAGES_WAITING: Final = 400
"""How many large pages may wait, of which one address has half: each takes milliseconds."""

TICK_SECONDS: Final = 0.05
"""How often reads in progress are checked for having become long."""

_AGAIN_SECONDS: Final = 1.0
"""After how long a task that was cancelled and still runs is cancelled again."""

_REMEMBERED: Final = 1024
_NEVER: Final = float("inf")


class LongReads:
    """The limits on the long reads of one worker.

    Args:
        at_once: how many run at the same time.
        seconds: how long one may run.
        wait_seconds: how long one may wait, all in all.
    """

    def __init__(self, at_once: int, seconds: float, wait_seconds: float) -> None:
        """Begin with no reads in progress."""
        share = max(1, at_once // 2)
        waiting = WAITING_FOR_EACH * at_once
        self._places = SlotQueue(SlotLimits(at_once, share, waiting, max(1, waiting // 2)), _too_many)
        self._pages = SlotQueue(SlotLimits(at_once, share, PAGES_WAITING, PAGES_WAITING // 2), _too_many)
        self._begun = SlotQueue(SlotLimits(MAX_BEGUN, MAX_BEGUN // 2, MAX_TO_BEGIN, MAX_TO_BEGIN), _too_many)
        self._seconds = seconds
        self._wait_seconds = wait_seconds
        self._reads: set[Read] = set()
        self._first: dict[Key, Read] = {}
        self._known: OrderedDict[Shape, None] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._next_look = 0.0
        self._late = 0.0

    async def run(self, scope: Scope, receive: Receive, work: Callable[[Read], Awaitable[None]]) -> None:
        """Run a read; `work` may be run again from its start as long as it has sent nothing.

        Raises:
            Unavailable: it takes too much work, or too many are waiting.
            ClientDisconnect: the client went.
        """
        loop = asyncio.get_running_loop()
        read = Read(scope, receive, loop.time())
        self._reads.add(read)
        if self._timer is None:
            self._look_again(read.began)
        try:
            if self._places.is_asked_for:
                await self._wait_if_known(read)
            if asks_for_large_page(scope["query_string"]) and not read.has_place:
                await self._wait_with_pages(read)
            while not await self._worked(read, work):
                pass
        finally:
            self._end(read)

    async def _worked(self, read: Read, work: Callable[[Read], Awaitable[None]]) -> bool:
        """Run a read to its end; returns False where it is to begin anew.

        `dropped` distinguishes a cancellation made here from one from outside.
        """
        if not (read.has_place or read.has_page_place or read.is_begun):
            await self._wait_to_begin(read)
        try:
            await work(read)
        except asyncio.CancelledError:
            if read.dropped is None:
                raise
            await self._resume(read)
            return False
        return True

    async def _resume(self, read: Read) -> None:
        """Do what must follow the cancellation of a read, up to where it begins anew."""
        why, read.dropped = read.dropped, None
        read.take_back()
        if why is DropReason.CLIENT_WENT:
            raise ClientDisconnect
        if why is DropReason.TOO_LONG:
            read.took_too_long = True
            raise self._too_much()
        if why is DropReason.NO_PLACE:
            await self._wait(read)
        else:
            await self._wait_for_other(read)
        read.began = asyncio.get_running_loop().time()

    async def _wait(self, read: Read) -> None:
        await self._waiting(read, self._places.wait(read.client, self._patience(read)))
        read.has_place = True

    def _patience(self, read: Read) -> float:
        """Return for how many seconds a read may wait from now on."""
        return max(0.0, read.arrived + self._wait_seconds - asyncio.get_running_loop().time())

    async def _wait_for_other(self, read: Read) -> None:
        """Wait until the equal read has ended: its answer is kept then, as long as it is right."""
        other = self._first.get(key_of(read.scope))
        if other is not None and other is not read and other.ended is not None:
            await self._waiting(read, asyncio.shield(other.ended))
            if other.took_too_long:
                raise self._too_much()
        read.is_long = False

    async def _waiting(self, read: Read, what: Awaitable[None]) -> None:
        """Await something, or the client's disconnection."""
        read.began = _NEVER
        try:
            await what
        except asyncio.CancelledError:
            if read.dropped is not DropReason.CLIENT_WENT:
                raise
            read.take_back()
            raise ClientDisconnect from None

    async def _wait_if_known(self, read: Read) -> None:
        """Have a read wait from the start, where its like was long and others of its client wait already."""
        read.client = client_of(read.scope)
        if self._places.waits(read.client) and shape_of(read.scope) in self._known:
            self._become_long(read)
            await self._wait(read)
            read.began = asyncio.get_running_loop().time()

    async def _wait_to_begin(self, read: Read) -> None:
        read.client = read.client or client_of(read.scope)
        if self._begun.is_asked_for or not self._begun.take(read.client):
            self._watch_client(read)
            await self._waiting(read, self._begun.wait(read.client, self._patience(read)))
            read.began = asyncio.get_running_loop().time()
        read.is_begun = True

    async def _wait_with_pages(self, read: Read) -> None:
        read.client = read.client or client_of(read.scope)
        read.has_page_place = self._pages.take(read.client)
        if not read.has_page_place:
            self._watch_client(read)
            await self._waiting(read, self._pages.wait(read.client, self._patience(read)))
            read.has_page_place = True
            read.began = asyncio.get_running_loop().time()

    def _look(self) -> None:
        """Check the reads in progress."""
        now = asyncio.get_running_loop().time()
        self._late = max(now - self._next_look, 0.8 * self._late)
        long = LONG_SECONDS + LATE * self._late
        self._timer = None
        if self._reads:
            self._look_again(now)
        for read in list(self._reads):
            if read.dropped is not None:
                if now - read.dropped_at > _AGAIN_SECONDS:
                    read.drop(read.dropped, now)
            elif now - read.began > self._seconds:
                read.drop(DropReason.TOO_LONG, now)
            elif not read.is_long and now - read.began > long:
                self._become_long(read)
                if not read.sends:
                    self._place(read, now)

    def _look_again(self, now: float) -> None:
        self._next_look = now + TICK_SECONDS
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._look)

    def _place(self, read: Read, now: float) -> None:
        """Give a read that has become long a slot, or cancel the work on it."""
        if read.has_place:
            return
        key = key_of(read.scope)
        first = self._first.setdefault(key, read)
        if first is not read:
            read.drop(DropReason.SAME_AS_OTHER, now)
            return
        read.key = key
        read.ended = read.ended or asyncio.get_running_loop().create_future()
        read.has_place = self._places.take(read.client)
        if not read.has_place:
            read.drop(DropReason.NO_PLACE, now)

    def _become_long(self, read: Read) -> None:
        read.is_long = True
        read.client = read.client or client_of(read.scope)
        self._make_way(read)
        shape = shape_of(read.scope)
        self._known[shape] = None
        self._known.move_to_end(shape)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        self._watch_client(read)

    def _watch_client(self, read: Read) -> None:
        if read.watcher is None and not read.sends:
            read.watcher = asyncio.ensure_future(watch_client(read))

    def _make_way(self, read: Read) -> None:
        """Release the slot of a read that is not long."""
        if read.is_begun:
            read.is_begun = False
            self._begun.give_back(read.client)
        if read.has_page_place:
            read.has_page_place = False
            self._pages.give_back(read.client)

    def _end(self, read: Read) -> None:
        self._reads.discard(read)
        self._let_others_go_on(read)
        # The work may have ended at the moment it was cancelled.
        read.take_back()

    def _let_others_go_on(self, read: Read) -> None:
        """Release what a read holds: its slot, and the identical reads that wait for its response."""
        self._make_way(read)
        if read.has_place:
            self._places.give_back(read.client)
            read.has_place = False
        if read.watcher is not None:
            read.watcher.cancel()
        if read.key is not None:
            del self._first[read.key]
            read.key = None
        if read.ended is not None and not read.ended.done():
            read.ended.set_result(None)

    def before_sending(self, read: Read) -> None:
        """Be notified that a chunk is ready: until it is sent the server waits for the client, and does no work."""
        # The response is cached by now if it will be, and a streamed one notices a disconnection by itself.
        read.sends = True
        read.began = _NEVER
        self._let_others_go_on(read)

    async def after_sending(self, read: Read) -> None:
        """Be notified that a chunk is sent; after a long one the work on the next waits for a slot."""
        if read.is_long:
            await self._waiting(read, self._places.wait(read.client, None))
            read.has_place, read.is_long = True, False
        read.began = asyncio.get_running_loop().time()

    def _too_much(self) -> Unavailable:
        return Unavailable(
            f"To answer this takes more than {self._seconds:g} seconds of work. Ask for less: without count and facets, or "
            "for fewer facets at a time; with another filter, such as a type, a place or a stretch of time; or with "
            "fewer common or excluded words.",
            code="too_much_work",
        )


def _too_many() -> Unavailable:
    return Unavailable(
        "Too many long reads or large pages are waiting already; ask again in a moment. Short ones are answered "
        "meanwhile.",
        code="busy",
        headers={"Retry-After": "5"},
    )
