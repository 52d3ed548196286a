"""Notices Postgres servers that neither answer nor refuse, so that no request hangs on one, and finds the one that is wanted.

A server that is stopped, or behind a network that drops packets, keeps its connections open: a client waits
until its kernel gives up, which may be never. So each wait for a reply is recorded, and where one has
lasted long, a connection of its own checks whether that machine answers at all. If it does, the query is
merely slow, and goes on. If it does not, the sockets of those that wait for it are shut down, which ends their
waits as if the server had closed the connection. All other connections to it end before they are used again.
Behind a proxy, a machine may answer while the one that a connection led to is gone: where a wait lasts on, it is asked
whether the process that works for it is there.

Where the address names several hosts, all are asked at once, and the first that is wanted (the one that takes writes,
say) is connected to. While there is none, queries are refused at once and the hosts asked again, several times a second.
"""

import itertools
import os
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any, Final, NamedTuple

import psycopg

from app.database.engine.postgres_probes import Answer, Parameters, Probes, ended_backends, is_unreachable

# Together less than the whole time that a wait may last.
_LOOK: Final = 1 / 16

_LONG: Final = 3 / 8

_ASK: Final = 1 / 2
"""Shares of that time: between checks of the waits (half of it in silence), until a wait is long, for a check's reply."""

_FRESH_SECONDS: Final = 2.0
"""How long a host that was found is connected to without being asked first."""

_RENEW_SECONDS: Final = 1.0
"""The least time between two renewals of all connections, however many writes a standby refuses."""


class ServerSilent(psycopg.OperationalError):
    """The server does not answer."""


class Machine(NamedTuple):
    """What a connection leads to: the host as it was asked for, the address that it had, and the port."""

    host: str
    address: str
    port: str


class _Wait(NamedTuple):
    since: float
    connection: Any


