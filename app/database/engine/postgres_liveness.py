"""A Postgres that neither answers nor refuses: noticed, and nobody left waiting for it.

A server that is stopped in its tracks, or behind a network that swallows what is sent, keeps its connections open:
whoever waits on one waits until the kernel gives it up, which may be never. So each wait for an answer is noted,
and where one has lasted long, a connection of its own asks whether the server answers anybody. If it does, the
question is a long one, and goes on. If it does not, the sockets of those who wait are shut down, whose waits then
end as if the server had hung up; and whoever asks next is refused at once, until the server answers again.
"""

import os
import select
import socket
import threading
import time
from contextlib import closing, suppress
from typing import Any, Final

import psycopg

# Together less than the whole of the time that a wait may last.
_LOOK: Final = 1 / 16


_LONG: Final = 3 / 8


_ASK: Final = 1 / 2
"""Parts of that time: after which the waits are looked at again, after which one is long, and which an answer has."""


class ServerSilent(psycopg.OperationalError):
    """The server has not answered anybody lately."""


class Liveness:
    """Watches the waits for one server; its thread runs from the first wait on."""

    def __init__(self, url: str, wait_seconds: float) -> None:
        """Let nobody wait longer than about `wait_seconds` for the server at `url` if that answers nobody."""
        self.silent = False
        self._url = url
        self._seconds = wait_seconds
        self._waits: dict[object, tuple[float, Any]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, pgconn: Any) -> object:
        """Note that an answer is awaited on a connection; gives what `end` takes.

        Raises:
            ServerSilent: the server answers nobody.
        """
        self.refuse_if_silent()
        if self._thread is None:
            self._start()
        wait = object()
        self._waits[wait] = (time.monotonic(), pgconn)
        return wait

    def refuse_if_silent(self) -> None:
        """Raise `ServerSilent` if the server answers nobody: there is no use in waiting for it."""
        if self.silent:
            raise ServerSilent("the server does not answer")

    def end(self, wait: object) -> None:
        """Note that the wait is over; held by the lock, a socket is shut down only while it is waited on."""
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
        """End the waits that began before a moment."""
        with self._lock:
            for since, pgconn in list(self._waits.values()):
                if since < before:
                    with suppress(OSError, psycopg.Error):
                        _shut_down(pgconn.socket)

    def _answers(self) -> bool:
        """Ask the server for anything; one that refuses answers as well."""
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
    """Ask a question, and say whether it was answered before the moment `last`."""
    pgconn.send_query(b"SELECT 1")
    while True:
        left = last - time.monotonic()
        if left <= 0 or not select.select([pgconn.socket], [], [], left)[0]:
            return False
        pgconn.consume_input()
        if not pgconn.is_busy():
            return True


def _shut_down(number: int) -> None:
    # A socket of our own on the same connection: the number stays the driver's to close.
    with closing(socket.socket(fileno=os.dup(number))) as held:
        held.shutdown(socket.SHUT_RDWR)


def watched(liveness: Liveness) -> tuple[type[psycopg.Connection[Any]], type[psycopg.AsyncConnection[Any]]]:
    """Give connections, blocking and asynchronous, whose every wait for the server is watched."""

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
