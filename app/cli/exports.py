"""`annals export`: whole data sets out."""

import gzip
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Final

import typer

from app.cli.common import STANDARD, opened, progress, writable
from app.errors import nearest

if TYPE_CHECKING:
    from app.database.engine.database import Database
    from app.formats.format import Format, FormatItem

_TERMS: Final = frozenset({"ndjson", "json"})

_LOCAL: Final = "http://127.0.0.1:8000"
"""What addresses begin with where nobody has said how the service is reached: as `annals serve` is without options."""

ProgressCallback = Callable[[int, int], None]
"""Called with the number of records written, and the number there are."""


def export(
    file: Annotated[
        Path,
        typer.Argument(
            help="Where to write; packed if the name ends in .gz; - is standard output.", callback=writable
        ),
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="The format; by the longest known end of the file's name where none is given, NDJSON where that has none.",
        ),
    ] = None,
    bom: Annotated[
        bool,
        typer.Option("--bom", help="Begin CSV with a byte order mark, by which Excel knows it for UTF-8."),
    ] = False,
) -> None:
    r"""Export everything, from one state of the database.

    NDJSON, JSON, CSV, XLSX and GeoJSON can all be imported again; the last three have no terms. What Linked Places (JSON and
    LP-TSV), Web Annotations (oa), BibTeX, RIS and CSL-JSON have of the records is read back, too. Parquet needs
    pip install 'annals\[parquet]'.
    """
    from app.exports.service import export as items
    from app.formats.format import About, Projection
    from app.formats.serialize import write
    from app.settings import Settings

    chosen = _chosen(file, form)
    if bom and chosen.name != "csv":
        raise typer.BadParameter(
            "only CSV can begin with it; leave it out, or give --format csv", param_hint="--bom"
        )
    settings = Settings()
    view = Projection(beside=chosen.beside)
    if chosen.has_addresses and settings.public_url is None:
        typer.echo(_local_addresses(chosen), err=True)
    about = About(settings.public_url or _LOCAL, "Everything", bom=bom)
    with opened(settings) as database, progress("Exporting") as report_progress, _target(file) as target:
        chunks = items(database, view, terms=chosen.name in _TERMS)
        for piece in write(chosen, _watched(chunks, report_progress, _total(database)), about):
            target.write(piece)


def _local_addresses(chosen: "Format") -> str:
    return (
        f"Warning: ANNALS_PUBLIC_URL is not set, so the addresses in this file ({chosen.name}) are made of {_LOCAL}, "
        "which leads to another machine everywhere else. Set it to the address of the service, such as "
        "https://annals.example, and export again before you publish the file."
    )


def _chosen(file: Path, form: str | None) -> "Format":
    from app.formats import FORMATS, format_of_suffix, formats_for
    from app.formats.format import PACKED, Use

    known = formats_for(Use.EXPORT)
    name = form
    if name is None:
        found = format_of_suffix(file.name)
        has_suffix = Path(file.name.lower().removesuffix(PACKED)).suffix
        if (found is None and has_suffix) or (found is not None and found.name not in known):
            suffixes = ", ".join(FORMATS[one].suffix for one in known)
            detail = f"{file.name}: give --format, or a name that ends in one of {suffixes} (and {PACKED})"
            raise typer.BadParameter(detail, param_hint="FILE")
        name = found.name if found is not None else "ndjson"
    if name not in known:
        near = nearest(name, known)
        meant = f"did you mean {near}? " if near else ""
        raise typer.BadParameter(f"{meant}choose among {', '.join(known)}", param_hint="--format")
    return FORMATS[name]


def _total(database: "Database") -> int:
    """Count the records, if standard error is a terminal."""
    from sqlalchemy import func, select

    from app.database import tables

    if not sys.stderr.isatty():
        return 0
    live = tables.record.c.state == tables.LIVE
    with database.snapshot() as connection:
        count: int = connection.execute(
            select(func.count()).select_from(tables.record).where(live)
        ).scalar_one()
    return count


def _watched(
    chunks: "Iterator[list[FormatItem]]", report_progress: ProgressCallback, total: int
) -> "Iterator[list[FormatItem]]":
    done = 0
    for items in chunks:
        yield items
        done += len(items)
        report_progress(done, total)


@contextmanager
def _target(file: Path) -> Iterator[IO[bytes]]:
    """Open the target; a file appears only when it is complete."""
    from app.formats.format import is_packed

    if file == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("wb") as raw:
            if is_packed(file.name):
                # No name and no time inside: the same records compress to the same bytes.
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                    yield packed  # type: ignore[misc]
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
