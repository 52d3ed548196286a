"""GEDCOM in two passes: what there is, then the documents, as its records refer to each other in any order."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO, Any, Final

from app.imports.documents import FAMILY_LOOP, ImportedDocument, unreadable_line
from app.imports.readers.gedcom.families import read_family
from app.imports.readers.gedcom.index import Index
from app.imports.readers.gedcom.left_out import notes_on
from app.imports.readers.gedcom.lines import Malformed, Node, read_nodes
from app.imports.readers.gedcom.persons import read_person
from app.imports.readers.gedcom.sources import place_document, read_source
from app.imports.readers.gedcom.text import Undecodable, decoded

_CODE: Final = "invalid_gedcom"
_PIECE: Final = 65_536
_NO_HEAD: Final = "A file in GEDCOM begins with 0 HEAD."
_NO_TRAILER: Final = "The file does not end with 0 TRLR, and may have been cut off."
_AFTER_TRAILER: Final = "0 TRLR is the last line: nothing follows it."
_HELD_ELSEWHERE: Final = frozenset({"NOTE", "SNOTE", "REPO"})


def read_gedcom(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Yield a document for each place, source and person, and for each event in the lives of persons and families.

    A place gives way to an existing record of its id; of any other record, members that the file says nothing of stay as
    they are. Malformed lines, and pointers to nothing, are faults of their records. Nothing is made of some lines, which
    is noted.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spooled, Index() as index:
        told: set[int] = set()
        yield from _take_in(chunks, spooled, index, told)
        spooled.seek(0)
        yield from _with_all_notes(_documents(spooled, index, told))


def _take_in(
    chunks: Iterable[bytes], spooled: IO[str], index: Index, told: set[int]
) -> Iterator[ImportedDocument]:
    """Copy the text to a file, and learn what it has; yields the faults of its lines, which are then told."""
    tags: list[str] = []
    line = 1
    try:
        for record in read_nodes(_copied(decoded(chunks), spooled)):
            line = record.line
            if isinstance(record, Malformed):
                yield _fault(record)
                continue
            if not tags and record.tag != "HEAD":
                yield _fault(Malformed(line, _NO_HEAD))
            if tags[-1:] == ["TRLR"]:
                yield _fault(Malformed(line, _AFTER_TRAILER))
            tags = [record.tag]
            try:
                index.add(record)
            except Malformed as error:
                told.add(error.line)
                yield _fault(error)
    except Undecodable as error:
        yield unreadable_line(line, "wrong_encoding", str(error))
        return
    if tags != ["TRLR"]:
        yield _fault(Malformed(line, _NO_TRAILER if tags else _NO_HEAD))


def _copied(pieces: Iterable[str], spooled: IO[str]) -> Iterator[str]:
    for piece in pieces:
        spooled.write(piece)
        yield piece


def _documents(
    spooled: IO[str], index: Index, told: set[int]
) -> Iterator[ImportedDocument | tuple[str, ...]]:
    """Yield the documents, faults that are not told yet, and notes on records of which there are no documents."""
    for line, place, names in index.places():
        yield _document(line, place_document(place, names), if_missing=True)
    loops = index.families.own_ancestors()
    for record in read_nodes(iter(lambda: spooled.read(_PIECE), "")):
        if isinstance(record, Malformed) or record.tag in {"HEAD", "TRLR"} or record.line in told:
            continue
        try:
            documents = list(_documents_of(record, index))
        except Malformed as error:
            if error.line not in told:
                yield _fault(error)
            continue
        if documents or record.tag not in _HELD_ELSEWHERE:
            notes = notes_on(record)
            yield (*notes, FAMILY_LOOP) if record.reference in loops else notes
        for document in documents:
            yield _document(record.line, document)


def _documents_of(record: Node, index: Index) -> Iterator[dict[str, Any]]:
    known = index.known(record.reference)
    if known is None:
        return
    index.begin_record()
    record.used = record.tag in {"INDI", "FAM", "SOUR"}
    if record.tag == "INDI":
        yield from read_person(record, known.id, index)
    elif record.tag == "FAM":
        yield from read_family(record, known.id, index)
    elif record.tag == "SOUR":
        yield read_source(record, known.id, index)


def _with_all_notes(read: Iterable[ImportedDocument | tuple[str, ...]]) -> Iterator[ImportedDocument]:
    """Yield the documents, each with the notes that came before it, and the last with those after it too."""
    held: ImportedDocument | None = None
    notes: tuple[str, ...] = ()
    for one in read:
        if not isinstance(one, ImportedDocument):
            notes = tuple(dict.fromkeys((*notes, *one)))
            continue
        if held is not None:
            yield held
        held, notes = replace(one, notes=notes), ()
    if held is not None:
        yield replace(held, notes=tuple(dict.fromkeys((*held.notes, *notes))))


def _document(line: int, document: dict[str, Any], *, if_missing: bool = False) -> ImportedDocument:
    members = None if if_missing else frozenset(document)
    return ImportedDocument(line, document, if_missing=if_missing, members=members)


def _fault(error: Malformed) -> ImportedDocument:
    return unreadable_line(error.line, _CODE, str(error))
