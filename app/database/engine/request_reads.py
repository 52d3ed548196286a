"""What one request asks of the states of the database that it is answered from, and which it has read."""

import math
import time
from contextvars import ContextVar
from typing import Final

from app.database.engine.versions import order_of
from app.errors import Unavailable


class RequestReads:
    """The reads of one request.

    Attributes:
        client: a number of 64 bits that stands for who asks: whoever it is keeps to one replica.
        least: the order of the oldest state that the request may be answered from; 0 is any.
        seen: the order of the newest state that its client has been answered from: no replica behind that answers.
        has_written: whether the request has begun to write.
        is_latest: whether it asks for the newest state that there is.
        on_primary: whether all that is left to be read is read from the primary.
        replica: the number of the replica that the request has begun to read from, and stays on.
        version: the version of what was read last, where it is known.
        written: the version that its last write has made; None where none made any.
        complete_until: the moment up to which every write is in what was read of replicas; infinite where no replica
            was read, None where nothing is known.
    """

    # Defaults of the class: there is one object for each request, of which most set next to none of these.
    least: int = 0
    seen: int = 0
    client: int = 0
    has_written: bool = False
    is_latest: bool = False
    on_primary: bool = False
    replica: int | None = None
    version: str | None = None
    written: str | None = None
    complete_until: float | None = math.inf

    def accept(self, version: str) -> None:
        """Take a state of the primary as what the request is answered from.

        Raises:
            Unavailable: it is older than what the request asks for.
        """
        if self.least and order_of(version) < self.least:
            raise Unavailable(
                "The database is not in the state that Annals-Min-Version asks for, nor in a later one.",
                code="version_not_reached",
                headers={"Retry-After": "1"},
            )
        self.version = version

    def accept_of_replica(self, version: str, complete_until: float | None) -> None:
        """Take a state of a replica, which has every write up to a moment of `time.monotonic`; None is unknown."""
        self.version = version
        if complete_until is None or self.complete_until is None:
            self.complete_until = None
        else:
            self.complete_until = min(self.complete_until, complete_until)

    def leave_replica(self, complete_until: float | None) -> None:
        """Read all that is left from the primary; `complete_until` is what it was before the replica failed."""
        self.replica, self.on_primary = None, True
        self.complete_until = complete_until

    @property
    def age(self) -> int | None:
        """The whole seconds for which writes may be missing; None where no replica was read, or nothing is known of it."""
        if self.complete_until is None or self.complete_until == math.inf:
            return None
        return max(0, math.floor(time.monotonic() - self.complete_until))


READS: Final[ContextVar[RequestReads | None]] = ContextVar("reads", default=None)
"""The reads of the current request; None where there is none, as in commands."""


def note_writing() -> None:
    """Record that the current request writes."""
    reads = READS.get()
    if reads is not None:
        reads.has_written = True


def note_written(version: str | None) -> None:
    """Record that what the current request wrote is committed, and which version has it; None where that makes none."""
    reads = READS.get()
    if reads is not None and version is not None:
        reads.written = version
