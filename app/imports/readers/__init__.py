"""Readers of files: one for each format, each fed with bytes as they come.

A reader yields documents as they are written; validating them is done later, for all formats alike.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final

from app.errors import Fault
from app.formats import FORMATS
from app.formats.format import PACKED, suffix_among
from app.imports.documents import ImportedDocument
from app.imports.readers.csv import missing_kind, read_csv
from app.imports.readers.gedcom import read_gedcom
from app.imports.readers.geojson import read_geojson
from app.imports.readers.gzip import BadArchive, unpack_if_packed
from app.imports.readers.json import read_json
from app.imports.readers.lines import WrongEncoding
from app.imports.readers.ndjson import read_ndjson
from app.records.kinds import RecordKind

__all__ = ["MEDIA_TYPES", "SUFFIXES", "format_of_name", "read", "why_unread"]
Reader = Callable[[Iterable[bytes]], Iterator[ImportedDocument]]

MEDIA_TYPES: Final = MappingProxyType(
    {
        "application/x-ndjson": "ndjson",
        "application/json": "json",
        "text/csv": "csv",
        "application/geo+json": "geojson",
        "text/vnd.familysearch.gedcom": "gedcom",
    }
)
"""The media types of bodies, and the format that each is read as."""

SUFFIXES: Final = MappingProxyType(
    {
        ".ndjson": "ndjson",
        ".jsonl": "ndjson",
        ".json": "json",
        ".csv": "csv",
        ".tsv": "csv",
        ".geojson": "geojson",
        ".ged": "gedcom",
    }
)
"""The format of each suffix."""

_WRITTEN_ONLY: Final = MappingProxyType(
    {one.suffix: one.name for one in FORMATS.values() if one.suffix not in SUFFIXES}
)


def format_of_name(name: str) -> str | None:
    """Return the format of a file by its name, compressed or not; None where no format that can be read has that suffix.

    A longer suffix of another format counts first: `x.csl.json` holds citations, not documents.
    """
    return SUFFIXES.get(suffix_among(name, (*SUFFIXES, *_WRITTEN_ONLY)) or "")


def why_unread(name: str) -> str:
    """Return what a file must be called to be read, and which format it is if that is only ever written."""
    known = f"the name must end in one of {', '.join(SUFFIXES)} (and {PACKED})"
    written = suffix_among(name, _WRITTEN_ONLY)
    if written is None:
        return f"{name}: {known}"
    return f"{name}: {_WRITTEN_ONLY[written]} ({written}) is written and never read; {known}"


def read(form: str, chunks: Iterable[bytes], kind: RecordKind | None = None) -> Iterator[ImportedDocument]:
    """Read documents, compressed with gzip or not; `kind` is theirs where they do not say.

    A fault that keeps the rest from being read is the last that is yielded.
    """
    readers: dict[str, Reader] = {
        "ndjson": read_ndjson,
        "json": read_json,
        "csv": partial(read_csv, kind=kind),
        "geojson": read_geojson,
        "gedcom": read_gedcom,
    }
    line = 1
    try:
        for one in readers[form](unpack_if_packed(chunks)):
            line = one.line
            yield with_kind(one, kind)
    except (BadArchive, WrongEncoding) as error:
        code = error.code if isinstance(error, BadArchive) else "wrong_encoding"
        yield ImportedDocument(line, faults=(Fault(code, str(error), ""),))


def with_kind(one: ImportedDocument, kind: RecordKind | None) -> ImportedDocument:
    """Add the kind of record to a document that does not say it; a document of unknown kind has a fault."""
    if one.raw is None or one.raw.get("kind"):
        return one
    if kind is None:
        return replace(one, raw=None, faults=(*one.faults, missing_kind(None)))
    return replace(one, raw={**one.raw, "kind": kind.kind})
