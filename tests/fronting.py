"""The shipped nginx before services of a test, and services that are none: what they are sent is seen, and how they fail."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from documented import validator_of
from serving import free_port
from shipped import shipped
from waiting import HANG_SECONDS

from app.web.problems import PROBLEMS

NGINX = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))

SERVICES = ("10.0.0.21:8000", "10.0.0.22:8000")
"""Where the shipped file has the services."""


def can_front() -> bool:
    """Whether nginx can be run as the shipped file has it: its workers are another user's."""
    return NGINX is not None and os.geteuid() == 0 and shutil.which("openssl") is not None


@dataclass
class Front:
    """A running nginx.

    Attributes:
        url: its address over TLS.
        plain_url: its address without.
        log: what it was asked.
        tls: trusts its certificate.
    """

    url: str
    plain_url: str
    log: Path
    error_log: Path
    tls: ssl.SSLContext

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def client(self, address: str = "127.0.0.1", **options: Any) -> httpx.AsyncClient:
        """A client that asks from an address of loopback."""
        transport = httpx.AsyncHTTPTransport(
            verify=self.tls,
            local_address=address,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )
        return httpx.AsyncClient(transport=transport, base_url=self.url, timeout=HANG_SECONDS, **options)

    def send(self, *pieces: bytes) -> bytes:
        """Send bytes over TLS, and read until nginx closes."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=HANG_SECONDS) as connection,
            self.tls.wrap_socket(connection, server_hostname="annals.example") as secured,
        ):
            for piece in pieces:
                secured.sendall(piece)
            answer = bytearray()
            with suppress(ConnectionError, ssl.SSLEOFError):
                while piece := secured.recv(65536):
                    answer += piece
            return bytes(answer)


@contextmanager
def nginx(ports: Sequence[int], replaced: dict[str, str] | None = None) -> Iterator[Front]:
    """Run the shipped nginx before two services on loopback."""
    assert NGINX is not None
    with tempfile.TemporaryDirectory(prefix="annals-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
        _make_certificate(certificate, key)
        secured, plain = free_port(), free_port()
        services = {there: f"127.0.0.1:{port}" for there, port in zip(SERVICES, ports, strict=True)}
        configuration = folder / "nginx.conf"
        configuration.write_text(
            shipped(
                "nginx.conf",
                {
                    **services,
                    "listen 443 ": f"listen 127.0.0.1:{secured} ",
                    "listen [::]:443 ": f"listen [::1]:{secured} ",
                    "listen 80;": f"listen 127.0.0.1:{plain};",
                    "listen [::]:80;": f"listen [::1]:{plain};",
                    "/etc/ssl/annals": name,
                    "/var/log/nginx": name,
                    "/run/nginx.pid": f"{name}/nginx.pid",
                    **(replaced or {}),
                },
            )
        )
        errors = folder / "error.log"
        command = [NGINX, "-e", str(errors), "-c", str(configuration), "-g", "daemon off;"]
        process = subprocess.Popen(command)
        try:
            _wait_until_listening(process, secured, errors)
            yield Front(
                f"https://127.0.0.1:{secured}",
                f"http://127.0.0.1:{plain}",
                folder / "annals.log",
                errors,
                ssl.create_default_context(cafile=str(certificate)),
            )
        finally:
            process.terminate()
            process.wait()


def _make_certificate(certificate: Path, key: Path) -> None:
    """Make a certificate of its own for nginx, for a day."""
    made = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=annals.example -keyout {key} -out {certificate}"
    names = ["-addext", "subjectAltName=DNS:annals.example,IP:127.0.0.1"]
    subprocess.run([*made.split(), *names], check=True, capture_output=True)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    last = time.monotonic() + HANG_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert process.poll() is None, errors.read_text()
            assert time.monotonic() < last, "nothing listens"
            time.sleep(0.02)


Answering = Callable[[socket.socket, bytes], None]
"""What is done with a connection on which a request was sent; it is closed then."""


@dataclass
class OtherService:
    """What stands where a service should, and answers as a test says."""

    answer: Answering
    heads: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self, listening: socket.socket) -> None:
        """Take connections until the socket is closed."""
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = connection.recv(262_144)
            while b"\r\n\r\n" not in head and (more := connection.recv(262_144)):
                head += more
            if head:
                self.heads.append(head)
                self.answer(connection, head)

    def say_nothing(self, _connection: socket.socket, _head: bytes) -> None:
        """Keep the connection open, as a machine does that was cut off."""
        self.ended.wait()


def close_at_once(_connection: socket.socket, _head: bytes) -> None:
    """Close the connection, as a service does that was killed while it worked."""


@contextmanager
def other_services(*answers: Answering | None) -> Iterator[list[tuple[int, OtherService]]]:
    """Run one for each; None says nothing."""
    with ExitStack() as stack:
        found = []
        for answer in answers:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1000))
            # Closed, it does not wake who waits for a connection on it.
            stack.callback(_end_waiting, listening)
            one = OtherService(close_at_once)
            one.answer = answer or one.say_nothing
            stack.callback(one.ended.set)
            threading.Thread(target=one.run, args=(listening,), daemon=True).start()
            found.append((listening.getsockname()[1], one))
        yield found


def _end_waiting(listening: socket.socket) -> None:
    """End the waiting for connections."""
    with suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)


def as_response(answer: bytes) -> httpx.Response:
    """Parse the bytes of an answer whose body has a length."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return httpx.Response(int(first.split(" ")[1]), headers=headers, content=body)


_problem = validator_of(orjson.dumps({"$ref": "#/components/schemas/Problem"}))


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check an error of nginx or of the service: of either it is the same document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    _problem.validate(document)
    assert (document["status"], document["code"]) == (status, code)
    assert (status, document["type"], document["title"]) in {
        (one.status, f"/docs/problems#{one.code}", one.title) for one in PROBLEMS
    }
    assert document["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    if status in {429, 503}:
        assert answer.headers["retry-after"].isdecimal()
    return document
