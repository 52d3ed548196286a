"""Entities one by one: an array (a dump), a line each, `{"entities": {…}}` as the API answers, or one alone on several lines."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from app.imports.documents import ImportedDocument
from app.imports.readers.json import pieces
from app.imports.readers.lines import peek
from app.imports.readers.ndjson import read_ndjson
from app.imports.readers.wikidata.entity import SOURCE, SOURCE_ID, ItemReader
from app.records.kinds import RecordKind

_BEGINS: Final = re.compile(
    r'\{\s*"entities"\s*:\s*\{\s*"[QPL][0-9]'
    r'|\[?\s*\{\s*(?:"(?:pageid|ns|lastrevid)":\s*[0-9]+,\s*|"(?:title|modified|id)":\s*"[^"]*",\s*)*"type":\s*"item",'
)
_HEAD: Final = 4096


def begins_with_entities(text: str) -> bool:
    """Return whether a file begins as one with entities does: with `entities` around items, or with an item."""
    return _BEGINS.match(text) is not None


def read_wikidata(chunks: Iterable[bytes], kind: RecordKind | None = None) -> Iterator[ImportedDocument]:
    """Read items as records of the kind that their classes say, or of `kind`.

    Records that they name and the file does not have follow at the end, with their numbers for titles;
    they give way to what is there.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    reader = ItemReader(kind)
    line = 1
    for found in _entities(chunks):
        line = found.line
        if found.raw is None:
            yield found
            continue
        inner = found.raw.get("entities")
        for entity in inner.values() if isinstance(inner, Mapping) else (found.raw,):
            yield reader.read(line, entity)
    if reader.has_read:
        yield ImportedDocument(line, {"kind": "source", "id": SOURCE_ID, **SOURCE}, if_missing=True)
    for missing_kind, number in reader.missing():
        yield ImportedDocument(line, _outline(missing_kind, number), if_missing=True)


def _outline(kind: str, number: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "id": f"q{number}",
        "title": f"Q{number}",
        "same_as": [f"https://www.wikidata.org/wiki/Q{number}"],
    }


def _entities(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    head, rest, _ = peek(chunks, _HEAD)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_spread = start.partition(b"\n")[0].rstrip() == b"{"
    if is_spread or start.startswith(b"[") or b'"entities"' in start[:200]:
        for piece in pieces(rest, ()):
            yield piece.read()
        return
    yield from read_ndjson(rest)
