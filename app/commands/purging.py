"""`annals purge`: erase a record for good."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from app.commands.shared import AsJson, opened, print_json
from app.settings import Settings


def purge(
    ref: Annotated[str | None, typer.Argument(help="The record, such as actors/x.")] = None,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Erase from the files what an earlier purge had to leave in them."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a record for good: its revisions, its changes, what search and stored answers hold of it."""
    from app.store.erasing import READER_OPEN, erase_freed_space
    from app.verbs.purging import purge as erase
    from app.verbs.purging import purgeable

    if (ref is None) != finish:
        raise typer.BadParameter("name a record, or give --finish", param_hint="REF")
    with opened(Settings()) as database:
        if ref is None:
            told: dict[str, Any] = {"remains": erase_freed_space(database)}
        else:
            if not yes:
                with database.snapshot() as connection:
                    found = purgeable(connection, ref)
                typer.echo(
                    f"This erases {', '.join(found)} with all history. There is no way back.", err=True
                )
                typer.confirm("Erase?", abort=True, err=True)
            told = asdict(erase(database, ref))
    unfinished = READER_OPEN in told["remains"]
    if as_json:
        print_json(told)
    else:
        if ref is not None:
            refs = ", ".join(told["refs"])
            typer.echo(f"Erased {refs}: {told['revisions']} revisions, {told['answers']} stored answers.")
        for sentence in told["remains"]:
            typer.echo(sentence, err=True)
        if unfinished:
            typer.echo("Run `annals purge --finish` when readers have ended, exports among them.", err=True)
        elif ref is None:
            typer.echo("What was deleted is erased, as far as the database can.")
    if unfinished:
        raise typer.Exit(1)
