"""`annals serve`: from an empty folder to a running service in one command."""

import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from app.settings import Settings

_READ_ONLY: Final = "ANNALS_READ_ONLY"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="Leave an empty database empty.")] = False,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Write nothing: for a standby, or a copy that cannot be written."),
    ] = False,
) -> None:
    """Make the database if there is none, migrate it, seed it when empty, and serve it."""
    with _read_only(wanted=read_only):
        _serve(host, port, workers, seeded=not no_seed)


@contextmanager
def _read_only(*, wanted: bool) -> Iterator[None]:
    """Have this process, and the workers that it starts in the block, write nothing, where that is `wanted`."""
    before = os.environ.get(_READ_ONLY)
    if wanted:
        os.environ[_READ_ONLY] = "true"
    try:
        yield
    finally:
        if before is not None:
            os.environ[_READ_ONLY] = before
        elif wanted:
            del os.environ[_READ_ONLY]


def _serve(host: str, port: int, workers: int, *, seeded: bool) -> None:
    import uvicorn

    from app import logs
    from app.open_files import raise_open_file_limit
    from app.settings import Settings
    from app.web.seen_versions import shared_seen_versions
    from app.web.server import uvicorn_options

    settings = Settings()
    port = _free_port(host, port)
    logs.configure(settings)
    raise_open_file_limit(settings.max_connections)
    if settings.read_only:
        _check(settings)
    else:
        _prepare(settings, seeded=seeded)
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"Serving on http://{shown}:{port}, with the API described at /docs", err=True)
    shared = workers > 1 and bool(settings.read_database_url)
    with _shared_counts(workers), shared_seen_versions(wanted=shared):
        uvicorn.run(
            "app.main:from_environment",
            factory=True,
            **uvicorn_options(settings, host=host, port=port, workers=workers),
        )


def _free_port(host: str, port: int) -> int:
    """Return the port, once it is known that it can be listened on; of 0, one that is free.

    This is found out before there is a database, and said in words; what takes the port in the meantime, uvicorn tells.

    Raises:
        typer.BadParameter: the machine has no such address.
        typer.Exit: the port is taken, or needs the rights of an administrator.
    """
    try:
        return _bound(host, port)
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                other = port % 65535 + 1
                told = f"Port {port} of {host} is taken: another service listens there. Stop it, or choose another port: annals serve --port {other}"
            case errno.EACCES:
                told = f"Port {port} needs the rights of an administrator; choose one from 1024 on: annals serve --port 8000"
            case _:
                raise typer.BadParameter(
                    f"this machine has no address {host}; 127.0.0.1 is for itself alone, 0.0.0.0 for all who reach it",
                    param_hint="--host",
                ) from None
    typer.echo(told, err=True)
    raise typer.Exit(1)


def _bound(host: str, port: int) -> int:
    """Bind a port of each address of the host for a moment, as the server will, and return it."""
    missing: OSError | None = None
    free = 0
    for family, *_, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as one:
                if os.name == "posix":
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind((address[0], free or port, *address[2:]))
                free = one.getsockname()[1]
        except OSError as error:
            # Of a name such as localhost one address may be missing: the one of IPv6.
            if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                raise
            missing = error
    if not free and missing is not None:
        raise missing
    return free


def _check(settings: "Settings") -> None:
    """Check, without writing anything, that the database is one that this code can read.

    Raises:
        Unavailable: it cannot be reached.
        typer.Exit: it has another schema, or none.
    """
    from app.database.engine.database import Database
    from app.database.migrations import reasons_not_ready

    database = Database.of(settings)
    try:
        with database.snapshot() as connection:
            reasons = reasons_not_ready(connection)
    finally:
        database.dispose()
    for reason in reasons:
        typer.echo(f"Nothing can be served read-only. {reason}", err=True)
    if reasons:
        raise typer.Exit(1)


def _prepare(settings: "Settings", *, seeded: bool) -> None:
    from app.database.engine.database import Database
    from app.maintenance.migrate import prepare

    database = Database.of(settings.past_poolers)
    try:
        prepare(database, settings.database_url)
        if seeded:
            from app.seed.service import seed_when_empty

            seed_when_empty(database)
    finally:
        database.dispose()


@contextmanager
def _shared_counts(workers: int) -> Iterator[None]:
    """Give several workers a new folder for their metrics, so that /metrics adds them up.

    PROMETHEUS_MULTIPROC_DIR names the folder to make it in; whatever else is there is left alone.
    """
    if workers == 1:
        # One process keeps its metrics in memory; a folder of earlier workers would only mislead.
        os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
        yield
        return
    parent = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if parent:
        Path(parent).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="annals-metrics-", dir=parent, ignore_cleanup_errors=True) as own:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = own
        try:
            yield
        finally:
            if parent:
                os.environ["PROMETHEUS_MULTIPROC_DIR"] = parent
            else:
                del os.environ["PROMETHEUS_MULTIPROC_DIR"]
