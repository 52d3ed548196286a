"""Gramps in two passes: what there is, then the documents, as its objects refer to each other in any order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from app.imports.documents import (
    FAMILY_LOOP,
    GRAMPS_DATES,
    GRAMPS_MEDIA,
    GRAMPS_OTHER,
    GRAMPS_PRIVATE,
    ImportedDocument,
    unreadable_line,
)
from app.imports.readers.gramps.dates import DATES, read_date
from app.imports.readers.gramps.events import read_event
from app.imports.readers.gramps.index import Index
from app.imports.readers.gramps.people import read_person
from app.imports.readers.gramps.places import read_place
from app.imports.readers.gramps.references import pointed_to
from app.imports.readers.gramps.sources import read_source
from app.imports.readers.gramps.xml import Element, Malformed, Unreadable, read_objects

_CODE: Final = "invalid_gramps"
_MEDIA: Final = frozenset({"objref", "object"})
_OBJECTS: Final = frozenset(
    {"event", "person", "family", "citation", "source", "placeobj", "repository", "note", "tag"}
)

_OF_A_WHOLE: Final = ("attribute", "noteref", "citationref", "tagref")

_READERS: Final[dict[str, Callable[[Element, Index], dict[str, Any] | None]]] = {
    "placeobj": read_place,
    "source": read_source,
    "person": read_person,
    "event": read_event,
}


def read_gramps(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Yield a document for each place, source, person and event.

    Of a record that is there, members that the file says nothing of stay as they are. Handles that point to nothing are
    faults of their objects. Nothing is made of some elements, which is noted.
    """
    with Index() as index:
        notes: set[str] = set()
        try:
            for one in read_objects(chunks):
                if isinstance(one, Malformed):
                    yield _fault(one)
                elif one.tag in _OBJECTS:
                    try:
                        index.add(one)
                    except Malformed as error:
                        yield _fault(error)
                elif one.tag != "created":
                    notes.add(GRAMPS_MEDIA if one.tag in _MEDIA else GRAMPS_OTHER)
        except Unreadable as error:
            yield _fault(error)
            return
        yield from _with_all_notes(_documents(index), notes)


def _documents(index: Index) -> Iterator[ImportedDocument | set[str]]:
    """Yield the documents with their notes, faults, and notes on objects of which there are no documents."""
    loops = index.families.own_ancestors()
    for element in index.objects("placeobj", "source", "person", "family", "event"):
        index.begin_object()
        index.left_out.clear()
        try:
            if element.tag == "family":
                _check_family(element, index)
                document = None
            else:
                document = _READERS[element.tag](element, index)
        except Malformed as error:
            yield _fault(error)
            continue
        notes = _notes_on(element, index)
        if element.get("handle") in loops:
            notes.add(FAMILY_LOOP)
        if document is None:
            yield notes
        else:
            yield ImportedDocument(
                element.line, document, members=frozenset(document), notes=tuple(sorted(notes))
            )


def _check_family(family: Element, index: Index) -> None:
    """Look whether all is there that a family points to.

    Its members say themselves whose they are, and its first event what is said of it as a whole.
    """
    for one in family.all("father", "mother", "childref"):
        pointed_to(one, index, "person")
    list(family.all("rel"))
    for one in family.all("eventref"):
        pointed_to(one, index, "event")
        for said in (*family.all(*_OF_A_WHOLE), *one.all(*_OF_A_WHOLE)):
            list(said.all(*_OF_A_WHOLE))


def _notes_on(element: Element, index: Index) -> set[str]:
    notes = {GRAMPS_MEDIA if tag in _MEDIA else GRAMPS_OTHER for tag in (*element.unused(), *index.left_out)}
    waiting = [element]
    while waiting:
        one = waiting.pop()
        waiting += one.below
        if one.get("priv") == "1":
            notes.add(GRAMPS_PRIVATE)
        if one.tag in DATES and one.used:
            date = read_date(one)
            if date.as_written and date.edtf is None:
                notes.add(GRAMPS_DATES)
    return notes


def _with_all_notes(
    read: Iterable[ImportedDocument | set[str]], besides: set[str]
) -> Iterator[ImportedDocument]:
    """Yield the documents, and with the last one the notes on what has no document."""
    held: ImportedDocument | None = None
    for one in read:
        if not isinstance(one, ImportedDocument):
            besides |= one
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield replace(held, notes=tuple(dict.fromkeys((*held.notes, *sorted(besides)))))


def _fault(error: Malformed) -> ImportedDocument:
    return unreadable_line(error.line, _CODE, str(error))
