"""Readers of files: one for each format, each fed with bytes as they come.

A format is declared by its module (`FileFormat`) and listed in `READABLE`; nothing else knows how many there are. A reader
yields documents as they are written; validating them is done later, for all formats alike.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from app.errors import Fault
from app.formats import FORMATS
from app.formats.format import PACKED, suffix_among
from app.imports.documents import ImportedDocument, noted, recognised_as
from app.imports.readers import (
    annotations,
    bibtex,
    csl,
    csv,
    gedcom,
    geojson,
    gramps,
    icalendar,
    json,
    linked_places,
    ndjson,
    periodo,
    ris,
    spreadsheets,
    wikidata,
)
from app.imports.readers.encoding import marked_as_utf8, to_utf8
from app.imports.readers.file_format import FileFormat, Head, head_of
from app.imports.readers.gzip import BadArchive, unpack_if_packed
from app.imports.readers.lines import WrongEncoding
from app.imports.readers.linked_places import delimited
from app.imports.readers.table_rows import missing_kind
from app.records.kinds import RecordKind

__all__ = [
    "MEDIA_TYPES",
    "READABLE",
    "SUFFIXES",
    "FileFormat",
    "empty_file",
    "format_of_file",
    "format_of_head",
    "format_of_name",
    "head_of",
    "read",
    "read_body",
    "why_unread",
]

READABLE: Final = MappingProxyType(
    {
        one.name: one
        for one in (
            gedcom.FORMAT,
            gramps.FORMAT,
            icalendar.FORMAT,
            wikidata.FORMAT,
            periodo.FORMAT,
            linked_places.FORMAT,
            annotations.FORMAT,
            bibtex.FORMAT,
            ris.FORMAT,
            csl.FORMAT,
            ndjson.FORMAT,
            geojson.FORMAT,
            json.FORMAT,
            delimited.FORMAT,
            spreadsheets.FORMAT,
            csv.FORMAT,
        )
    }
)
"""The formats that can be read, in the order in which they are asked whether they recognise a file."""

MEDIA_TYPES: Final = MappingProxyType(
    {media_type: one.name for one in READABLE.values() for media_type in one.media_types}
)
"""The media types of bodies, and the format that each is read as."""

SUFFIXES: Final = MappingProxyType({suffix: one.name for one in READABLE.values() for suffix in one.suffixes})
"""The format of each suffix."""

_WRITTEN_ONLY: Final = MappingProxyType(
    {one.suffix: one.name for one in FORMATS.values() if one.suffix not in SUFFIXES}
)


def format_of_name(name: str) -> str | None:
    """Return the format of a file by its name, compressed or not; None where no format that can be read has that suffix.

    A longer suffix counts first: `x.csl.json` holds citations, not documents.
    """
    return SUFFIXES.get(suffix_among(name, (*SUFFIXES, *_WRITTEN_ONLY)) or "")


def format_of_head(head: Head) -> str | None:
    """Return the format of a file by its first bytes; None where they do not say for certain."""
    return next((one.name for one in READABLE.values() if one.recognises(head)), None)


def format_of_file(name: str, chunks: Iterable[bytes]) -> tuple[str | None, tuple[str, ...]]:
    """Return the format of a file, and notes on how it was found.

    What its first bytes say for certain counts more than its name, unless that is of a particular case of it. None where neither says. A
    name of a format that is written and never read (`.jsonld`) needs a content that is of a particular format.
    """
    named = format_of_name(name)
    found = format_of_head(head_of(chunks)[0])
    is_written_only = named is None and suffix_among(name, _WRITTEN_ONLY) is not None
    if is_written_only and (found is None or READABLE[found].within is None):
        return None, ()
    if found is None or found == named or (named is not None and READABLE[named].within == found):
        return named, ()
    return found, (recognised_as(READABLE[found].title),)


def why_unread(name: str) -> str:
    """Return what a file must be called to be read, and which format it is if that is only ever written."""
    known = f"the name must end in one of {', '.join(SUFFIXES)} (and {PACKED})"
    written = suffix_among(name, _WRITTEN_ONLY)
    if written is None:
        return f"{name}: {known}, or its first lines show its format"
    return f"{name}: {_WRITTEN_ONLY[written]} ({written}) is written and never read; {known}"


def read(
    form: str, chunks: Iterable[bytes], kind: RecordKind | None = None, encoding: str | None = None
) -> Iterator[ImportedDocument]:
    """Read documents, compressed with gzip or not; `kind` is theirs where they do not say.

    Without an encoding, it is UTF-8; that of a table is detected.

    A fault that keeps the rest from being read is the last that is yielded.
    """
    line = 1
    try:
        unpacked = unpack_if_packed(chunks)
        text = unpacked if encoding is None else marked_as_utf8(to_utf8(unpacked, encoding))
        for one in READABLE[form].reader(text, kind):
            line = one.line
            yield with_kind(one, kind)
    except (BadArchive, WrongEncoding) as error:
        code = error.code if isinstance(error, BadArchive) else "wrong_encoding"
        yield ImportedDocument(line, faults=(Fault(code, str(error), ""),))


def read_body(
    form: str | None, chunks: Iterable[bytes], kind: RecordKind | None = None, encoding: str | None = None
) -> Iterator[ImportedDocument]:
    """Read documents of the format of a media type, or of a particular case of it that the first bytes show.

    Without a format they alone decide; where they show none, that is the only fault.
    """
    head, whole = head_of(chunks)
    found = format_of_head(head)
    if found is None or (form is not None and READABLE[found].within != form):
        found = form
    if found is None:
        detail = (
            f"The first lines do not show the format. Say it with Content-Type: {', '.join(MEDIA_TYPES)}."
        )
        yield ImportedDocument(1, faults=(Fault("unknown_format", detail, ""),))
        return
    if (empty := empty_file(found, head)) is not None:
        yield empty
        return
    notes = () if found == form else (recognised_as(READABLE[found].title),)
    yield from noted(read(found, whole, kind, encoding), notes)


_MAY_BE_EMPTY: Final = frozenset({"ndjson", "ris"})


def empty_file(form: str, head: Head) -> ImportedDocument | None:
    """Return the fault of a file in which there is nothing, or blank lines alone; None where there is something.

    A file that holds no documents of its format (`[]`, a header without rows) is not empty; in formats that have nothing
    around their documents, every empty file holds none.
    """
    if head.text or not head.is_whole or form in _MAY_BE_EMPTY:
        return None
    detail = f"There is nothing in it, where {READABLE[form].title} is expected: see that the right file was written to its end."
    return ImportedDocument(1, faults=(Fault("empty_file", detail, ""),))


def with_kind(one: ImportedDocument, kind: RecordKind | None) -> ImportedDocument:
    """Add the kind of record to a document that does not say it; a document of unknown kind has a fault."""
    if one.raw is None or one.raw.get("kind"):
        return one
    if kind is None:
        return replace(one, raw=None, faults=(*one.faults, missing_kind(None)))
    return replace(one, raw={**one.raw, "kind": kind.kind})
