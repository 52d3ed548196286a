"""A budget of memory for the request bodies of a worker, of which one client may use half."""

import asyncio
from typing import Final

from starlette.types import Message, Receive, Scope

from app.errors import RequestTimeout, Unavailable
from app.web.slots import SlotLimits, SlotQueue
from app.web.turns import MAX_WAITING, MAX_WAITING_OF_CLIENT

SMALL: Final = 64 * 1024
"""Bodies up to this many bytes need no room: uvicorn buffers as much anyway."""

GRACE_SECONDS: Final = 5.0

SLOWEST: Final = 64 * 1024
"""The least bytes a second of a body that has room others wait for, after the first seconds."""

_LOOK_SECONDS: Final = 1.0
_KEY: Final = "annals.room"


class BodyMemory:
    """The budget.

    Args:
        total: bytes for all bodies together; 0 is no limit.
        wait_seconds: how long a body waits for room.
    """

    def __init__(self, total: int, wait_seconds: float) -> None:
        """Begin with all of it free."""
        self._share = max(1, total // 2)
        self._wait_seconds = wait_seconds
        bounds = SlotLimits(total, self._share, MAX_WAITING, MAX_WAITING_OF_CLIENT)
        self._places = SlotQueue(bounds, _busy) if total else None

    def for_body(self, scope: Scope) -> "BodyReservation":
        """Attach a budget to a request's body, to be found by `reservation_of`; nothing is reserved yet."""
        found = scope[_KEY] = BodyReservation(self)
        return found

    @property
    def is_asked_for(self) -> bool:
        """Whether a body is waiting for room."""
        return self._places is not None and self._places.is_asked_for

    async def take(self, client: str | None, size: int) -> int:
        """Wait for room and reserve it; returns how much: a body larger than a client's share gets all of that share.

        Raises:
            Unavailable: there is none in time, or too many wait for it.
        """
        if self._places is None:
            return 0
        taken = min(size, self._share)
        await self._places.wait(client, self._wait_seconds, size=taken)
        return taken

    def give_back(self, client: str | None, size: int) -> None:
        """Release room."""
        if self._places is not None:
            self._places.give_back(client, size)


def _busy() -> Unavailable:
    return Unavailable(
        "Others are sending as much as there is room for, or you are; send this again in a moment.",
        code="busy",
        headers={"Retry-After": "10"},
    )


class BodyReservation:
    """The room reserved for one body, until the end of its request."""

    __slots__ = ("_client", "_received", "_room", "_since", "_taken")

    def __init__(self, room: BodyMemory) -> None:
        """Begin without any."""
        self._room = room
        self._client: str | None = None
        self._taken = 0
        self._received = 0
        self._since = 0.0

    async def need(self, client: str | None, size: int) -> None:
        """Wait for room for that many bytes, if none is reserved yet; raises as `Room.take`."""
        if not self._taken:
            self._taken = await self._room.take(client, size)
            self._client = client
            self._since = asyncio.get_running_loop().time()

    def give_back(self) -> None:
        """Release what is reserved."""
        if self._taken:
            self._room.give_back(self._client, self._taken)
            self._taken = 0

    async def receive(self, receive: Receive) -> Message:
        """Receive the next chunk of the body.

        Raises:
            RequestTimeout: it has room that others wait for, and comes slowly.
        """
        if not self._taken:
            return await receive()
        coming = asyncio.ensure_future(_received(receive))
        try:
            while not coming.done():
                seconds = asyncio.get_running_loop().time() - self._since
                if seconds > GRACE_SECONDS + self._received / SLOWEST and self._room.is_asked_for:
                    raise _too_slow()
                await asyncio.wait([coming], timeout=_LOOK_SECONDS)
        finally:
            coming.cancel()
        message = coming.result()
        self._received += len(message.get("body", b""))
        return message


def reservation_of(scope: Scope) -> BodyReservation:
    """Return the room of a request's body; one outside of any budget is not counted."""
    found: BodyReservation = scope.get(_KEY) or BodyReservation(BodyMemory(0, 0.0))
    return found


async def _received(receive: Receive) -> Message:
    return await receive()


def _too_slow() -> RequestTimeout:
    return RequestTimeout(
        f"The body came at less than {SLOWEST} bytes a second while others waited to send theirs. Send it again.",
        headers={"Connection": "close"},
    )
