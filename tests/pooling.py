"""A PgBouncer for tests, before a server of their own: as the reference deployment has it, but for where and what it lends."""

import configparser
import io
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from replicating import memory_folder
from serving import free_port
from shipped import shipped
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
        shipped_pooler(
            f"* = host={host or make_url(server.get_uri()).query['host']} port=5432 user=postgres",
            listen_port=str(port),
            auth_type="any",
            auth_file=None,
            logfile=f"{folder}/log",
            pidfile=None,
            pool_mode=mode,
            default_pool_size=str(sessions),
        )
    )
    settings.chmod(0o644)
    try:
        with running_bouncer(settings, server.system_user, ("127.0.0.1", port)):
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_bouncer(settings: Path, user: str | None, address: tuple[str, int]) -> Iterator[None]:
    """Run a PgBouncer with a file of settings, as a user of the system; it listens at the address when the block begins."""
    process = subprocess.Popen([str(BOUNCER), "-q", str(settings)], user=user)
    try:
        _wait_until_listening(address)
        yield
    finally:
        process.terminate()
        process.wait()


def shipped_pooler(database: str, **settings: str | None) -> str:
    """Read the `pgbouncer.ini` of the deployment, with another database and other settings; None leaves one out."""
    parsed = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parsed.read_string(shipped("pgbouncer.ini"))
    name, _, leads_to = database.partition(" = ")
    parsed["databases"] = {name: leads_to}
    for key, value in settings.items():
        del parsed["pgbouncer"][key]
        if value is not None:
            parsed["pgbouncer"][key] = value
    text = io.StringIO()
    parsed.write(text)
    return text.getvalue()


def _wait_until_listening(address: tuple[str, int]) -> None:
    last = time.monotonic() + HANG_SECONDS
    while True:
        try:
            return socket.create_connection(address, timeout=1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < last, "nothing listens"
            time.sleep(0.02)