class Liveness:
    """Watches the waits for one database; its thread runs from the first wait on."""

    def __init__(self, hosts: Sequence[Parameters], wait_seconds: float) -> None:
        """Watch a database that has these hosts; nobody waits for them much longer than `wait_seconds` in silence."""
        self.silent = False
        self._hosts = hosts
        self._seconds = wait_seconds
        self._waits: dict[object, _Wait] = {}
        self._lost: dict[Machine, float] = {}
        self._heard: dict[Machine, float] = {}
        self._renewed_at = 0.0
        self._found: tuple[int, float] | None = None
        self._answers: dict[int, tuple[float, Answer]] = {}
        self._judgements = itertools.count(len(hosts))
        self._judged = -1
        self._answered = threading.Condition()
        self._probes = Probes(self._note)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, connection: Any) -> object:
        """Record that a reply is awaited on a connection; returns what `end` takes.

        Raises:
            ServerSilent: the server does not answer anybody.
        """
        self.refuse_if_silent()
        if self._thread is None:
            self._start()
        if self._is_over(connection):
            _shut_down(connection)
        wait = object()
        self._waits[wait] = _Wait(time.monotonic(), connection)
        return wait

    def refuse_if_silent(self) -> None:
        """Raise `ServerSilent` if the server does not answer, as waiting would be in vain."""
        if self.silent:
            raise ServerSilent("the server does not answer")

    def end(self, wait: object, error: BaseException | None = None) -> None:
        """Record that the wait is over; the lock ensures that a socket is shut down only while it is waited on."""
        with self._lock:
            ended = self._waits.pop(wait)
        if error is None:
            self._heard[ended.connection.machine] = time.monotonic()
        elif isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            self._renew()

    def _renew(self) -> None:
        """Have every connection made anew before its next transaction: a standby takes no writes, and answers late."""
        now = time.monotonic()
        if now - self._renewed_at >= _RENEW_SECONDS:
            self._renewed_at = now
            self._found = None

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()

    def find_host(self, seconds: float) -> int:
        """Return the number of the host to connect to; of several, one that is wanted, found within so many seconds.

        Raises:
            ServerSilent: no host answers, or none is wanted.
        """
        self.refuse_if_silent()
        if len(self._hosts) == 1:
            return 0
        now = time.monotonic()
        found = self._found
        if found is not None and now - found[1] < _FRESH_SECONDS:
            return found[0]
        self._ask_hosts(seconds)
        with self._answered:
            self._answered.wait_for(
                lambda: self._wanted(now) is not None or self._have_all_answered(now), seconds
            )
            wanted = self._wanted(now)
        if wanted is not None:
            return wanted
        self._fall_silent()
        raise ServerSilent("no host of the server answers, or none is wanted")

    def connected(self, number: int) -> None:
        """Note that a host was connected to, as it is wanted."""
        self._found = (number, time.monotonic())

    def failed(self, error: BaseException) -> None:
        """Note that a host could not be connected to: the next connection asks all, and waits for none that is silent."""
        self._found = None
        last = time.monotonic() - self._seconds * _LONG
        if is_unreachable(error) and all(heard < last for heard in self._heard.values()):
            self._fall_silent()

    def _fall_silent(self) -> None:
        with self._answered:
            self._answers.clear()
            self.silent = True
        self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="annals-liveness", daemon=True)
                self._thread.start()

    def _watch(self) -> None:
        while not self._closed.wait(self._seconds * (_LOOK / 2 if self.silent else _LOOK)):
            self._hang_up()
            if self.silent:
                self._ask_hosts(self._seconds * _ASK)
                continue
            last = time.monotonic() - self._seconds * _LONG
            for machine, connection in self._waited_for(last).items():
                self._judge(machine, connection)

    def _waited_for(self, last: float) -> dict[Machine, Any]:
        """Return the machines that somebody has waited for since a moment or longer, each with such a connection."""
        return {
            connection.machine: connection
            for since, connection in list(self._waits.values())
            if since <= last
        }

    def _judge(self, machine: Machine, connection: Any) -> None:
        """Give a machine up if it answers nobody; then the server is silent unless another host is wanted."""
        asked = time.monotonic()
        seconds = self._seconds * _ASK
        with self._answered:
            number = self._judged = next(self._judgements)
        self._probes.begin(number, _only(connection.parameters, machine), seconds)
        self._ask_hosts(seconds)
        with self._answered:
            self._answered.wait_for(lambda: number in self._answers, seconds)
            _, answer = self._answers.pop(number, (asked, Answer.SILENT))
            self._judged = -1
        if answer is not Answer.SILENT or self._heard.get(machine, 0.0) > asked:
            self._end_those_nobody_works_for(machine)
            return
        # A pooler may have taken further connections meanwhile, and leads nowhere with those either.
        self._lost[machine] = time.monotonic()
        self._found = None
        if self._wanted(asked) is None:
            self._fall_silent()
        self._hang_up()

    def _end_those_nobody_works_for(self, machine: Machine) -> None:
        """Shut down the sockets of waits whose process on the server is gone, as a proxy in between may not tell."""
        last = time.monotonic() - self._seconds
        waits = {
            connection.info.backend_pid: (wait, connection)
            for wait, (since, connection) in list(self._waits.items())
            # A pooler makes process ids up.
            if since <= last and connection.machine == machine and connection.prepare_threshold is not None
        }
        if not waits:
            return
        parameters = _only(next(iter(waits.values()))[1].parameters, machine)
        for pid in ended_backends(parameters, waits, self._seconds * _ASK):
            wait, connection = waits[pid]
            with self._lock:
                if wait in self._waits:
                    _shut_down(connection)

    def _ask_hosts(self, seconds: float) -> None:
        for number, parameters in enumerate(self._hosts):
            self._probes.begin(number, parameters, seconds)

    def _note(self, number: int, answer: Answer) -> None:
        """Take the answer of a host, in the thread of its probe."""
        now = time.monotonic()
        with self._answered:
            if number < len(self._hosts) or number == self._judged:
                self._answers[number] = (now, answer)
            if number < len(self._hosts):
                if answer is Answer.WANTED:
                    self._found = (number, now)
                if answer is Answer.WANTED or (self.silent and self._do_all_refuse()):
                    # Where all refuse, connecting tells why.
                    self.silent = False
            self._answered.notify_all()

    def _wanted(self, since: float) -> int | None:
        """Return a host that has been found to be wanted since a moment."""
        return next(
            (
                number
                for number, (at, answer) in self._answers.items()
                if number < len(self._hosts) and answer is Answer.WANTED and at >= since
            ),
            None,
        )

    def _have_all_answered(self, since: float) -> bool:
        return all(self._answers.get(number, (0.0,))[0] >= since for number in range(len(self._hosts)))

    def _do_all_refuse(self) -> bool:
        return all(
            self._answers.get(number, (0.0, Answer.SILENT))[1] is Answer.REFUSED
            for number in range(len(self._hosts))
        )

    def _is_over(self, connection: Any) -> bool:
        """Return whether a connection leads to a machine that was given up since, or is to be made anew."""
        if connection.opened_at < self._lost.get(connection.machine, 0.0):
            return True
        if connection.opened_at >= self._renewed_at:
            return False
        is_idle: bool = connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        return is_idle

    def _hang_up(self) -> None:
        """Shut down the sockets of the waits for machines that were given up, and of those past their time."""
        now = time.monotonic()
        with self._lock:
            for since, connection in list(self._waits.values()):
                lost = connection.opened_at < self._lost.get(connection.machine, 0.0)
                longest = self._seconds * _LONG if self.silent else connection.longest_wait
                if lost or now - since > longest:
                    _shut_down(connection)


def _only(parameters: Parameters, machine: Machine) -> Parameters:
    """Return the parameters to ask one machine, whatever it is wanted for."""
    return {
        **parameters,
        "host": machine.host,
        "port": machine.port,
        "target_session_attrs": "any",
        **({"hostaddr": machine.address} if machine.address else {}),
    }


def _shut_down(connection: Any) -> None:
    # A duplicate of the socket: closing the original remains the driver's business.
    with (
        suppress(OSError, psycopg.Error),
        closing(socket.socket(fileno=os.dup(connection.pgconn.socket))) as held,
    ):
        held.shutdown(socket.SHUT_RDWR)
