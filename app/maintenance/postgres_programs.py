"""The client programs of Postgres, `pg_dump` and `pg_restore`: with what they are called, and what became of it."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import URL

from app.database.engine.database import Database
from app.database.engine.postgres_connect import CONNECT_SECONDS, has_own_session
from app.database_url import libpq_url
from app.errors import Conflict, Unavailable

_AS_IT_IS: Final = ("--no-owner", "--no-privileges")
_POOLED: Final = (
    "a pooler lends the sessions of ANNALS_DATABASE_URL, and ANNALS_DIRECT_DATABASE_URL is not set"
)


class NotDumped(Exception):
    """`pg_dump` cannot be used; its text says why, as the end of a sentence."""


def dump(database: Database, part: Path) -> str:
    """Write a backup with `pg_dump`; returns which version of it did.

    Raises:
        NotDumped: it is not installed, refuses the server, or would leave its settings to whoever has a session next.
    """
    program = shutil.which("pg_dump")
    if program is None:
        raise NotDumped("pg_dump is not installed")
    if not _has_own_session(database):
        # It sets an empty search_path, for one, in sessions that a pooler lends to others after.
        raise NotDumped(_POOLED)
    command = [program, "--format=custom", *_AS_IT_IS, "--file", str(part), *_connecting(database.engine.url)]
    # An older pg_dump refuses a newer server, and only when it runs.
    done = _run(command, database.engine.url)
    if done.returncode != 0:
        raise NotDumped(f"pg_dump failed: {_said(done)}")
    return subprocess.run([program, "--version"], capture_output=True, check=True, text=True).stdout.strip()  # noqa: S603 - our own words


def read_dump(arguments: Sequence[str], source: Path) -> bytes:
    """Return what `pg_restore` prints of a backup.

    Raises:
        Unavailable: it is not installed, or failed.
    """
    return _restored([*arguments, str(source)], None)


def restore_dump(database: Database, source: Path) -> None:
    """Replace what a database has by a backup, in one transaction.

    Raises:
        Conflict: a pooler lends the sessions.
        Unavailable: `pg_restore` is not installed, or failed.
    """
    if not _has_own_session(database):
        raise Conflict(
            f"pg_restore needs a session of its own: {_POOLED}. Nothing was changed.", code="pooled"
        )
    url = database.engine.url
    options = ["--clean", "--if-exists", *_AS_IT_IS, "--single-transaction", "--exit-on-error"]
    _restored([*options, *_connecting(url), str(source)], url)


def _restored(arguments: Sequence[str], url: URL | None) -> bytes:
    program = shutil.which("pg_restore")
    if program is None:
        raise Unavailable("pg_restore is needed for this backup; install the client programs of Postgres.")
    done = _run([program, *arguments], url)
    if done.returncode != 0:
        raise Unavailable(
            "pg_restore failed; nothing was changed. Try the version of it that the server has."
        )
    return done.stdout


def _run(command: Sequence[str], url: URL | None) -> "subprocess.CompletedProcess[bytes]":
    password = None if url is None else conninfo_to_dict(libpq_url(url)).get("password")
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    return subprocess.run(command, env={**os.environ, **secret}, capture_output=True, check=False)  # noqa: S603 - our own words


def _connecting(url: URL) -> list[str]:
    """Return the argument that says which database, with all hosts and ports; the password is in no argument."""
    parameters = conninfo_to_dict(libpq_url(url))
    parameters.pop("password", None)
    several = {"target_session_attrs": "read-write"} if "," in str(parameters.get("host", "")) else {}
    given = {"connect_timeout": CONNECT_SECONDS, **several, **parameters}
    return ["--dbname", make_conninfo("", **given)]


def _has_own_session(database: Database) -> bool:
    with database.snapshot() as connection:
        return has_own_session(connection)


def _said(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Return what a program said of its failure, in one line."""
    lines = done.stderr.decode(errors="replace").splitlines()
    told = [line.partition(": ")[2].partition(": ")[2] or line for line in lines]
    return "; ".join(told)[:300].rstrip(".") or f"exit code {done.returncode}"
