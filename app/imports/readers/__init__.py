"""Files on their way in: one reader a format (api.md §3), each fed with bytes as they come."""

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
    }
)
"""What a body may be, and the format that it is then read as."""


SUFFIXES: Final = MappingProxyType(
    {
        ".ndjson": "ndjson",
        ".jsonl": "ndjson",
        ".json": "json",
        ".csv": "csv",
        ".tsv": "csv",
        ".geojson": "geojson",
    }
)
"""What a file's name tells of its format."""


_WRITTEN_ONLY: Final = MappingProxyType(
    {one.suffix: one.name for one in FORMATS.values() if one.suffix not in SUFFIXES}
)


def format_of_name(name: str) -> str | None:
    """Give the format of a file by its name, packed or not; None where the name tells none that is read.

    What another format is called by is none of these: `x.csl.json` holds citations, not documents.
    """
    return SUFFIXES.get(suffix_among(name, (*SUFFIXES, *_WRITTEN_ONLY)) or "")


def why_unread(name: str) -> str:
    """Say what a file must be called to be read, and of what is only ever written, what it is."""
    known = f"the name must end in one of {', '.join(SUFFIXES)} (and {PACKED})"
    written = suffix_among(name, _WRITTEN_ONLY)
    if written is None:
        return f"{name}: {known}"
    return f"{name}: {_WRITTEN_ONLY[written]} ({written}) is written and never read; {known}"


def read(form: str, chunks: Iterable[bytes], kind: RecordKind | None = None) -> Iterator[ImportedDocument]:
    """Read documents, packed with gzip or not; `kind` is theirs where they do not say.

    A fault that keeps the rest from being read is the last that is given.
    """
    readers: dict[str, Reader] = {
        "ndjson": read_ndjson,
        "json": read_json,
        "csv": partial(read_csv, kind=kind),
        "geojson": read_geojson,
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
    """Say what kind of record a document is where it does not; one that cannot be told has a fault."""
    if one.raw is None or one.raw.get("kind"):
        return one
    if kind is None:
        return replace(one, raw=None, faults=(*one.faults, missing_kind(None)))
    return replace(one, raw={**one.raw, "kind": kind.kind})
