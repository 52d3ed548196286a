"""`annals import`: whole data sets in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.common import AsJson, opened
from app.cli.interruption import interruptible
from app.cli.mappings import known_mapping_file
from app.values.one_line import MAX_COMMENT_LENGTH, MAX_LABEL_LENGTH, parse_line

if TYPE_CHECKING:
    from app.cli.guide import NextStep
    from app.imports.documents import ImportFile
    from app.imports.files import BytesRead
    from app.imports.import_rows import SourceFile
    from app.imports.mapping.declaration import Mapping
    from app.imports.report import Options
    from app.records.kinds import RecordKind

_GO_ON: Final = (
    "Stopped. What was written stays, each group of records whole. The same command, with the same files, "
    "goes on where it was."
)
_DELETING: Final = "--delete-missing, --confirm, --delete-at-most"
_NOTHING_WRITTEN: Final = "Stopped. Nothing was written."


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="NDJSON, JSON, CSV, XLSX, GeoJSON and others, packed with gzip or not.",
            exists=True,
            dir_okay=False,
        ),
    ],
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--map",
            help="What the columns of foreign tables mean (YAML); with --guide the file to write it to.",
            dir_okay=False,
        ),
    ] = None,
    shipped: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Follow a mapping that ships: see `annals mappings list`."),
    ] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest-map", help="Draft a mapping for the file, and write nothing.")
    ] = False,
    guide: Annotated[
        bool, typer.Option("--guide", help="Draw up a mapping in questions and answers, on a terminal.")
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding", help="The encoding of the files, such as windows-1252; else it is detected."
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="The kind of what does not say its own, such as the rows of a table without that column; else the file's "
            "name says it, as in events.csv.",
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            "--sheet",
            metavar="NAME",
            help="The sheet to draft a mapping for, where several of a spreadsheet have rows.",
        ),
    ] = None,
    accept_guesses: Annotated[
        bool,
        typer.Option(
            "--accept-guesses", help="Follow a drafted mapping though nobody confirmed its guesses."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and write nothing.")
    ] = False,
    preview: Annotated[
        int | None,
        typer.Option(
            "--preview",
            min=1,
            max=1000,
            metavar="N",
            help="Show what would become of the first N documents, and write nothing.",
        ),
    ] = None,
    on_error: Annotated[
        str, typer.Option(help="stop: write nothing if there is a fault. skip: write the rest.")
    ] = "stop",
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Let rows of tables be whole records: what they have no column for is removed."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Let documents of an earlier revision write over what was edited since."
        ),
    ] = False,
    simplify: Annotated[
        str | None,
        typer.Option(
            metavar="DISTANCE",
            help="Simplify geometries of more than 10,000 positions, no outline by more than this: 100m, 1km.",
        ),
    ] = None,
    comment: Annotated[
        str | None,
        typer.Option("--comment", metavar="TEXT", help="Why, kept with the revisions that it writes."),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--sync",
            metavar="LABEL",
            help="Tell which records the last import under this label had and these files have not.",
        ),
    ] = None,
    delete_missing: Annotated[
        bool,
        typer.Option(
            "--delete-missing", help="With --sync: delete these records, once everything else is written."
        ),
    ] = False,
    confirm: Annotated[
        str | None,
        typer.Option(metavar="TOKEN", help="Delete just what a dry run listed that gave this token."),
    ] = None,
    delete_at_most: Annotated[
        str | None,
        typer.Option(
            metavar="N|N%",
            help="Delete without asking if no more are missing than this: 20, or 2% of the last.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import records. The same file twice changes nothing; one that was broken off goes on where it was.

    Rows of tables say what they have columns for; the rest of a record stays as it is. Documents of NDJSON and JSON
    are whole records.
    """
    from app.cli.import_consent import parse_consent
    from app.imports.files import BytesRead, import_files, known_encoding, mapping_files, source_files
    from app.imports.mapping.declaration import read_mapping
    from app.imports.report import Options
    from app.maintenance.import_damage import BY_IMPORT

    if on_error not in ("stop", "skip"):
        raise typer.BadParameter("choose stop or skip", param_hint="--on-error")
    unfit = shipped is not None or suggest or accept_guesses or preview is not None or as_json
    _check_files(mapping, guide=guide, unfit=unfit)
    mapping = _chosen_mapping(mapping, shipped, suggest=suggest, accept_guesses=accept_guesses)
    if sheet is not None and not (suggest or guide):
        detail = "it goes with --suggest-map and --guide; a mapping names its sheet: table: {sheet: NAME}"
        raise typer.BadParameter(detail, param_hint="--sheet")
    if suggest:
        _suggest(files, sheet)
        return
    if guide:
        mapping, step = _guided(files, mapping, known_encoding(encoding), sheet)
        if step == "nothing":
            return
        dry_run = dry_run or step == "dry run"
    of_kind = _kind(kind, is_mapped=mapping is not None or guide)
    seen = BytesRead()
    loaded = read_mapping(mapping, accept_guesses=accept_guesses) if mapping is not None else None
    inputs = import_files(files, loaded, seen, known_encoding(encoding), of_kind)
    metres = _metres(simplify) if simplify is not None else None
    is_trial = dry_run or preview is not None
    label = None if label is None else _label(label)
    if (delete_missing and label is None) or (not delete_missing and (confirm or delete_at_most)):
        raise typer.BadParameter("these go with --sync LABEL --delete-missing", param_hint=_DELETING)
    consent = parse_consent(confirm, delete_at_most, is_trial=is_trial) if delete_missing else None
    read = list(source_files([*files, *mapping_files(files, mapping, loaded)]))
    manner = (on_error, replace, force, encoding, metres, label, delete_missing, kind)
    options = Options(
        BY_IMPORT,
        on_error="skip" if on_error == "skip" else "stop",
        dry_run=is_trial,
        keeps=True,
        replace=replace,
        force=force,
        preview=preview or 0,
        comment=None if comment is None else _line(comment, MAX_COMMENT_LENGTH, "--comment"),
        files=lambda: read,
        label=label,
        consent=consent,
        digest=_digest(manner, read, loaded),
        simplify=metres,
        helped=True,
    )
    _import(files, inputs, options, seen, loaded, as_json=as_json)


