"""Files that are named on a command line: the reader for each, and the digests that identify a run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from app.imports.documents import ImportedDocument, ImportFile, noted
from app.imports.import_rows import SourceFile
from app.imports.readers import READABLE, empty_file, format_of_file, head_of, read, why_unread
from app.imports.readers.encoding import ENCODINGS, parse_encoding
from app.imports.spreadsheet_files import SPREADSHEET, spreadsheet_files
from app.records.kinds import RECORD_KINDS, RecordKind

if TYPE_CHECKING:
    from app.imports.mapping.declaration import Mapping

_PIECE: Final = 1 << 18
_KINDS: Final = {name: kind for kind in RECORD_KINDS for name in (kind.kind, kind.collection)}


class BytesRead:
    """How many bytes have been read."""

    def __init__(self) -> None:
        self.bytes = 0

    def pieces(self, path: Path) -> Iterable[bytes]:
        """Return the bytes of a file in pieces; they are counted the first time."""
        return _Pieces(path, self)


@dataclass
class _Pieces:
    """A file in chunks, as often as it is read; its bytes are counted the first time."""

    path: Path
    seen: BytesRead
    counted: int = 0

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        with self.path.open("rb") as file:
            while piece := file.read(_PIECE):
                read += len(piece)
                self.seen.bytes += max(0, read - self.counted)
                self.counted = max(read, self.counted)
                yield piece


def known_encoding(name: str | None) -> str | None:
    """Return the encoding of that name, if one is named.

    Raises:
        typer.BadParameter: there is none of that name.
    """
    found = None if name is None else parse_encoding(name)
    if name is not None and found is None:
        raise typer.BadParameter(f"choose one of {', '.join(ENCODINGS)}", param_hint="--encoding")
    return found


def known_kind(name: str | None) -> RecordKind | None:
    """Return the kind of that name or collection, if one is named.

    Raises:
        typer.BadParameter: there is none of that name.
    """
    found = None if name is None else _KINDS.get(name.lower())
    if name is not None and found is None:
        raise typer.BadParameter(
            f"choose one of {', '.join(kind.kind for kind in RECORD_KINDS)}", param_hint="--kind"
        )
    return found


def import_files(
    files: list[Path],
    mapping: "Mapping | None",
    seen: BytesRead,
    encoding: str | None = None,
    kind: RecordKind | None = None,
) -> list[ImportFile]:
    """Return what is imported of each file, and how it is read; the encoding counts more than that of the mapping.

    `kind` is that of documents that do not say theirs, else that of the file's name.
    """
    inputs = []
    if mapping is not None and encoding is not None:
        mapping = replace(mapping, encoding=encoding)
    mapped = _mapped(mapping) if mapping is not None else None
    for path in files:
        form, notes = recognised(path)
        if encoding is not None and (form == SPREADSHEET or (mapped is not None and form != "csv")):
            raise typer.BadParameter(f"{path.name} is not CSV, and is in UTF-8", param_hint="--encoding")
        empty = empty_file(form, head_of(BytesRead().pieces(path))[0])
        if empty is not None:
            inputs.append(ImportFile(path.name, partial(iter, (empty,))))
            continue
        if mapped is None and form == SPREADSHEET:
            inputs += spreadsheet_files(path.name, seen.pieces(path), kind or _kind_of_name(path), notes)
            continue
        inputs.append(ImportFile(path.name, _reader(path, form, seen, mapped, encoding, notes, kind)))
    return inputs


def recognised(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return the format of a file, and notes on how it was found.

    Raises:
        typer.BadParameter: it cannot be read.
    """
    form, notes = format_of_file(path.name, BytesRead().pieces(path))
    if form is None:
        raise typer.BadParameter(why_unread(path.name), param_hint="FILE")
    return form, notes


Mapped = Callable[[str, Iterable[bytes], Path], Iterator[ImportedDocument]]


def _reader(
    path: Path,
    form: str,
    seen: BytesRead,
    mapped: Mapped | None,
    encoding: str | None,
    notes: tuple[str, ...],
    kind: RecordKind | None,
) -> Callable[[], Iterator[ImportedDocument]]:
    if mapped is not None:
        # A mapping says what the members mean, whatever case of JSON it is.
        rows = READABLE[form].within or form
        return lambda: noted(mapped(rows, seen.pieces(path), path.parent), notes)
    return lambda: noted(read(form, seen.pieces(path), kind or _kind_of_name(path), encoding), notes)


def _kind_of_name(path: Path) -> RecordKind | None:
    """Return the kind of a table's records from its name, such as `events.csv`."""
    return _KINDS.get(path.name.partition(".")[0].lower())


def _mapped(mapping: "Mapping") -> Mapped:
    from app.imports.mapping.apply import read_mapped

    return lambda form, pieces, folder: read_mapped(mapping, form, pieces, folder)


def source_files(paths: list[Path]) -> Iterator[SourceFile]:
    """Yield each file with its digest, by which a run is known again."""
    for path in paths:
        with path.open("rb") as file:
            yield SourceFile(path.name, file_digest(file, "sha256").hexdigest())


def mapping_files(files: list[Path], mapping_file: Path | None, mapping: "Mapping | None") -> Iterator[Path]:
    """Yield what else an import depends on: the mapping, and the tables that it joins."""
    if mapping_file is None or mapping is None:
        return
    from app.imports.mapping.joins import joined_file

    yield mapping_file
    for join in mapping.joins.values():
        yield from (path for one in files if (path := joined_file(mapping, join, one.parent)) is not None)
