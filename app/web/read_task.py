"""The work on one read: a task that is cancelled when it is to be dropped, and told so from one cancelled outside."""

import asyncio
from enum import Enum, auto
from typing import Any

from starlette.types import Receive, Scope

from app.web.read_classification import Key


class DropReason(Enum):
    """Why the work on a read is dropped."""

    NO_PLACE = auto()
    SAME_AS_OTHER = auto()
    TOO_LONG = auto()
    CLIENT_WENT = auto()


class Read:
    """A read that is under way."""

    __slots__ = (
        "arrived",
        "began",
        "cancelled",
        "client",
        "dropped",
        "dropped_at",
        "ended",
        "has_page_place",
        "has_place",
        "is_begun",
        "is_long",
        "key",
        "receive",
        "scope",
        "sends",
        "task",
        "took_too_long",
        "watcher",
    )

    def __init__(self, scope: Scope, receive: Receive, now: float) -> None:
        """Begin to work on a request."""
        self.scope = scope
        self.receive = receive
        self.task: asyncio.Task[Any] | None = asyncio.current_task()
        self.arrived = self.began = now
        self.is_long = False
        self.sends = False
        self.has_place = False
        self.has_page_place = False
        self.is_begun = False
        self.took_too_long = False
        self.client = ""
        self.key: Key | None = None
        self.dropped: DropReason | None = None
        self.dropped_at = 0.0
        self.cancelled = 0
        self.ended: asyncio.Future[None] | None = None
        self.watcher: asyncio.Task[None] | None = None

    def drop(self, why: DropReason, now: float) -> None:
        """Have the work end."""
        if self.dropped is None or why is DropReason.CLIENT_WENT:
            self.dropped = why
        self.dropped_at = now
        if self.task is not None:
            self.cancelled += 1
            self.task.cancel()

    def take_back(self) -> None:
        """Have the task go on, after it was cancelled here."""
        if self.task is not None:
            for _ in range(self.cancelled):
                self.task.uncancel()
        self.cancelled = 0


async def watch_client(read: Read) -> None:
    """Drop the work on a read when its client goes."""
    while (await read.receive())["type"] != "http.disconnect":
        pass
    read.drop(DropReason.CLIENT_WENT, asyncio.get_running_loop().time())
