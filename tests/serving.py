"""Real servers for tests: `annals serve` in processes of its own."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

START_SECONDS = 120
END_SECONDS = 60


@dataclass
class Server:
    """A running `annals serve`."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal to the parent process and wait for the end of all."""
        if self.process.poll() is None:
            self.process.send_signal(sent)
        try:
            return self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait(END_SECONDS)


def free_port() -> int:
    """Return a port that is free, and none of those that the system itself gives to sockets.

    It is free still when a server that starts comes to listen there: connections of other tests do not take it.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_768)
        with socket.socket() as listening, suppress(OSError):
            listening.bind(("127.0.0.1", port))
            return port


def serve(
    url: str, folder: Path, port: int, workers: int, arguments: tuple[str, ...], settings: dict[str, str]
) -> Server:
    log = folder / f"serve-{port}.log"
    environment = {
        **os.environ,
        **{f"ANNALS_{name.upper()}": value for name, value in settings.items()},
        "ANNALS_DATABASE_URL": url,
    }
    command = [
        sys.executable,
        "-m",
        "app",
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
        *arguments,
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=Path(__file__).parent.parent,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Server(f"http://127.0.0.1:{port}", process, log)


def wait_until_ready(server: Server) -> None:
    last = time.monotonic() + START_SECONDS
    # One client for all questions: each that is made reads the certificates of the system first.
    with httpx.Client(base_url=server.url, timeout=5) as client:
        while time.monotonic() < last:
            if server.process.poll() is not None:
                break
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    server.stop(signal.SIGKILL)
    raise RuntimeError(f"the server did not start:\n{server.log.read_text()}")


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`server(workers=2)` starts a real one and waits for it; settings as `public_reads="false"`.

    `port` is that of one which has ended, for a server in its place.
    """
    started: list[Server] = []

    def start(
        *arguments: str,
        port: int | None = None,
        workers: int = 1,
        url: str = database_url,
        wait: bool = True,
        **settings: str,
    ) -> Server:
        one = serve(url, tmp_path, port or free_port(), workers, arguments, settings)
        started.append(one)
        if wait:
            wait_until_ready(one)
        return one

    yield start
    for one in started:
        one.stop()
