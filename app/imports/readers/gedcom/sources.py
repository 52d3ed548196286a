"""Sources of GEDCOM (SOUR), with the repositories that have them, and its places."""

from typing import Any

from app.imports.readers.gedcom.citations import notes_of, pointed_to
from app.imports.readers.gedcom.index import Index
from app.imports.readers.gedcom.lines import Node
from app.imports.readers.gedcom.places import NamedPlace
from app.imports.readers.gedcom.restrictions import restriction_on
from app.records.scalars import MAX_TITLE


def read_source(record: Node, identifier: str, index: Index) -> dict[str, Any]:
    """Return the document of a source. Raises as `pointed_to`."""
    title, short = record.text("TITL"), record.text("ABBR")
    words = restriction_on(record)
    kept: dict[str, str] = {}
    for node in record.all("REPO"):
        known = pointed_to(node, index, "REPO") if node.pointer is not None else None
        held = known.title if known is not None else " ".join(node.value.split())
        marks = [" ".join(one.value.split()) for one in node.all("CALN")]
        if not kept and held and max(map(len, (held, *marks))) <= MAX_TITLE:
            kept = {"archive": held, "shelfmark": marks[0] if marks else ""}
            words += [f"Shelfmark: {mark}" for mark in marks[1:]]
        else:
            said = ", ".join(filter(None, (held, *marks)))
            words += [f"Archive: {said}"] if said else []
        words += notes_of(node, index)
    publication = record.text("PUBL")
    words += [f"Publication: {publication}"] if publication else []
    words += [node.value.strip() for node in record.all("TEXT") if node.value.strip()]
    words += notes_of(record, index)
    author = record.text("AUTH")
    members = {
        "aliases": [short] if short and title and short != title else [],
        "authors": [author] if author else [],
        "summary": "\n".join(words),
        **kept,
    }
    document = {
        "kind": "source",
        "id": identifier,
        "title": title or short or f"Source {record.xref or ''}".strip(),
    }
    return document | {name: member for name, member in members.items() if member}


def place_document(place: NamedPlace, names: list[str]) -> dict[str, Any]:
    """Return the document of a place, with its other names."""
    document: dict[str, Any] = {"kind": "place", "id": place.id, "title": place.title}
    if names:
        document["aliases"] = names
    if place.position is not None:
        document["geometry"] = {"type": "Point", "coordinates": list(place.position)}
    return document
