"""The report of `annals import`: as text, and as JSON."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson
import typer

from app.cli.readable_record import values_in_words
from app.imports.report import Details, Report
from app.imports.sync import Missing
from app.values.counted import counted

_MAX_GROUPS: Final = 50
_SIGNS: Final = {"create": "+", "update": "~", "unchanged": "="}


def print_whole_report(report: Report, details: Details) -> None:
    """Write a report to standard output as JSON, with every fault and missing record there is, however many."""
    members = report.to_dict()
    missing = members.pop("missing", None)
    for name in ("faults", "more_faults"):
        members.pop(name, None)
    print(orjson.dumps(members, option=orjson.OPT_INDENT_2).decode()[:-2], end=',\n  "faults": [')
    _print_items(details.faults)
    print("\n  ]", end="")
    if missing is not None:
        missing.pop("refs")
        kept = missing.pop("kept", None)
        missing.pop("more_kept", None)
        print(',\n  "missing": {', end="")
        for name, member in missing.items():
            print(f'"{name}": {orjson.dumps(member).decode()}', end=", ")
        print('"refs": [', end="")
        _print_items(details.missing)
        if kept is not None:
            print('\n  ], "kept": [', end="")
            _print_items(details.kept)
        print("\n  ]}", end="")
    print("\n}")


def _print_items(items: Iterator[Any]) -> None:
    separator = "\n    "
    for item in items:
        print(f"{separator}{orjson.dumps(item).decode()}", end="")
        separator = ",\n    "


def print_report(report: Report) -> None:
    """Print a report as text: the counts to standard output, the rest to standard error."""
    counts = report.counts
    print_previewed(report.preview or ())
    if report.preview is not None and not report.preview:
        typer.echo(
            "There is no record to show: each has a fault, or gives way to one that is there.", err=True
        )
    print_faults(report)
    for note in report.to_dict().get("notes", ()):
        typer.echo(f"Note on {note['count']:,} of what was read: {note['detail']}", err=True)
    geometries, before, after = counts.simplified
    if geometries:
        typer.echo(
            f"Geometries that were simplified: {geometries:,}; {counted(before, 'position')} became {after:,}.",
            err=True,
        )
    if report.resumed:
        typer.echo(f"Taken up after {counted(report.resumed, 'document')}.", err=True)
    would = "would be " if report.dry_run else ""
    typer.echo(
        f"{counts.read:,} read; {would}{counts.created:,} created, {counts.updated:,} updated, "
        f"{counts.unchanged:,} unchanged, {counts.failed:,} failed"
    )
    if counts.gave_way:
        named = counts.gave_way_to[:_MAX_GROUPS]
        more = " and more" if len(counts.gave_way_to) > len(named) else ""
        typer.echo(
            f"{counts.gave_way:,} gave way to a record that there was already, and said something else: "
            f"{', '.join(named)}{more}"
        )
    if counts.removes:
        lost = ", ".join(f"{name} ({count:,})" for name, count in sorted(counts.removes.items()))
        typer.echo(f"Records that are updated {'would lose' if report.dry_run else 'lost'}: {lost}.")
    if report.missing is not None and report.missing.count:
        _print_missing(report.missing, report)
    _advise_on_kinds(report)
    if report.refused:
        typer.echo("Nothing was written; mend the faults, or import with --on-error skip.", err=True)
    if report.broken_off:
        typer.echo(
            "It ended early, as records that it gives or refers to were changed meanwhile; import it again.",
            err=True,
        )


def _print_missing(missing: Missing, report: Report) -> None:
    verb = "is" if missing.count == 1 else "are"
    shown = ", ".join(missing.refs[:_MAX_GROUPS])
    more = f" and {missing.count - _MAX_GROUPS:,} more" if missing.count > _MAX_GROUPS else ""
    typer.echo(f"{missing.count:,} that earlier imports under this label had {verb} missing: {shown}{more}")
    if report.dry_run:
        typer.echo(f"To delete just these: --delete-missing --confirm {missing.token}")
    if missing.kept is None:
        return
    typer.echo(f"{report.counts.deleted:,} deleted, {missing.kept_count:,} kept")
    for one in missing.kept[:_MAX_GROUPS]:
        typer.echo(f"{one['ref']} was kept: {one['detail']}", err=True)


def _advise_on_kinds(report: Report) -> None:
    """Say what to do with documents that do not say what they are: most are somebody else's."""
    file = next((group["file"] for group in report.groups if group["code"] == "missing_kind"), None)
    if file is not None:
        typer.echo(
            "What was not made for Annals needs a mapping that says what its columns mean: see annals mappings list. "
            f"For a table, annals import {file} --guide asks for it, and --suggest-map drafts one. A table whose columns "
            "are those of records has a column kind, or its name says it (events.csv).",
            err=True,
        )


