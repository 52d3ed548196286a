"""`annals serve`: from an empty folder to a running service in one command."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app import logs
from app.settings import Settings


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="Leave an empty database empty.")] = False,
) -> None:
    """Make the database if there is none, migrate it, seed it when empty, and serve it."""
    import uvicorn

    from app.settings import raise_open_file_limit
    from app.web.server import uvicorn_options

    settings = Settings()
    logs.configure(settings)
    raise_open_file_limit(settings.max_connections)
    _prepare(settings, seeded=not no_seed)
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"Serving on http://{shown}:{port}, with the API described at /docs", err=True)
    with _shared_counts(workers):
        uvicorn.run(
            "app.main:from_environment",
            factory=True,
            **uvicorn_options(settings, host=host, port=port, workers=workers),
        )


def _prepare(settings: Settings, *, seeded: bool) -> None:
    from app.database.engine.database import Database
    from app.maintenance.migrate import prepare

    database = Database.of(settings)
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
