"""`annals purge`: erase a record for good."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.commands.shared import AsJson, opened, print_json
from app.settings import Settings


def purge(
    ref: Annotated[str, typer.Argument(help="The record, such as actors/x.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a record for good: its revisions, its changes, what search and stored answers hold of it."""
    from app.verbs.purging import purge as erase
    from app.verbs.purging import purgeable

    with opened(Settings()) as database:
        with database.snapshot() as connection:
            found = purgeable(connection, ref)
        if not yes:
            typer.echo(f"This erases {', '.join(found)} with all history. There is no way back.", err=True)
            typer.confirm("Erase?", abort=True, err=True)
        purged = erase(database, ref)
    if as_json:
        print_json(asdict(purged))
        return
    typer.echo(
        f"Erased {', '.join(purged.refs)}: {purged.revisions} revisions, {purged.answers} stored answers."
    )