def _import(
    files: list[Path],
    inputs: "list[ImportFile]",
    options: "Options",
    seen: "BytesRead",
    mapping: "Mapping | None",
    *,
    as_json: bool,
) -> None:
    from app.cli.import_progress import shown_progress
    from app.cli.import_report import print_report, print_whole_report
    from app.database.vocabulary import vocabulary_of
    from app.imports.service import import_documents

    with (
        interruptible(_NOTHING_WRITTEN if options.dry_run else _GO_ON) as stopped,
        opened() as database,
        shown_progress(files, seen) as progress,
    ):
        if mapping is not None:
            with database.snapshot() as connection:
                mapping.check_terms(vocabulary_of(connection))
        told = print_whole_report if as_json else None
        report = import_documents(database, inputs, options, progress, stopped, told)
    if not as_json:
        print_report(report)
    if report.counts.faults:
        raise typer.Exit(1)


def _chosen_mapping(
    mapping: Path | None, shipped: str | None, *, suggest: bool, accept_guesses: bool
) -> Path | None:
    """Return the file of the mapping to be followed, if there is one."""
    if shipped is not None:
        if mapping is not None or suggest:
            raise typer.BadParameter(
                "a mapping that ships goes with no other (--map, --suggest-map)", param_hint="--as"
            )
        mapping = known_mapping_file(shipped, "--as")
    if accept_guesses and mapping is None:
        raise typer.BadParameter("there are guesses only in a mapping (--map)", param_hint="--accept-guesses")
    return mapping


def _kind(name: str | None, *, is_mapped: bool) -> "RecordKind | None":
    from app.imports.files import known_kind

    if name is not None and is_mapped:
        raise typer.BadParameter("the mapping says the kinds; leave it out", param_hint="--kind")
    return known_kind(name)


def _digest(manner: tuple[object, ...], read: "list[SourceFile]", mapping: "Mapping | None") -> bytes | None:
    """Return what an import is known by when it is taken up again.

    None where records are matched: what comes of it depends on those that are there, too, so it begins anew.
    """
    from app.imports.jobs import digest_of

    if mapping is not None and any(one.wants for one in mapping.templates):
        return None
    words = [*map(str, manner), *(word for one in read for word in (one.name, one.sha256))]
    return digest_of(word.encode() for word in words)


def _line(text: str, most: int, option: str) -> str | None:
    try:
        return parse_line(text, most) or None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _label(text: str) -> str:
    label = _line(text, MAX_LABEL_LENGTH, "--sync")
    if label is None:
        raise typer.BadParameter("give a label", param_hint="--sync")
    return label


def _metres(distance: str) -> float:
    from app.values.simplify import is_installed, parse_metres

    try:
        metres = parse_metres(distance)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--simplify") from None
    if not is_installed():
        raise typer.BadParameter("it needs shapely: pip install 'annals[simplify]'", param_hint="--simplify")
    return metres


def _check_files(mapping: Path | None, *, guide: bool, unfit: bool) -> None:
    """Refuse a mapping that is not there, unless it is to be written, and what goes with no guide."""
    if mapping is not None and not guide and not mapping.exists():
        raise typer.BadParameter(f"there is no file {mapping}", param_hint="--map")
    if guide and unfit:
        raise typer.BadParameter(
            "it goes without --as, --suggest-map, --accept-guesses, --preview and --json",
            param_hint="--guide",
        )


def _suggest(files: list[Path], sheet: str | None) -> None:
    from app.imports.files import BytesRead
    from app.imports.mapping.suggest import suggest_mapping

    path, form = _table(files, sheet)
    typer.echo(suggest_mapping(path.name, form, BytesRead().pieces(path), sheet=sheet), nl=False)


def _table(files: list[Path], sheet: str | None) -> tuple[Path, str]:
    """Return the table that a mapping is drafted for, and its format."""
    from app.imports.files import recognised

    if len(files) != 1:
        raise typer.BadParameter("give one file to draft a mapping for", param_hint="FILE")
    form, _ = recognised(files[0])
    if form not in ("csv", "spreadsheet", "geojson", "json", "ndjson"):
        raise typer.BadParameter(
            "a mapping is for a table: CSV, a spreadsheet, GeoJSON, JSON or NDJSON", param_hint="FILE"
        )
    if sheet is not None and form != "spreadsheet":
        raise typer.BadParameter(f"{files[0].name} is no spreadsheet", param_hint="--sheet")
    return files[0], form


def _guided(
    files: list[Path], target: Path | None, encoding: str | None, sheet: str | None
) -> "tuple[Path, NextStep]":
    from app.cli.guide import draw_up_mapping, has_terminal

    path, form = _table(files, sheet)
    if not has_terminal():
        raise typer.BadParameter(
            "there is no terminal to ask at: draft a mapping with --suggest-map, decide on it in the file, "
            "and import with --map",
            param_hint="--guide",
        )
    return draw_up_mapping(path, form, target, encoding, sheet)
