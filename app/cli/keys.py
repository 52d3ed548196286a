"""`annals keys`: make, list and revoke the keys that clients write with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer

from app.cli.common import AsJson, opened
from app.values.timestamps import now, parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from app.database.api_keys import ApiKey
    from app.database.engine.database import Database

_AFTER: Final = re.compile(r"([1-9][0-9]{0,4})(h|d|w)")
_HOURS: Final = {"h": 1, "d": 24, "w": 168}
_HOUR: Final = 3_600_000_000
keys = typer.Typer(help="Make, list and revoke the keys that clients write with.", no_args_is_help=True)


@keys.command()
def create(
    label: Annotated[str, typer.Option(help="Who it is for; revisions are signed with it.")],
    scopes: Annotated[str, typer.Option(help="Some of read, write, admin, with commas.")] = "read,write",
    expires: Annotated[
        str | None, typer.Option(help="When it ends: 90d, 12h, 4w, 2027-01-31 or a moment of RFC 3339.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown this once, as the last word of the last line."""
    from app.database.api_keys import SCOPES, create_key

    until = None if expires is None else _moment(expires)
    chosen = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    unknown = [scope for scope in chosen if scope not in SCOPES]
    if unknown or not chosen:
        raise typer.BadParameter(f"choose among {', '.join(SCOPES)}", param_hint="--scopes")
    with _prepared() as database:
        token, key = database.write_now(lambda tx: create_key(tx, label, chosen, until))
    if as_json:
        print(orjson.dumps({**_to_dict(key), "key": token}).decode())
    else:
        print(
            f"Made a key for {key.label} with {', '.join(key.scopes)}. It is shown this once; keep it safe."
        )
        print(f"Key: {token}")


@keys.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the keys there are and were, without the keys themselves."""
    from app.database.api_keys import list_keys

    with opened() as database, database.snapshot() as connection:
        found = list_keys(connection)
    if as_json:
        print(orjson.dumps([_to_dict(key) for key in found], option=orjson.OPT_INDENT_2).decode())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("number", "label", "scopes", "begins with", "made", "last used", "state")
    for key in found:
        members = _to_dict(key)
        table.add_row(
            str(key.pk),
            key.label,
            ", ".join(key.scopes),
            key.hint,
            str(members["created_at"])[:10],
            str(members.get("used_at", "never"))[:16].replace("T", " "),
            str(members["state"]),
        )
    Console().print(table)


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Its label, its number in the list, or the key itself.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a key: it is refused from the next request on."""
    from app.database.api_keys import revoke_key

    with opened() as database:
        gone = database.write_now(lambda tx: revoke_key(tx, key))
    if as_json:
        print(orjson.dumps({**_to_dict(gone), "state": "revoked"}).decode())
    else:
        print(f"Revoked the key of {gone.label}.")


@contextmanager
def _prepared() -> "Iterator[Database]":
    """Open the database of the settings, migrated first: a key is often the first thing that is needed."""
    from app.maintenance.migrate import prepare
    from app.settings import Settings

    settings = Settings()
    with opened(settings, ready=False) as database:
        prepare(database, settings.database_url)
        yield database


def _moment(text: str) -> int:
    after = _AFTER.fullmatch(text.strip())
    if after:
        return now() + int(after[1]) * _HOURS[after[2]] * _HOUR
    try:
        return parse_rfc3339(f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text)
    except ValueError:
        raise typer.BadParameter(
            "give a time such as 90d, 12h, 4w, a day such as 2027-01-31, or a moment of RFC 3339",
            param_hint="--expires",
        ) from None


def _to_dict(key: "ApiKey") -> dict[str, object]:
    at = now()
    state = "revoked" if key.revoked_at is not None else "good" if key.is_good(at) else "expired"
    moments = {
        name: rfc3339(moment)
        for name, moment in (
            ("created_at", key.created_at),
            ("expires_at", key.expires_at),
            ("revoked_at", key.revoked_at),
            ("used_at", key.used_at),
        )
        if moment is not None
    }
    return {
        "number": key.pk,
        "label": key.label,
        "scopes": list(key.scopes),
        "begins_with": key.hint,
        "state": state,
        **moments,
    }
