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


class _Watching:
    """What both classes of connections have.

    Attributes:
        liveness: is told of every wait for the server.
        hosts: the parameters of libpq for each host.
        longest_wait: for how many seconds a reply is awaited at the most.
        parameters: those of the host that the connection leads to.
        opened_at: when it was opened, by `time.monotonic`.
        machine: which it leads to.
    """

    liveness: ClassVar[Liveness]
    hosts: ClassVar[Sequence[Parameters]]
    longest_wait: ClassVar[float] = math.inf
    pgconn: Any
    parameters: Parameters

    def opened(self, number: int) -> None:
        """Note that the connection was opened a moment ago, to the host of a number."""
        self.parameters = self.hosts[number]
        self.opened_at = time.monotonic()
        self.machine = Machine(
            self.pgconn.host.decode(), self.pgconn.hostaddr.decode(), self.pgconn.port.decode()
        )
        self.liveness.connected(number)


class Watched(_Watching, psycopg.Connection[Any]):
    """A blocking connection; subclasses say which database it leads to.

    Attributes:
        warnings: how often the server has warned.
    """

    warnings: int = 0

    @classmethod
    def connect(cls, conninfo: str = "", **named: Any) -> Self:
        """Connect to the host that is wanted."""
        number = cls.liveness.find_host(_FIND_SECONDS)
        try:
            connection = super().connect(conninfo, **{**cls.hosts[number], **named})
        except psycopg.OperationalError as error:
            cls.liveness.failed(error)
            raise
        connection.opened(number)
        connection.add_notice_handler(connection.count_warning)
        return connection

    def count_warning(self, notice: psycopg.errors.Diagnostic) -> None:
        """Count a message of the server, if it is a warning."""
        self.warnings += notice.severity_nonlocalized == "WARNING"

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


class WatchedAsync(_Watching, psycopg.AsyncConnection[Any]):
    """An asynchronous connection; subclasses say which database it leads to."""

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
        connection.opened(number)
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
