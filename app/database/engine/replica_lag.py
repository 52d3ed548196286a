"""How stale a replica's data may be: recorded where a replica is read, reported where the request is answered."""

import math
import time
from contextvars import ContextVar
from typing import Final


class ReplicaLag:
    """The moment up to which everything that a request has read is complete."""

    def __init__(self) -> None:
        """Nothing has been read from a replica yet."""
        self._as_of: float | None = None

    def note(self, as_of: float) -> None:
        """Record a read that saw every write up to a moment of `time.monotonic`; the oldest counts."""
        self._as_of = as_of if self._as_of is None else min(self._as_of, as_of)

    def age(self) -> int | None:
        """Return for how many seconds writes may be missing, rounded up; None where no replica was read."""
        if self._as_of is None:
            return None
        return math.ceil(max(0.0, time.monotonic() - self._as_of))


OBSERVED: Final[ContextVar[ReplicaLag | None]] = ContextVar("freshness", default=None)
"""Where the reads of the current request are recorded; None where nobody reports them."""


def note(as_of: float) -> None:
    """Record a read from a replica for the current request."""
    observed = OBSERVED.get()
    if observed is not None:
        observed.note(as_of)
