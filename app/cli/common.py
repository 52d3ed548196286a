"""What commands share: the open database, progress on standard error, error messages."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from app.errors import AnnalsError, Conflict

if TYPE_CHECKING:
    from app.database.engine.database import Database
    from app.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]

STANDARD: Final = Path("-")
"""Stands for standard output in place of a file."""


@contextmanager
def opened(settings: "Settings | None" = None, *, ready: bool = True) -> "Iterator[Database]":
    """Open the database of the settings, past a pooler; with `ready` its schema must be the one this code needs.

    Without `settings` those of the environment are read.

    Raises:
        Conflict: there is no such database yet, or its schema is another.
        Unavailable: it cannot be reached.
    """
    from app.database.engine.database import Database
    from app.database.migrations import reasons_not_ready
    from app.database_url import parse_database_url
    from app.settings import Settings

    settings = settings or Settings()
    url = parse_database_url(settings.database_url)
    if ready and url.get_backend_name() == "sqlite" and not Path(url.database or "annals.db").exists():
        raise Conflict("There is no database yet; run `annals migrate`.", code="not_migrated")
    database = Database.of(settings.past_poolers)
    try:
        if ready:
            with database.snapshot() as connection:
                reasons = reasons_not_ready(connection)
            if reasons:
                raise Conflict(reasons[0], code="not_migrated")
        yield database
    finally:
        database.dispose()


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_json(data: Any) -> None:
    """Write data to standard output."""
    print(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())


def print_error(error: AnnalsError) -> None:
    """Print an error to standard error, with every fault and its suggestion."""
    typer.echo(error.detail, err=True)
    for fault in error.faults:
        where = fault.pointer or fault.parameter or fault.header
        if fault.detail == error.detail and not fault.suggestion:
            continue
        meant = f" Did you mean {fault.suggestion}?" if fault.suggestion else ""
        typer.echo(f"  {where}: {fault.detail}{meant}" if where else f"  {fault.detail}{meant}", err=True)


def writable(file: Path) -> Path:
    """Return the file, if it can be written to without changing anything else in its folder.

    Raises:
        BadParameter: its folder is not there, is none or cannot be written to, or it is a folder itself.
    """
    if file == STANDARD:
        return file
    folder = file.parent
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder; name a file in it.")
    if not folder.is_dir():
        raise typer.BadParameter(f"There is no folder {folder} to write to.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise typer.BadParameter(f"The folder {folder} cannot be written to.")
    return file
