"""The open connections of one worker: how many there are, how long each takes, how much memory each uses.

uvicorn's own limit (`limit_concurrency`) refuses requests, not connections, and of timeouts it has only the
one between two requests. The checks here run a few times a second for all connections together, so that a
request costs no timer.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from app.errors import AnnalsError, TooManyRequests, Unavailable
from app.open_files import most_connections
from app.settings import Settings
from app.web import metrics
from app.web.client_addresses import is_loopback, is_trusted, network_of

_RETRY: Final = {"Retry-After": "2"}


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What connections may cost. A number that is 0 is no limit.

    Attributes:
        total: connections at once.
        per_address: connections of one address at once.
        head_seconds: from connecting, or from the first byte of a request, to the end of its headers.
        body_seconds: the time over which the rate of a body is taken.
        write_seconds: the time over which the rate of reading an answer is taken.
        bytes_per_second: the least rate of either.
        unsent_bytes: what may be kept of answers that are not read, for all connections together.
        proxies: whose connections are those of many clients, and not counted by address.
        loopback: whether the connections of this very machine are counted by address.
    """

    total: int
    per_address: int
    head_seconds: float
    body_seconds: float
    write_seconds: float
    bytes_per_second: int
    unsent_bytes: int
    proxies: tuple[str, ...] = ()
    loopback: bool = False

    @classmethod
    def of(cls, settings: Settings, files: int | None) -> "ConnectionLimits":
        """Return the limits from the settings; there are never more connections than this process may open `files`."""
        return cls(
            total=most_connections(settings.max_connections, files),
            per_address=settings.max_connections_per_address,
            head_seconds=settings.head_timeout_seconds,
            body_seconds=settings.body_timeout_seconds,
            write_seconds=settings.write_timeout_seconds,
            bytes_per_second=settings.min_bytes_per_second,
            unsent_bytes=settings.max_unsent_bytes,
            proxies=settings.forwarded_allow_ips,
            loopback=settings.rate_limit_loopback,
        )

    def counted_as(self, address: str) -> str | None:
        """Return the name under which the connections of an address are counted; None where they are not."""
        if is_trusted(address, self.proxies) or (not self.loopback and is_loopback(address)):
            return None
        return network_of(address)

    def look_every(self) -> float:
        """Return how often to check the connections, in seconds: often enough for every timeout."""
        times = (self.head_seconds, self.body_seconds, self.write_seconds)
        return min(1.0, *(seconds / 4 for seconds in times if seconds))


class Connection(Protocol):
    """The state of a connection."""

    counted_as: str | None
    """The name under which it is counted by address."""

    stalled: float
    """For how many seconds, as of the last check, its client had read nothing of a response."""

    @property
    def awaits_request(self) -> bool:
        """Whether no request on it is being answered, and none has come whole."""

    @property
    def is_read(self) -> bool:
        """Whether its client has read all that was written."""

    @property
    def waited(self) -> float:
        """For how many seconds it has been in its present state, as of the last check."""

    def look(self, seconds: float) -> None:
        """Count the seconds since the last check, and close it where the client has timed out."""

    def hang_up(self, reason: str) -> None:
        """Close it at once, whatever is in progress on it."""


class Connections:
    """The open connections of one worker."""

    def __init__(self, limits: ConnectionLimits) -> None:
        """Begin with none."""
        self.limits = limits
        self._open: dict[Connection, None] = {}
        self._of_address: dict[str, int] = {}
        self._unsent: dict[Connection, int] = {}
        self._unsent_bytes = 0
        self._looking = False

    def enter(self, one: Connection, loop: asyncio.AbstractEventLoop) -> AnnalsError | None:
        """Add a connection; returns the error to refuse it with where there are too many.

        Where there is one too many, the one that has waited longest for a request is closed instead: an
        idle connection is closed without loss, as its client has to expect (RFC 9112 §9.6).
        """
        limits, name = self.limits, one.counted_as
        if limits.per_address and name is not None and self._of_address.get(name, 0) >= limits.per_address:
            if not self._make_room(name):
                metrics.count_closed("too_many_of_address")
                detail = f"There are {limits.per_address} connections from this address already."
                return TooManyRequests(detail, code="too_many_connections", headers=_RETRY)
        elif limits.total and len(self._open) >= limits.total and not self._make_room(None):
            metrics.count_closed("too_many")
            detail = "There are as many connections as there may be."
            return Unavailable(detail, code="too_many_connections", headers=_RETRY)
        self._open[one] = None
        if name is not None:
            self._of_address[name] = self._of_address.get(name, 0) + 1
        if not self._looking:
            self._looking = True
            self._look_later(loop)
        return None

    def leave(self, one: Connection) -> None:
        """Remove a connection; it may have been removed already."""
        self.note_sent(one)
        if one not in self._open:
            return
        del self._open[one]
        name = one.counted_as
        if name is not None:
            left = self._of_address[name] - 1
            if left:
                self._of_address[name] = left
            else:
                del self._of_address[name]

    def _make_room(self, name: str | None) -> bool:
        """Close the connection that is idle longest, of one address where it is given; returns whether there was one."""
        idle = [one for one in self._open if one.awaits_request and (name is None or one.counted_as == name)]
        if not idle:
            return False
        # Prefer one whose response was read to one that may be reading it; of equals, the one that came
        # first.
        victim = max(idle, key=lambda one: (one.is_read, one.waited))
        self.leave(victim)
        victim.hang_up("made_room")
        return True

    def note_unsent(self, one: Connection, size: int) -> None:
        """Record how much of a response is buffered for a client that reads more slowly than it is written.

        Where all together have too much, the connection that has read nothing for longest is closed.
        """
        limit = self.limits.unsent_bytes
        self._unsent_bytes += size - self._unsent.get(one, 0)
        self._unsent[one] = size
        while limit and self._unsent_bytes > limit and len(self._unsent) > 1:
            victim = max(
                (other for other in self._unsent if other is not one), key=lambda other: other.stalled
            )
            self.note_sent(victim)
            victim.hang_up("too_much_unsent")

    def note_sent(self, one: Connection) -> None:
        """Record that nothing is buffered for a connection any more."""
        self._unsent_bytes -= self._unsent.pop(one, 0)

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        every = self.limits.look_every()
        loop.call_later(every, self._look, loop, loop.time(), every)

    def _look(self, loop: asyncio.AbstractEventLoop, last: float, every: float) -> None:
        # Time in which this process itself was suspended does not count against clients.
        seconds = min(loop.time() - last, 2 * every)
        self._looking = bool(self._open)
        if self._looking:
            self._look_later(loop)
        for one in tuple(self._open):
            one.look(seconds)
