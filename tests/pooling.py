"""A PgBouncer for tests, before a server of their own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from replicating import memory_folder
from serving import free_port
from sqlalchemy import make_url
from waiting import HANG_SECONDS

BOUNCER = shutil.which("pgbouncer", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))


@contextmanager
def bouncer(server: Any, mode: str, sessions: int = 3, host: str | None = None) -> Iterator[int]:
    """Run a PgBouncer that lends few sessions, each for a transaction or as long as a client is there; gives its port.

    It runs as the user that a server runs as, and connects to that one or to a host.
    """
    if BOUNCER is None:
        pytest.skip("PgBouncer is not installed")
    port, folder = free_port(), memory_folder("annals-bouncer-")
    folder.chmod(0o777)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"""[databases]
* = host={host or make_url(server.get_uri()).query["host"]} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
logfile = {folder}/log
pool_mode = {mode}
default_pool_size = {sessions}
tcp_user_timeout = 5000
server_check_delay = 0
server_login_retry = 1
"""
    )
    settings.chmod(0o644)
    process = subprocess.Popen([BOUNCER, "-q", str(settings)], user=server.system_user)
    try:
        _wait_until_listening(port)
        yield port
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_listening(port: int) -> None:
    last = time.monotonic() + HANG_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < last, "nothing listens"
            time.sleep(0.02)
