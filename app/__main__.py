"""The command line: `annals …`, or `python -m app …`."""

import sys

import typer

from app.cli import database, evidence
from app.cli.backup import backup, restore
from app.cli.common import print_error
from app.cli.database import purge
from app.cli.exports import export
from app.cli.imports import import_
from app.cli.keys import keys
from app.cli.mappings import mappings
from app.cli.mirror import mirror
from app.cli.serve import serve
from app.errors import AnnalsError

cli = typer.Typer(
    name="annals",
    help="A database of historical events and the evidence for them.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


cli.command()(serve)


cli.command()(database.migrate)


cli.command()(database.seed)


cli.command()(database.reindex)


cli.command()(database.check)


cli.command()(database.doctor)


cli.command()(evidence.verify)


cli.command()(evidence.coverage)


cli.command("import")(import_)


cli.command()(export)


cli.command()(purge)


cli.command()(mirror)


cli.command()(backup)


cli.command()(restore)


cli.add_typer(keys, name="keys")


cli.add_typer(mappings, name="mappings")


@cli.callback()
def _commands() -> None:
    # Without a callback a lone command takes the place of the group.
    pass


def main() -> None:
    """Run a command; exits with 0 when done, 1 when faults were found, 2 on wrong usage."""
    try:
        cli()
    except AnnalsError as error:
        print_error(error)
        sys.exit(1)
    except ValueError as error:
        from pydantic import ValidationError

        from app.settings import Settings

        if not isinstance(error, ValidationError) or error.title != Settings.__name__:
            raise
        for fault_ in error.errors(include_input=False, include_url=False):
            # Of a list, what follows is the place of the item.
            name = f"ANNALS_{fault_['loc'][0]}".upper()
            typer.echo(f"{name}: {fault_['msg']}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
