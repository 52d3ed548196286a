"""`annals backup` and `annals restore`: the whole database in a file, revisions, texts, keys and all."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, inspect, select

from app.commands.files import writable
from app.commands.shared import AsJson, opened, print_json
from app.errors import Conflict
from app.settings import Settings
from app.store import tables
from app.store.engine import Database


def backup(
    file: Annotated[
        Path,
        typer.Argument(
            help="Where to write; what is there is replaced once all is written.", callback=writable
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Write the whole database to a file, while the service runs."""
    from app.store.copying import copy_out

    with opened(Settings()) as database:
        sort = copy_out(database, file)
        told = {"file": str(file), "sort": sort, "bytes": file.stat().st_size, "records": _records(database)}
    if as_json:
        print_json(told)
    else:
        typer.echo(f"Backed up {told['records']:,} records in {told['bytes']:,} bytes.")


def restore(
    file: Annotated[
        Path, typer.Argument(help="A file that `annals backup` wrote.", exists=True, dir_okay=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Replace a database that has records.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the database what it was when the backup was taken, then prove that it agrees with itself."""
    from app.store.copying import TABLES, put_back, sort_of
    from app.verbs.checking import check
    from app.verbs.migrating import prepare

    settings = Settings()
    with opened(settings, ready=False) as database:
        held = _records(database)
        if held and not yes:
            raise Conflict(
                f"The database has {held:,} records; give --yes to replace them.", code="not_empty"
            )
        if sort_of(file) == TABLES:
            # Such a backup has rows alone: it needs tables to go into.
            prepare(database, settings.database_url)
        put_back(database, file)
    # Opened anew: nothing that was known of the database before holds any more.
    with opened(settings, ready=False) as database:
        prepare(database, settings.database_url)
        findings = check(database)
        records = _records(database)
    if as_json:
        print_json({"records": records, "findings": [finding.detail for finding in findings]})
    else:
        typer.echo(f"Restored {records:,} records.")
        for finding in findings:
            typer.echo(f"{finding.table}: {finding.detail}", err=True)
    if findings:
        raise typer.Exit(1)


def _records(database: Database) -> int:
    """Count the records there are, deleted ones too; 0 where there are no tables yet."""
    if not inspect(database.engine).has_table(tables.record.name):
        return 0
    with database.snapshot() as connection:
        count: int = connection.execute(select(func.count()).select_from(tables.record)).scalar_one()
    return count
