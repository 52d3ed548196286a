"""Asks Postgres servers, on connections of their own, whether they answer at all and take what they are wanted for."""

import os
import selectors
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from enum import Enum, auto
from errno import EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ETIMEDOUT
from typing import Any, Final

import psycopg

Parameters = Mapping[str, Any]
"""What libpq connects with (PostgreSQL manual, 34.1.2)."""

_AT_ONCE: Final = 16
"""Probes of one host that may be under way: while it is silent another begins before the last has given up."""

_UNREACHABLE: Final = tuple(
    os.strerror(code) for code in (EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ETIMEDOUT)
)
"""What libpq quotes of the kernel where no machine answered: no refusal, for that takes one."""


class Answer(Enum):
    """What a server answered to a probe."""

    SILENT = auto()
    """Nothing within the time, or nobody is there."""

    REFUSED = auto()
    """It is there, and does not give what is wanted: it starts, is full, or is a standby."""

    WANTED = auto()
    """It ran a query in a session as it is wanted."""


class Probes:
    """Begins probes of hosts, each in a thread of its own, so that one that hangs is in nobody's way."""

    def __init__(self, tell: Callable[[int, Answer], None]) -> None:
        """Begin nothing yet; `tell` is called in the thread of a probe with its host's number and answer."""
        self._tell = tell
        self._running: dict[int, int] = {}
        self._lock = threading.Lock()

    def begin(self, number: int, parameters: Parameters, seconds: float) -> None:
        """Probe a host, unless enough probes of it are under way."""
        with self._lock:
            if self._running.get(number, 0) >= _AT_ONCE:
                return
            self._running[number] = self._running.get(number, 0) + 1
        threading.Thread(
            target=self._run, args=(number, parameters, seconds), name="annals-probe", daemon=True
        ).start()

    def _run(self, number: int, parameters: Parameters, seconds: float) -> None:
        try:
            self._tell(number, probe(parameters, seconds))
        finally:
            with self._lock:
                self._running[number] -= 1
                if not self._running[number]:
                    del self._running[number]


def probe(parameters: Parameters, seconds: float) -> Answer:
    """Connect to a server and run a query; each of both may last so long."""
    try:
        connection = _connected(parameters, seconds)
    except psycopg.errors.ConnectionTimeout:
        return Answer.SILENT
    except psycopg.Error as error:
        return Answer.SILENT if is_unreachable(error) else Answer.REFUSED
    with closing(connection):
        try:
            result = _asked(connection.pgconn, b"SELECT 1", time.monotonic() + seconds)
        except psycopg.Error:
            return Answer.REFUSED
    if result is None:
        return Answer.SILENT
    return Answer.WANTED if result.status == psycopg.pq.ExecStatus.TUPLES_OK else Answer.REFUSED


def ended_backends(parameters: Parameters, backends: Collection[int], seconds: float) -> set[int]:
    """Return which of these processes of the server are there no more; none where it does not say."""
    query = "SELECT coalesce(string_agg(pid::text, ','), '') FROM pg_stat_activity WHERE pid = ANY(ARRAY[{}])"
    asked = query.format(",".join(map(str, backends)))
    try:
        with closing(_connected(parameters, seconds)) as connection:
            result = _asked(connection.pgconn, asked.encode(), time.monotonic() + seconds)
    except psycopg.Error:
        return set()
    if result is None or result.status != psycopg.pq.ExecStatus.TUPLES_OK:
        return set()
    found = (result.get_value(0, 0) or b"").split(b",")
    return set(backends) - {int(pid) for pid in found if pid}


def _connected(parameters: Parameters, seconds: float) -> "psycopg.Connection[Any]":
    own = {"connect_timeout": max(1, round(seconds)), "application_name": "annals"}
    return psycopg.connect(**{**parameters, **own}, autocommit=True)


def is_unreachable(error: BaseException) -> bool:
    """Return whether a connection failed because nobody was there, rather than by a refusal."""
    return isinstance(error, psycopg.errors.ConnectionTimeout) or any(
        said in str(error) for said in _UNREACHABLE
    )


def _asked(pgconn: Any, query: bytes, last: float) -> Any:
    """Run a query and return its result; None where that did not come before the moment `last`."""
    pgconn.send_query(query)
    with selectors.DefaultSelector() as waiting:
        waiting.register(pgconn.socket, selectors.EVENT_READ)
        while True:
            left = last - time.monotonic()
            if left <= 0 or not waiting.select(left):
                return None
            pgconn.consume_input()
            if not pgconn.is_busy():
                return pgconn.get_result()
