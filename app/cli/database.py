"""`annals migrate`, `seed`, `reindex`, `check`, `doctor`, `purge`: maintenance of a database."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import AsJson, opened, print_json, progress
from app.values.counted import counted

if TYPE_CHECKING:
    from app.maintenance.doctor import DoctorReport


def migrate(as_json: AsJson = False) -> None:
    """Make the database if there is none, bring its schema and its terms up to this program."""
    from app.maintenance.migrate import prepare
    from app.settings import Settings

    settings = Settings()
    with opened(settings, ready=False) as database:
        changed = prepare(database, settings.database_url)
    if as_json:
        print_json({"changed": changed})
    else:
        typer.echo("The database is ready." if changed else "The database was ready already.")


def seed(
    path: Annotated[
        Path | None, typer.Argument(help="A folder of fixtures; those of the project where none is given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write fixtures. What somebody else edited last is kept, and what was deleted stays deleted."""
    from app.seed.service import seed as write_seeds

    if path is not None and not path.is_dir():
        raise typer.BadParameter("give a folder with files such as events.yaml, or with folders of them")
    with opened() as database:
        try:
            report = write_seeds(database, path)
        except FileNotFoundError as error:
            raise typer.BadParameter(str(error)) from None
    if as_json:
        print_json(asdict(report))
        return
    typer.echo(", ".join(f"{len(refs)} {name}" for name, refs in asdict(report).items()))
    for ref in report.kept:
        typer.echo(f"kept, since somebody else edited it last: {ref}", err=True)


def reindex(
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Do not go on where an earlier run was broken off.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Render every document anew and make all that indexes it from it, while the service runs."""
    from app.maintenance.reindex import reindex as make_anew

    with opened() as database, progress("Reindexing") as report_progress:
        report = make_anew(database, from_start=from_start, progress=report_progress)
    if as_json:
        print_json(
            {
                "records": report.records,
                "skipped": [{"ref": ref, "detail": why} for ref, why in report.skipped],
            }
        )
    else:
        typer.echo(f"Reindexed {counted(report.records, 'record')}.")
        for ref, why in report.skipped:
            typer.echo(f"left as it was: {ref}: {why}", err=True)
    if report.skipped:
        raise typer.Exit(1)


def check(
    most: Annotated[int, typer.Option(min=1, max=1_000_000, help="Findings to tell.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Prove that all that is derived agrees with the documents; exits with 1 where it does not.

    Notes on what earlier imports may have left wrong are for somebody to look at, and no such disagreement.
    """
    from app.maintenance.branches import REMEDY as OF_FORKS
    from app.maintenance.branches import forks_told
    from app.maintenance.check import check as find
    from app.maintenance.import_damage import REMEDY, damage_by_imports

    with opened() as database, progress("Checking") as report_progress:
        found = find(database, most=most, progress=report_progress)
        with database.snapshot() as connection:
            damage = list(damage_by_imports(connection))
            forks = forks_told(connection)
    if as_json:
        findings = [{"level": "problem", **asdict(one)} for one in found]
        notes = [{"level": "note", "table": "record", **asdict(one)} for one in damage]
        if forks is not None:
            notes.append({"level": "note", "table": "branch", "code": "fork", "detail": forks})
        print_json(
            [{name: value for name, value in one.items() if value is not None} for one in (*findings, *notes)]
        )
    else:
        for one in found:
            typer.echo(f"{one.table}: {one.ref + ': ' if one.ref else ''}{one.detail}")
        for noted in damage:
            typer.echo(f"note: {noted.to_dict} {REMEDY}")
        if forks is not None:
            typer.echo(f"note: {forks} {OF_FORKS}")
        typer.echo(
            f"{counted(len(found), 'finding')}."
            if found
            else "All that is derived agrees with the documents."
        )
    if found:
        raise typer.Exit(1)


def doctor(as_json: AsJson = False) -> None:
    """Say what is wrong and how to mend it, what grows and by how much; exits with 1 where something is wrong."""
    from app.maintenance.doctor import doctor as examine
    from app.settings import Settings

    report = examine(Settings())
    if as_json:
        print_json({**asdict(report), "is_well": report.is_well})
    else:
        _print_report(report)
    if not report.is_well:
        raise typer.Exit(1)


def _print_report(report: "DoctorReport") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Database: {report.database}", markup=False)
    if report.vitals is not None:
        console.print(f"{report.vitals.version}, {_size(report.vitals.size)}")
        if report.vitals.free is not None:
            console.print(f"{_size(report.vitals.free)} left on its disk")
        console.print(", ".join(f"{name} {value}" for name, value in report.vitals.settings.items()))
        table = Table("table", "rows", "size", box=None)
        for one in report.vitals.sizes:
            if one.rows or one.size:
                table.add_row(one.table, f"{one.rows:,}", "" if one.size is None else _size(one.size))
        console.print(table)
    if report.growth is not None:
        growth = report.growth
        console.print(", ".join(counted(count, kind) for kind, count in growth.records.items()))
        console.print(
            f"{counted(growth.writes_of_7_days, 'write')} in 7 days, {growth.writes_of_30_days:,} in 30, "
            f"about {_size(growth.bytes_of_a_write)} each"
        )
        lone = ", ".join(counted(count, kind) for kind, count in growth.unreferenced.items())
        console.print(f"referred to by nothing: {lone}; {counted(growth.tombstones, 'tombstone')}")
    for advice in report.advice:
        colour = "red" if advice.level == "problem" else "yellow"
        said = escape(f"{advice.subject}: {advice.detail} {advice.remedy}")
        console.print(f"[{colour}]{advice.level}[/]: {said}")
    if report.is_well:
        console.print("Nothing is wrong.")


def _size(count: int) -> str:
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024:
            return counted(count, "byte") if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} TiB"


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
    from app.maintenance.erase import READER_OPEN, erase_freed_space
    from app.maintenance.purge import purge as erase
    from app.maintenance.purge import purgeable

    if (ref is None) != finish:
        raise typer.BadParameter("name a record, or give --finish", param_hint="REF")
    with opened() as database:
        if ref is None:
            result: dict[str, Any] = {"remains": erase_freed_space(database)}
        else:
            if not yes:
                with database.snapshot() as connection:
                    found = purgeable(connection, ref)
                typer.echo(
                    f"This erases {', '.join(found)} with all history. There is no way back.", err=True
                )
                typer.confirm("Erase?", abort=True, err=True)
            result = asdict(erase(database, ref))
    unfinished = READER_OPEN in result["remains"]
    if as_json:
        print_json(result)
    else:
        if ref is not None:
            refs = ", ".join(result["refs"])
            typer.echo(
                f"Erased {refs}: {counted(result['revisions'], 'revision')}, {counted(result['answers'], 'stored answer')}."
            )
        for sentence in result["remains"]:
            typer.echo(sentence, err=True)
        if unfinished:
            typer.echo("Run `annals purge --finish` when readers have ended, exports among them.", err=True)
        elif ref is None:
            typer.echo("What was deleted is erased, as far as the database can.")
    if unfinished:
        raise typer.Exit(1)
