"""The command line: `annals …`, or `python -m app …`."""

import typer

from app.commands.serve import serve

cli = typer.Typer(
    name="annals",
    help="A database of historical events and the evidence for them.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
cli.command()(serve)


@cli.callback()
def _commands() -> None:
    # Without a callback a lone command takes the place of the group.
    pass


def main() -> None:
    """Run a command; exits with 0 when done, 1 when faults were found, 2 on wrong usage."""
    cli()


if __name__ == "__main__":
    main()