def print_faults(report: Report) -> None:
    """Print faults, similar ones as one, to standard error in the order in which the first of each was found."""
    shown = report.groups[:_MAX_GROUPS]
    for group in sorted(shown, key=lambda group: (group["file"], group["lines"][0])):
        first, count = group["example"], group["count"]
        where = [f"{first['file']}:{first['line']}"]
        if "feature" in first:
            where.append(f"feature {first['feature']}")
        if first.get("id"):
            where.append(f"({first['id']})")
        if first.get("pointer"):
            where.append(first["pointer"])
        found = f" Found: {first['value']}." if first.get("value") else ""
        meant = f" Did you mean {first['suggestion']}?" if first.get("suggestion") else ""
        typer.echo(f"{' '.join(where)}: {first['detail']}{found}{meant}", err=True)
        if count > 1:
            lines = ", ".join(map(str, group["lines"]))
            more = " and more" if count > len(group["lines"]) else ""
            typer.echo(f"    {count:,} times in all: lines {lines}{more}", err=True)
    more_faults = report.counts.faults - sum(group["count"] for group in shown)
    if more_faults > 0:
        typer.echo(f"and {counted(more_faults, 'more fault')} of other sorts; --json has every one", err=True)


def print_previewed(entries: Iterable[Mapping[str, Any]]) -> None:
    """Print what would become of documents to standard output, in words."""
    for entry in entries:
        where = f"{entry['file']}:{entry['line']}"
        where += f" feature {entry['feature']}" if "feature" in entry else ""
        typer.echo(f"{_SIGNS[entry['change']]} {entry['ref']} ({where}): {entry['change']}")
        for line in _differences(entry):
            typer.echo(f"    {line}")


def _differences(entry: Mapping[str, Any]) -> Iterator[str]:
    document = entry["document"]
    if entry["change"] == "create":
        for name, value in document.items():
            if name not in ("kind", "id"):
                yield from _member(name, values_in_words(name, value))
    for name, value in entry.get("before", {}).items():
        was = values_in_words(name, value)
        now = values_in_words(name, document[name]) if name in document else ["(removed)"]
        yield from _change(name, was, now)
    if entry["change"] == "update":
        for operation in entry["patch"]:
            name = operation["path"][1:]
            if operation["op"] == "add" and name in document and name not in entry["before"]:
                yield from _change(name, ["(none)"], values_in_words(name, document[name]))


def _member(name: str, lines: list[str]) -> Iterator[str]:
    """Yield a member: the items of a list are below each other."""
    yield f"{name}: {lines[0]}"
    yield from (f"{' ' * len(name)}  {line}" for line in lines[1:])


def _change(name: str, was: list[str], now: list[str]) -> Iterator[str]:
    """Yield what becomes of a member: of a list the items that go and those that come."""
    if len(was) == 1 == len(now):
        yield f"{name}: {was[0]} → {now[0]}"
        return
    yield f"{name}:"
    yield from (f"  - {line}" for line in was if line not in now and line != "(none)")
    yield from (f"  + {line}" for line in now if line not in was)
    if set(was) == set(now):
        yield "  (in another order, or differing in what is not shown)"
