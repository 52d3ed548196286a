"""`annals mirror`: a copy of the documents of another service, kept up to date."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import STANDARD, AsJson, print_json, writable
from app.cli.interruption import interruptible
from app.values.counted import counted


def mirror(
    url: Annotated[str, typer.Argument(help="The address of the service, such as https://annals.example.")],
    file: Annotated[
        Path,
        typer.Argument(
            help="The mirror: a SQLite database, which is made where there is none.", callback=writable
        ),
    ],
    key: Annotated[
        str | None,
        typer.Option(
            envvar="ANNALS_MIRROR_KEY",
            help="A key of that service, where it wants one or allows more with one. Others on this machine may see the "
            "options of a command, so it is better in the environment.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the documents of another service into a file, or bring such a copy up to date.

    What was read is kept after each thousand changes, whatever happens: run it again to go on.
    """
    from app.cli.import_progress import ProgressLines
    from app.mirror.client import ServiceClient
    from app.mirror.file import MirrorFile
    from app.mirror.service import follow

    if file == STANDARD:
        raise typer.BadParameter(
            "A mirror is a file that is changed in place; give a name.", param_hint="FILE"
        )
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("It begins with http:// or https://.", param_hint="URL")

    def tell(line: str) -> None:
        typer.echo(line, err=True)

    service = ServiceClient(url, key, tell)
    try:
        with (
            interruptible(f"Stopped. What was read is kept in {file}; the same command goes on from there."),
            MirrorFile.opened(file, url) as opened,
        ):
            followed = follow(opened, service, ProgressLines(tell))
    finally:
        service.close()
    if as_json:
        print_json(asdict(followed))
        return
    if followed.went_back:
        tell(
            "The service had lost some of the last changes, or purged records: what they had changed was read again."
        )
    typer.echo(
        f"{followed.read:,} read, {followed.removed:,} removed; {file} has {counted(followed.records, 'record')}, "
        f"up to change {followed.after}."
    )
