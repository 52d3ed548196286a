"""`annals backup` and `annals restore`: the whole database in one file, with revisions, texts and keys."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import AsJson, opened, print_json, writable
from app.values.counted import counted


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
    from app.maintenance.backup import copy_out
    from app.maintenance.restore import count_records

    with opened() as database:
        copied = copy_out(database, file)
        size, records = file.stat().st_size, count_records(database)
    if as_json:
        told = {"sort": copied.sort, "how": copied.how, "bytes": size, "records": records}
        print_json({"file": str(file), **told})
    else:
        typer.echo(f"Backed up {counted(records, 'record')} in {counted(size, 'byte')}, {copied.how}.")


def restore(
    file: Annotated[
        Path, typer.Argument(help="A file that `annals backup` wrote.", exists=True, dir_okay=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Replace a database that has records.")] = False,
    despite_findings: Annotated[
        bool,
        typer.Option(
            "--despite-findings", help="Keep what was restored even where `annals check` finds something."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the database what it was when the backup was taken, once that has proved to agree with itself."""
    from app.maintenance.backup_digest import has_digest
    from app.maintenance.restore import restore_backup
    from app.settings import Settings

    restored = restore_backup(Settings(), file, replace=yes, despite_findings=despite_findings)
    if not has_digest(file):
        typer.echo(
            "The backup carries no digest, as those of older versions: damage within it may go unseen.",
            err=True,
        )
    if as_json:
        findings = [finding.detail for finding in restored.findings]
        print_json({"restored": not restored.kept, "records": restored.records, "findings": findings})
    else:
        for finding in restored.findings:
            typer.echo(f"{finding.table}: {finding.detail}", err=True)
        typer.echo(
            "Nothing was restored: the database is what it was. With --despite-findings it is replaced all the same; "
            "`annals reindex` makes indexes anew."
            if restored.kept
            else f"Restored {counted(restored.records, 'record')}."
        )
    if restored.findings:
        raise typer.Exit(1)
