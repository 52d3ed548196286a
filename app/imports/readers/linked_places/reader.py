"""Reading features one after the other, with records for what they are related to and the file does not have.

Entities of OpenAtlas wait until the end of the file, as each must know of the others.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from app.imports.documents import UNMAPPED, ImportedDocument, unreadable_line
from app.imports.json_values import objects_of
from app.imports.readers.json import pieces
from app.imports.readers.linked_places.feature import Feature, outline
from app.imports.readers.linked_places.openatlas import entities
from app.imports.readers.linked_places.openatlas_index import Index
from app.imports.readers.linked_places.openatlas_terms import COLLECTIONS, LEFT_OUT

# An answer of OpenAtlas to a query has a collection for each entity in `results`.
_ARRAYS: Final = ("features", "results")


def read_linked_places(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read features, and at the end the records that they are related to and that the file does not have.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    seen: set[str] = set()
    wanted: dict[str, str] = {}
    left_out = 0
    only_left_out = True
    with Index() as index:
        for number, read in enumerate(_features(chunks), 1):
            raw = read.raw
            if raw is None or read.faults:
                yield replace(read, raw=None, number=number)
            elif (fault := _fault(read.line, raw)) is not None:
                yield replace(fault, number=number)
            elif raw.get("systemClass") in LEFT_OUT:
                index.add(number, read.line, raw)
                left_out = left_out or read.line
                continue
            elif "systemClass" in raw:
                index.add(number, read.line, raw)
            else:
                found = Feature(raw)
                document, members = found.document()
                seen.add(f"{found.collection}/{found.id}")
                wanted |= found.wanted
                yield ImportedDocument(
                    read.line,
                    document,
                    members=members,
                    notes=(UNMAPPED,) if found.lost else (),
                    number=number,
                )
            only_left_out = False
        if left_out and only_left_out:
            detail = "There is no person, event, place or source among these entities of OpenAtlas."
            yield unreadable_line(left_out, "no_records", detail)
        yield from entities(index, left_out=left_out > 0)
    yield from (outline(ref, title) for ref, title in wanted.items() if ref not in seen)


def _features(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    for piece in pieces(chunks, _ARRAYS):
        read = piece.read()
        if read.raw is None or read.raw.get("type") != "FeatureCollection":
            yield read
        else:
            for feature in objects_of(read.raw.get("features")):
                yield replace(read, raw=feature)


def _fault(line: int, feature: Mapping[str, Any]) -> ImportedDocument | None:
    """Return what a feature is refused for; None where it can be read."""
    if feature.get("type") != "Feature" or not isinstance(feature.get("properties"), Mapping):
        return unreadable_line(line, "not_a_feature", "Give a Feature with properties.")
    system_class = feature.get("systemClass", "place")
    if not isinstance(system_class, str) or system_class not in COLLECTIONS.keys() | LEFT_OUT:
        detail = f"Leave out this feature, or give a systemClass of OpenAtlas: {str(system_class)[:40]} is none that is known."
        return unreadable_line(line, "unknown_class", detail, "/systemClass")
    if not feature.get("@id"):
        return (
            unreadable_line(line, "missing", "Give the entity its @id: others are related to it.", "/@id")
            if "systemClass" in feature
            else None
        )
    return None
