"""Replicas: servers that follow the primary, answer reads in its place, and may lag.

Each has connections of its own. How far it has come is asked twice a second in the background, as is the version of
the primary; one that lags too much, cannot be reached or holds lost writes is left out, and comes back by itself. A client keeps to one
replica as long as that is in use (rendezvous hashing), and a request to the one that it has begun with.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol

import psycopg
from sqlalchemy import Connection, Engine

from app.database.engine import raw_sql as direct
from app.database.engine.driver_errors import ReplicaFailed
from app.database.engine.postgres import PostgresReader
from app.database.engine.postgres_connect import Server, make_postgres_engine
from app.database.engine.replica_lag import PrimaryHistory
from app.database.engine.request_reads import RequestReads
from app.database.engine.server_look import CAN_END, LOOK, ServerLook
from app.database.engine.tasks import start_task
from app.database.engine.versions import order_of
from app.errors import AnnalsError

LOOK_SECONDS: Final = 0.5
"""The time between two looks at a server: less than the second that `Age` counts in, so that an idle one has the age 0."""

PATIENCE_SECONDS: Final = 2.0
"""How long a look may take before the server counts as out of reach."""

WAIT_SECONDS: Final = 1.0
"""How long a read waits for a replica to reach the state that it asks for."""

_PAUSE_SECONDS: Final = 0.005
_UNKNOWN: Final = -1

_OUT_OF_REACH: Final = "it cannot be reached, or does not answer"
HAS_LOST_WRITES: Final = "it holds writes that are not in the history of the primary"


class ReplicaTooOld(ReplicaFailed):
    """A replica has not reached the state that was asked for."""


class ReplicaObserver(Protocol):
    """Is told what becomes of replicas, for metrics; `number` is that of the replica, from 1 on."""

    def looked(self, number: int, *, in_use: bool, lag_seconds: float | None) -> None:
        """Be told how a replica was found."""

    def stood_in_for(self, number: int) -> None:
        """Be told that the primary is asked in place of a replica that failed, or was too old."""


class Replica:
    """One replica.

    Attributes:
        number: its place in the setting, from 1 on.
        reader: reads single statements and short transactions.
        snapshots: opens connections for exports.
        order: the order of the newest version that it is known to have reached.
        out_because: why it is left out; None where it is in use.
        lag_seconds: how far it lagged behind the primary when it was looked at; None where nothing is known.
        found: what it said when it was looked at; None where it never answered.
        forks_since: the moment of `time.monotonic` since which its history is known to have the forks that it has.
    """

    def __init__(
        self, number: int, server: Server, history: PrimaryHistory, connections: int, exports: int
    ) -> None:
        """Describe a replica; nothing is connected."""
        self.number = number
        self.reader = PostgresReader(server, connections=connections, replica=True)
        self.snapshots: Engine = make_postgres_engine(server, connections=exports, read_only=True)
        self.order = _UNKNOWN
        self.out_because: str | None = None
        self.lag_seconds: float | None = None
        self.found: ServerLook | None = None
        self.forks_since = -math.inf
        self.woken = asyncio.Event()
        self._history = history
        self._looker = PostgresReader(server, connections=1, replica=True)
        self._server = server

    async def version(self) -> str:
        """Return its version."""
        version = await self.reader.version()
        self.order = max(self.order, order_of(version))
        return version

    def version_for_long_read(self, connection: Connection) -> str:
        """Return the version of a snapshot that is to be open for long.

        Raises:
            ReplicaFailed: the replica may cancel it.
        """
        [(version, can_end)] = direct.fetch_all(connection, CAN_END)
        if not can_end:
            raise ReplicaFailed("The replica may cancel long reads.")
        return str(version)

    async def look(self) -> ServerLook:
        """Ask how far it has come."""
        found = await _look(self._looker)
        if self.found is None or found.forks != self.found.forks:
            self.forks_since = time.monotonic()
        self.found = found
        return found

    def note_failure(self, error: ReplicaFailed) -> None:
        """Leave the replica out until it is looked at again, if nobody would be answered by it meanwhile."""
        cause = error.__cause__
        if isinstance(error, ReplicaTooOld) or cause is None:
            return
        cause = getattr(cause, "orig", None) or cause
        # What replay cancels is one read; its state is given, as is that of a missing table.
        if not (
            isinstance(cause, psycopg.Error)
            and cause.sqlstate
            and not cause.sqlstate.startswith(("08", "57"))
        ):
            self.out_because = _OUT_OF_REACH
            self.woken.set()

    async def close(self) -> None:
        """Close the connections of the event loop."""
        await self.reader.close()
        await self._looker.close()

    def dispose(self) -> None:
        """Close all others."""
        self.snapshots.dispose()
        self._server.close()


class Replicas:
    """The replicas of a database.

    Attributes:
        all: every one, in the order of the setting.
        observer: is told what becomes of them, where there is one.
    """

    def __init__(
        self, primary: Server, replicas: Sequence[Server], *, connections: int, exports: int, max_lag: float
    ) -> None:
        """Describe them; `start` begins to look at them, and until then they are in use as they are."""
        self._history = PrimaryHistory()
        self.all = [
            Replica(number, server, self._history, connections, exports)
            for number, server in enumerate(replicas, start=1)
        ]
        self.observer: ReplicaObserver | None = None
        self._primary = PostgresReader(primary, connections=1)
        self._found: ServerLook | None = None
        self._found_at = -math.inf
        self._max_lag = max_lag
        self._watching: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to look at the servers; returns once each was, or is found out of reach.

        The primary comes first, with which the others are compared.
        """
        primary = asyncio.Event()
        self._watching = [asyncio.ensure_future(self._watch_primary(primary))]
        await primary.wait()
        looked = [asyncio.Event() for _ in self.all]
        self._watching += [
            asyncio.ensure_future(self._watch(one, event))
            for one, event in zip(self.all, looked, strict=True)
        ]
        await asyncio.gather(*(event.wait() for event in looked))

    async def close(self) -> None:
        """Stop looking, and close the connections of the event loop."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._primary.close()
        for one in self.all:
            await one.close()

    async def choose(self, reads: RequestReads | None, least: int = 0) -> Replica | None:
        """Return the replica that a request is to read from; None where that is the primary.

        Args:
            reads: those of the request.
            least: the order of the oldest state that will do.
        """
        found = self.known(reads, least)
        if found is None and reads is not None and not reads.on_primary:
            # What is known may be half a second old: the replica of the client may have come further.
            first = self._first(reads.client)
            with suppress(AnnalsError):
                if first is not None and order_of(await first.version()) >= self._least(reads, least):
                    found = first
        return self._keep(reads, found)

    def known(self, reads: RequestReads | None, least: int = 0) -> Replica | None:
        """Return the replica that `choose` does as far as it is known, without asking any."""
        if reads is None:
            return next((one for one in self.all if one.out_because is None), None)
        if reads.on_primary:
            return None
        if reads.replica is not None:
            return self.all[reads.replica - 1]
        least, client = self._least(reads, least), reads.client
        reached = [one for one in self.all if one.out_because is None and (not least or one.order >= least)]
        return max(reached, key=lambda one: hash((client, one.number))) if reached else None

    async def wait(self, reads: RequestReads) -> None:
        """Wait until a replica has what a request asks for; decides where it reads.

        A replica that is known to lag by more than one waits is not waited for.
        """
        last = time.monotonic() + WAIT_SECONDS
        while await self.choose(reads) is None:
            first = self._first(reads.client)
            if first is None or (first.lag_seconds or 0.0) > WAIT_SECONDS or time.monotonic() >= last:
                return
            reads.on_primary = False
            await asyncio.sleep(_PAUSE_SECONDS)

    def _first(self, client: int) -> Replica | None:
        in_use = [one for one in self.all if one.out_because is None]
        return max(in_use, key=lambda one: hash((client, one.number))) if in_use else None

    def _least(self, reads: RequestReads, least: int) -> int:
        return max(least, reads.least, reads.seen)

    def _keep(self, reads: RequestReads | None, found: Replica | None) -> Replica | None:
        if reads is not None:
            reads.replica = None if found is None else found.number
            reads.on_primary = found is None
        return found

    def accepting(self, one: Replica, reads: RequestReads | None, least: int = 0) -> Callable[[str], None]:
        """Return what takes a state of a replica as what a request is answered from; it raises `ReplicaTooOld`."""
        if reads is not None:
            least = self._least(reads, least)

        def accept(version: str) -> None:
            order = order_of(version)
            one.order = max(one.order, order)
            if order < least:
                raise ReplicaTooOld("The replica has not reached that state yet.")
            if reads is not None:
                reads.accept_of_replica(version, self._history.complete_until(order))

        return accept

    @contextmanager
    def stood_in_for(self, one: Replica, reads: RequestReads | None) -> Iterator[None]:
        """End the block where a replica fails in it, for the primary to be asked, as by all that the request reads then."""
        before = math.inf if reads is None else reads.complete_until
        try:
            yield
        except ReplicaFailed as error:
            if self._watching:
                one.note_failure(error)
            if reads is not None:
                reads.leave_replica(before)
            if self.observer is not None:
                self.observer.stood_in_for(one.number)

    def dispose(self) -> None:
        """Let go of what snapshots hold."""
        for one in self.all:
            one.dispose()

    async def _watch_primary(self, looked: asyncio.Event) -> None:
        while True:
            with suppress(AnnalsError, TimeoutError):
                began = time.monotonic()
                self._found, self._found_at = await _in_time(lambda: _look(self._primary)), began
                self._history.note(self._found.order, began)
            looked.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def _watch(self, one: Replica, looked: asyncio.Event) -> None:
        while True:
            one.woken.clear()
            try:
                found = await _in_time(one.look)
            except (AnnalsError, TimeoutError):
                one.out_because = _OUT_OF_REACH
            else:
                self._judge(one, found)
            if self.observer is not None:
                self.observer.looked(one.number, in_use=one.out_because is None, lag_seconds=one.lag_seconds)
            looked.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await one.woken.wait()

    def _judge(self, one: Replica, found: ServerLook) -> None:
        """Decide whether a replica is in use, by what it said of itself."""
        order = one.order = found.order
        lag = self._history.seconds_behind(order)
        if self._found is None:
            one.lag_seconds = None
        elif self._history.complete_until(order) is None:
            # It was behind already when it was first looked at: what it has replayed last tells by how much.
            one.lag_seconds = max(lag, found.replayed_seconds_ago or 0.0)
        else:
            one.lag_seconds = lag
        one.out_because = None
        if self._found is None:
            return
        if self._found.identity != found.identity:
            one.out_because = "it holds another database"
        elif not found.goes_on_to(self._found) and (
            # It may have come to a new branch after the primary was looked at: then the next look decides.
            self._found_at >= one.forks_since or set(found.forks) <= set(self._found.forks)
        ):
            one.out_because = HAS_LOST_WRITES
        elif (one.lag_seconds or 0.0) > self._max_lag:
            one.out_because = f"it lags by {one.lag_seconds:.0f} seconds"


async def _look(reader: PostgresReader) -> ServerLook:
    return ServerLook.of((await reader.fetch(LOOK, {}))[0])


async def _in_time(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Await an answer for as long as a look may take; what hangs is given up, and not awaited.

    Raises:
        TimeoutError: there was none in time.
    """

    async def asked() -> Any:
        return await ask()

    asking = start_task(asked())
    try:
        await asyncio.wait([asking], timeout=PATIENCE_SECONDS)
        if not asking.done():
            raise TimeoutError
        return asking.result()
    finally:
        asking.cancel()
