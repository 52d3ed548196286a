"""Consent to what `annals import --delete-missing` deletes: by a token, by a bound, or on a terminal by an answer."""

import re
import sys
from collections.abc import Callable

import typer

from app.imports.sync import Missing
from app.values.counted import counted

_BOUND = re.compile(r"(\d{1,9})(%?)")
_SHOWN = 20


def parse_consent(token: str | None, bound: str | None, *, is_trial: bool) -> Callable[[Missing], bool]:
    """Return what decides whether missing records may be deleted.

    Raises:
        typer.BadParameter: nothing can: there is neither, and nobody at a terminal to be asked; or the bound
            is malformed.
    """
    if token is not None and bound is not None:
        raise typer.BadParameter("give one of the two", param_hint="--confirm, --delete-at-most")
    if token is not None:
        return lambda missing: missing.token == token
    if bound is not None:
        found = _BOUND.fullmatch(bound)
        if found is None or (found[2] and int(found[1]) > 100):
            raise typer.BadParameter("give a number such as 20, or 2%", param_hint="--delete-at-most")
        most, is_share = int(found[1]), bool(found[2])
        return lambda missing: missing.count <= (missing.remembered * most / 100 if is_share else most)
    # The question is asked on standard error.
    if not is_trial and not (sys.stdin.isatty() and sys.stderr.isatty()):
        detail = (
            "there is no terminal to ask: give --confirm TOKEN, which a dry run shows, or --delete-at-most"
        )
        raise typer.BadParameter(detail, param_hint="--delete-missing")
    return _asked


def _asked(missing: Missing) -> bool:
    shown = "\n  ".join(missing.refs[:_SHOWN])
    more = f"\n  and {missing.count - _SHOWN:,} more" if missing.count > _SHOWN else ""
    typer.echo(f"\nRecords that are missing:\n  {shown}{more}", err=True)
    return typer.confirm(f"Delete {counted(missing.count, 'record')}?", err=True)
