"""`annals verify` and `annals coverage`: whether the evidence holds, and where it is thin."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.cli.common import AsJson, opened, print_json

_HEADS: Final = {"none": "no source", "one": "one source", "several": "several sources"}


def verify(
    source: Annotated[str, typer.Argument(help="The source: sources/ID, or its id alone.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Its text in UTF-8, - for standard input; the attached text where none is given."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look up in a text what was read out of its source. Exits with 1 where something does not stand in its place."""
    from app.errors import NotFound
    from app.source_texts.verification import gather, report
    from app.values.slug import is_id
    from app.values.text_selectors import MatchStatus
    from app.writing.verification_process import examine

    collection, slash, source_id = source.rpartition("/")
    if (slash and collection != "sources") or not is_id(source_id):
        raise typer.BadParameter("give a source as sources/ID", param_hint="SOURCE")
    text = None if file is None else _text(file)
    with opened() as database, database.snapshot() as connection:
        try:
            work = gather(connection, source_id, text)
        except NotFound as error:
            near = ", ".join(one["ref"] for one in error.extra.get("near", ()))
            meant = f"; did you mean {near}?" if near else ""
            raise typer.BadParameter(f"there is no such source{meant}", param_hint="SOURCE") from None
    result: Mapping[str, Any] = report(work, examine(work.text, work.selectors))
    if as_json:
        print_json(result)
    else:
        _print_report(result)
    faults = (MatchStatus.MOVED, MatchStatus.AMBIGUOUS, MatchStatus.MISSING)
    if any(result[verdict.value] for verdict in faults):
        raise typer.Exit(1)


def _text(file: Path) -> bytes:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        raw.decode()
    except UnicodeDecodeError as error:
        raise typer.BadParameter(
            f"the text is not UTF-8: see byte {error.start}", param_hint="FILE"
        ) from None
    except OSError:
        raise typer.BadParameter("there is no such file that can be read", param_hint="FILE") from None
    return raw


def _print_report(result: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from app.values.text_selectors import MatchStatus

    console = Console()
    faults = [item for item in result["items"] if item["verdict"] != MatchStatus.EXACT.value]
    if faults:
        table = Table("record", "evidence", "property", "verdict", "stands at")
        for item in faults:
            place = f"{item['start']}-{item['end']}" if "start" in item else ""
            cells = (item["ref"], item["evidence"], item.get("property", ""), item["verdict"], place)
            table.add_row(*map(Text, cells))
        console.print(table)
    counts = ", ".join(f"{result[verdict.value]} {verdict.value}" for verdict in MatchStatus)
    more = f", {result['unchecked']} not tied to the text" if result["unchecked"] else ""
    print(f"{result['source']}: {counts}{more}")
    if result["text"].get("as_recorded") is False:
        typer.echo("This is not the text that the source's record names: their digests differ.", err=True)


def coverage(
    kind: Annotated[
        str | None, typer.Option(help="Records of one kind alone: event, actor, agreement, mission, place.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many sources and places are listed.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Tell where the evidence is thin: statements with no source, with one, with several independent ones."""
    import asyncio

    from app.evidence.coverage import measure
    from app.evidence.schemas import MEASURED

    if kind is not None and kind not in MEASURED:
        raise typer.BadParameter(f"choose among {', '.join(MEASURED)}", param_hint="--kind")
    with opened() as database:

        async def ask() -> Mapping[str, Any]:
            try:
                return await database.decide(lambda reading: measure(reading, kind, limit))
            finally:
                await database.close()

        result = asyncio.run(ask())
    if as_json:
        print_json(result)
    else:
        _print_coverage(result)


def _print_coverage(result: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from app.evidence.schemas import SUPPORT
    from app.records.evidence_support import WHOLE_RECORD

    def table(title: str, *names: str) -> Table:
        made = Table(title=title, title_justify="left")
        for name in names:
            made.add_column(name, overflow="fold")
        for name in SUPPORT:
            made.add_column(_HEADS[name], justify="right")
        return made

    def add(made: Table, *cells: str, counts: dict[str, int]) -> None:
        shown = [
            Text(f"{counts[name]:,}", style="red" if name == "none" and counts[name] else "")
            for name in SUPPORT
        ]
        made.add_row(*map(Text, cells), *shown)

    console = Console()
    kinds = table("Records, by how many independent sources they rest on", "kind")
    for one in result["kinds"]:
        add(kinds, one["kind"], counts=one["records"])
    add(kinds, "all", counts=result["records"])
    statements = table("Statements", "kind", "about")
    for one in result["properties"]:
        about = "that it was" if one["property"] == WHOLE_RECORD else one["property"]
        add(statements, one["kind"], about, counts=one)
    add(statements, "all", "", counts=result["statements"])
    decades = table("Statements by decade", "decade", "records")
    for one in result["decades"]:
        add(decades, one["bucket"], f"{sum(one['records'].values()):,}", counts=one["statements"])
    undated = result["undated"]
    add(decades, "undated", f"{sum(undated['records'].values()):,}", counts=undated["statements"])
    for made in (kinds, statements, decades):
        console.print(made)
    for name, title in (
        ("sources", "Sources, those that most rests on alone first"),
        ("places", "Places, the thinnest first"),
    ):
        found = result[name]
        listed = table(
            f"{title} ({found['total']:,}; {found['without']:,} with nothing sourced)", "", "records"
        )
        for item in found["items"]:
            add(listed, item["ref"], f"{item['records']:,}", counts=item)
        console.print(listed)
