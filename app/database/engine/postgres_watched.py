"""Connections of psycopg that lead to the host that is wanted, and whose every wait for the server is recorded."""

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Self

import psycopg

from app.database.engine.postgres_liveness import Liveness, Machine
from app.database.engine.postgres_probes import Parameters

_FIND_SECONDS: Final = 5.0
"""How long it may take to find the host that is wanted, which is no connection yet."""


class Watched(psycopg.Connection[Any]):
    """A blocking connection; subclasses say which database it leads to."""

    liveness: ClassVar[Liveness]
    hosts: ClassVar[Sequence[Parameters]]
    longest_wait: ClassVar[float] = math.inf
    parameters: Parameters

    def __init__(self, pgconn: Any, *arguments: Any, **named: Any) -> None:
        """Take a connection that was opened a moment ago."""
        super().__init__(pgconn, *arguments, **named)
        self.opened_at = time.monotonic()
        self.machine = _machine(pgconn)

    @classmethod
    def connect(cls, conninfo: str = "", **named: Any) -> Self:
        """Connect to the host that is wanted."""
        number = cls.liveness.find_host(_FIND_SECONDS)
        try:
            connection = super().connect(conninfo, **{**cls.hosts[number], **named})
        except psycopg.OperationalError as error:
            cls.liveness.failed(error)
            raise
        connection.parameters = cls.hosts[number]
        cls.liveness.connected(number)
        return connection

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """Wait for the server, and have it recorded."""
        wait = self.liveness.begin(self)
        try:
            found = super().wait(gen, *arguments, **named)
        except BaseException as error:
            self.liveness.end(wait, error)
            raise
        self.liveness.end(wait)
        return found


class WatchedAsync(psycopg.AsyncConnection[Any]):
    """An asynchronous connection; subclasses say which database it leads to."""

    liveness: ClassVar[Liveness]
    hosts: ClassVar[Sequence[Parameters]]
    longest_wait: ClassVar[float] = math.inf
    parameters: Parameters

    def __init__(self, pgconn: Any, *arguments: Any, **named: Any) -> None:
        """Take a connection that was opened a moment ago."""
        super().__init__(pgconn, *arguments, **named)
        self.opened_at = time.monotonic()
        self.machine = _machine(pgconn)

    @classmethod
    async def connect(cls, conninfo: str = "", **named: Any) -> Self:
        """Connect to the host that is wanted."""
        # Where there is but one, nobody is waited for.
        find = cls.liveness.find_host
        number = find(0) if len(cls.hosts) == 1 else await asyncio.to_thread(find, _FIND_SECONDS)
        try:
            connection = await super().connect(conninfo, **{**cls.hosts[number], **named})
        except psycopg.OperationalError as error:
            cls.liveness.failed(error)
            raise
        connection.parameters = cls.hosts[number]
        cls.liveness.connected(number)
        return connection

    async def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """Wait for the server, and have it recorded."""
        wait = self.liveness.begin(self)
        try:
            found = await super().wait(gen, *arguments, **named)
        except BaseException as error:
            self.liveness.end(wait, error)
            raise
        self.liveness.end(wait)
        return found


def watched(
    liveness: Liveness, hosts: Sequence[Parameters], *, longest_reading: float
) -> tuple[type[Watched], type[WatchedAsync]]:
    """Return connection classes, blocking and asynchronous, for a database that has these hosts.

    A reply on one of the asynchronous ones, which only read, is awaited for `longest_reading` seconds at the most.
    """
    members = {"liveness": liveness, "hosts": hosts}
    return (
        type("WatchedHere", (Watched,), members),
        type("WatchedHereAsync", (WatchedAsync,), {**members, "longest_wait": longest_reading}),
    )


def _machine(pgconn: Any) -> Machine:
    return Machine(pgconn.host.decode(), pgconn.hostaddr.decode(), pgconn.port.decode())
