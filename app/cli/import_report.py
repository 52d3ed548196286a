"""The report of `annals import`: as text, and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
import typer

from app.imports.report import Report

_MAX_GROUPS: Final = 50
_MAX_VALUE_LENGTH: Final = 200
_SIGNS: Final = {"create": "+", "update": "~", "unchanged": "="}


def print_whole_report(report: Report, faults: Iterator[Mapping[str, Any]]) -> None:
    """Write a report to standard output as JSON, with every fault there is, however many."""
    members = report.to_dict()
    for name in ("faults", "more_faults"):
        members.pop(name, None)
    print(orjson.dumps(members, option=orjson.OPT_INDENT_2).decode()[:-2], end=',\n  "faults": [')
    separator = "\n    "
    for fault in faults:
        print(f"{separator}{orjson.dumps(fault).decode()}", end="")
        separator = ",\n    "
    print("\n  ]\n}")


def print_report(report: Report) -> None:
    """Print a report as text: the counts to standard output, the rest to standard error."""
    counts = report.counts
    for entry in report.preview or ():
        _print_previewed(entry)
    _print_faults(report)
    for note in report.to_dict().get("notes", ()):
        typer.echo(f"Note on {note['count']:,} of what was read: {note['detail']}", err=True)
    geometries, before, after = counts.simplified
    if geometries:
        typer.echo(
            f"Geometries that were simplified: {geometries:,}; {before:,} positions became {after:,}.",
            err=True,
        )
    if report.resumed:
        typer.echo(f"Taken up after {report.resumed:,} documents.", err=True)
    would = "would be " if report.dry_run else ""
    typer.echo(
        f"{counts.read:,} read; {would}{counts.created:,} created, {counts.updated:,} updated, "
        f"{counts.unchanged:,} unchanged, {counts.failed:,} failed"
    )
    if counts.gave_way:
        typer.echo(
            f"{counts.gave_way:,} gave way to a record that there was already, and said something else."
        )
    if counts.removes:
        lost = ", ".join(f"{name} ({count:,})" for name, count in sorted(counts.removes.items()))
        typer.echo(f"Records that are updated {'would lose' if report.dry_run else 'lost'}: {lost}.")
    if report.refused:
        typer.echo("Nothing was written; mend the faults, or import with --on-error skip.", err=True)
    if report.broken_off:
        typer.echo(
            "It ended early, as records that it gives or refers to were changed meanwhile; import it again.",
            err=True,
        )


def _print_faults(report: Report) -> None:
    """Print faults, similar ones as one, in the order in which the first of each was found."""
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
        typer.echo(f"and {more_faults:,} more faults of other sorts; --json has every one", err=True)


def _print_previewed(entry: Mapping[str, Any]) -> None:
    where = f"{entry['file']}:{entry['line']}"
    typer.echo(f"{_SIGNS[entry['change']]} {entry['ref']} ({where}): {entry['change']}")
    document = entry["document"]
    if entry["change"] == "create":
        for name, value in document.items():
            if name not in ("kind", "id"):
                typer.echo(f"    {name}: {_short(value)}")
    for name, value in entry.get("before", {}).items():
        now = _short(document[name]) if name in document else "(removed)"
        typer.echo(f"    {name}: {_short(value)} → {now}")
    if entry["change"] == "update":
        for operation in entry["patch"]:
            name = operation["path"][1:]
            if operation["op"] == "add" and name in document and name not in entry["before"]:
                typer.echo(f"    {name}: (none) → {_short(document[name])}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= _MAX_VALUE_LENGTH else f"{text[: _MAX_VALUE_LENGTH - 1]}…"
