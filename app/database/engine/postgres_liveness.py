"""Detects a Postgres server that neither answers nor refuses, so that no request hangs on it.

A server that is stopped, or behind a network that drops packets, keeps its connections open: a client waits
until its kernel gives up, which may be never. So each wait for a reply is recorded, and where one has
lasted long, a connection of its own checks whether the server answers at all. If it does, the query is
merely slow, and goes on. If it does not, the sockets of those that wait are shut down, which ends their
waits as if the server had closed the connection; and later queries are refused at once until the server
answers again.
"""

import os
import select
import socket
import threading
import time
from contextlib import closing, suppress
from typing import Any, Final

import psycopg

# Together less than the whole time that a wait may last.
_LOOK: Final = 1 / 16

_LONG: Final = 3 / 8

_ASK: Final = 1 / 2
"""Shares of that time: between checks of the waits, until a wait is long, and for the reply to a check."""


class ServerSilent(psycopg.OperationalError):
    """The server does not answer."""


class Liveness:
    """Watches the waits for one server; its thread runs from the first wait on."""

    def __init__(self, url: str, wait_seconds: float) -> None:
        """Watch the server at `url`; nobody waits for it much longer than `wait_seconds` while it does not answer."""
        self.silent = False
        self._url = url
        self._seconds = wait_seconds
        self._waits: dict[object, tuple[float, Any]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, pgconn: Any) -> object:
        """Record that a reply is awaited on a connection; returns what `end` takes.

        Raises:
            ServerSilent: the server does not answer anybody.
        """
        self.refuse_if_silent()
        if self._thread is None:
            self._start()
        wait = object()
        self._waits[wait] = (time.monotonic(), pgconn)
        return wait

    def refuse_if_silent(self) -> None:
        """Raise `ServerSilent` if the server does not answer, as waiting would be in vain."""
        if self.silent:
            raise ServerSilent("the server does not answer")

    def end(self, wait: object) -> None:
        """Record that the wait is over; the lock ensures that a socket is shut down only while it is waited on."""
        with self._lock:
            del self._waits[wait]

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="annals-liveness", daemon=True)
                self._thread.start()

    def _watch(self) -> None:
        while not self._closed.wait(self._seconds * _LOOK):
            now = time.monotonic()
            longest = max((now - since for since, _ in list(self._waits.values())), default=0.0)
            if self.silent or longest >= self._seconds * _LONG:
                self.silent = not self._answers()
            if self.silent:
                self._hang_up(now)

    def _hang_up(self, before: float) -> None:
        """Shut down the sockets of the waits that began before a moment."""
        with self._lock:
            for since, pgconn in list(self._waits.values()):
                if since < before:
                    with suppress(OSError, psycopg.Error):
                        _shut_down(pgconn.socket)

    def _answers(self) -> bool:
        """Return whether the server answers at all; refusing a connection counts."""
        seconds = self._seconds * _ASK
        last = time.monotonic() + seconds
        try:
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=max(1, round(seconds)),
                application_name="annals",
            )
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            return True
        with closing(connection):
            try:
                return _answered(connection.pgconn, last)
            except psycopg.Error:
                return True


def _answered(pgconn: Any, last: float) -> bool:
    """Run a query, and return whether it was answered before the moment `last`."""
    pgconn.send_query(b"SELECT 1")
    while True:
        left = last - time.monotonic()
        if left <= 0 or not select.select([pgconn.socket], [], [], left)[0]:
            return False
        pgconn.consume_input()
        if not pgconn.is_busy():
            return True


def _shut_down(number: int) -> None:
    # A duplicate of the socket: closing the original remains the driver's business.
    with closing(socket.socket(fileno=os.dup(number))) as held:
        held.shutdown(socket.SHUT_RDWR)


def watched(liveness: Liveness) -> tuple[type[psycopg.Connection[Any]], type[psycopg.AsyncConnection[Any]]]:
    """Return connection classes, blocking and asynchronous, whose every wait for the server is recorded."""

    class Watched(psycopg.Connection[Any]):
        def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
            wait = liveness.begin(self.pgconn)
            try:
                return super().wait(gen, *arguments, **named)
            finally:
                liveness.end(wait)

    class WatchedAsync(psycopg.AsyncConnection[Any]):
        async def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
            wait = liveness.begin(self.pgconn)
            try:
                return await super().wait(gen, *arguments, **named)
            finally:
                liveness.end(wait)

    return Watched, WatchedAsync
