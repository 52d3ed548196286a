"""Entities of OpenAtlas, which writes persons, events and sources in this format as well, each with a `systemClass`.

A tie of two entities stands with both of them. Here one record has it: that of the event, the actor or the part; the other
only where the file has no feature that states it. Places are known by their locations, which are entities of their own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.imports.documents import OPENATLAS_OTHER, UNMAPPED, ImportedDocument
from app.imports.json_values import object_of, objects_of
from app.imports.readers.linked_places.feature import Feature, outline, reference_of
from app.imports.readers.linked_places.openatlas_index import Index, Tie, address_of_entity, ties_of
from app.imports.readers.linked_places.openatlas_terms import (
    ACTOR_TO_ACTOR,
    COLLECTIONS,
    LOCATION,
    OF_PERSONS_ALONE,
    OTHER,
    PARTICIPANT_ROLES,
    PLACE_ROLES,
    PROPERTIES,
    REFERS_TO,
    SAID_ELSEWHERE,
    SYMMETRICAL,
    TAGS,
    TYPES,
)
from app.imports.readers.linked_places.when import read_when
from app.imports.readers.shipped_terms import known_term, may_join
from app.records.scalars import KINDS, split_reference
from app.values.slug import slugify

_READ = frozenset(
    [
        *("@id", "type", "crmClass", "viewClass", "systemClass", "properties", "description", "descriptions"),
        *("when", "types", "relations", "names", "links", "geometry", "depictions"),
    ]
)
_OF_LOCATION = "Location of "
_UNSAID = frozenset({"", "None", "null"})
_WORD_BEGINS = re.compile(r"(?<=[a-z)])(?=[A-Z(])")


def entities(index: Index, *, left_out: bool) -> Iterator[ImportedDocument]:
    """Yield the records of the features in an index, and then those that they refer to and the file does not have.

    Args:
        index: of the whole file.
        left_out: whether the file has entities that are no records: told with the first of them.
    """
    notes = (OPENATLAS_OTHER,) if left_out else ()
    for number, line, feature in index.features():
        entity = _Entity(feature, index)
        raw = entity.document()
        index.give(entity.ref)
        lost = (UNMAPPED,) if entity.lost else ()
        yield ImportedDocument(line, raw, members=frozenset(raw), notes=(*notes, *lost), number=number)
        notes = ()
    for ref, title in index.missing():
        yield outline(ref, title)


class _Entity:
    """An entity that is a record."""

    def __init__(self, feature: Mapping[str, Any], index: Index) -> None:
        self._feature = feature
        self._index = index
        self._class: str = feature["systemClass"]
        self._collection = COLLECTIONS[self._class]
        self._address = address_of_entity(str(feature.get("@id") or ""))
        self.ref = reference_of(self._address, self._collection) or ""
        self.lost = not feature.keys() <= _READ
        self._words: list[str] = []
        self._places: dict[tuple[str, Any], dict[str, Any]] = {}
        self._participants: dict[tuple[str, Any], dict[str, Any]] = {}
        self._relations: dict[tuple[str, str, Any], dict[str, Any]] = {}
        self._evidence: dict[tuple[str, str], dict[str, Any]] = {}

    def document(self) -> dict[str, Any]:
        """Return the document."""
        plain = Feature(self._plain())
        common, _ = plain.document()
        self.lost = self.lost or plain.lost
        for tie in ties_of(self._feature):
            self._tie(tie)
        date, comments = self._date(self._feature.get("when"), lasts=self._collection in {"actors", "places"})
        said = common | {
            "kind": KINDS[self._collection],
            "id": split_reference(self.ref)[1] if self.ref else None,
            "date": date,
            "summary": "\n\n".join(filter(None, (common.get("summary", ""), *comments))),
            "places": list(self._places.values()),
            "participants": list(self._participants.values()),
            "relations": list(self._relations.values()),
            "evidence": list(self._evidence.values()),
            **self._types(),
        }
        title = common.get("title")
        if self._class == "external_reference" and str(title).startswith(("http://", "https://")):
            said["url"] = title
        return {name: one for name, one in said.items() if one}

    def _plain(self) -> dict[str, Any]:
        """Return what any feature has."""
        feature = self._feature
        names = [
            {"toponym": one.get("toponym") or one.get("alias")} for one in objects_of(feature.get("names"))
        ]
        plain = {
            "@id": self._address,
            "properties": feature["properties"],
            "names": names,
            "links": feature.get("links"),
            "descriptions": feature.get("descriptions") or feature.get("description"),
        }
        self.lost = self.lost or bool(feature.get("depictions"))
        if _has_position(feature.get("geometry")):
            if self._collection == "places":
                plain["geometry"] = feature["geometry"]
            self.lost = self.lost or self._collection == "sources"
        return plain

    def _types(self) -> dict[str, Any]:
        """Return the type and the tags."""
        found = TYPES.get(self._class) if self._class == "person" else None
        tags: list[str] = [self._class.replace("_", " ")] if self._class in TAGS else []
        for one in objects_of(self._feature.get("types")):
            label = str(one.get("label") or "").strip()
            known = None if found else known_term(f"{KINDS[self._collection]}-type", label)
            found = found or known
            tags += [label] if label and known is None else []
            self.lost = self.lost or one.get("value") is not None
        return {"type": found or TYPES.get(self._class), "tags": list(dict.fromkeys(tags))}

    def _date(self, said: Any, *, lasts: bool) -> tuple[dict[str, Any] | None, list[str]]:
        """Return the date, and what is said of its sides in words."""
        spans: list[dict[str, Any]] = []
        comments: list[str] = []
        for span in objects_of(object_of(said).get("timespans")):
            sides = {}
            for name in ("start", "end"):
                known = {
                    key: value.strip()
                    for key, value in object_of(span.get(name)).items()
                    if isinstance(value, str) and value.strip() not in _UNSAID
                }
                if (comment := known.pop("comment", None)) is not None:
                    comments.append(f"{name.capitalize()}: {comment}")
                # A day that is known as such is the earliest alone.
                sides[name] = {"in": known["earliest"]} if known.keys() == {"earliest"} else known
            if any(sides.values()):
                spans.append(sides)
        date = read_when({"timespans": spans}, lasts=lasts) if spans else None
        self.lost = self.lost or (date is None and bool(spans))
        return date, comments

    def _tie(self, tie: Tie) -> None:
        target = self._target(tie)
        if target is None:
            return
        address, title, collection = target
        ref = reference_of(address, collection)
        if ref is None:
            self.lost = True
            return
        if self._is_told_by_the_other(tie, address, collection):
            return
        self._index.want(ref, title or address)
        when = None if self._index.has_time(address, tie.when) else tie.when
        date, comments = self._date(when, lasts=True)
        words = [_WORD_BEGINS.sub(" ", tie.type), tie.description, *comments]
        if self._is_place_of(tie, collection):
            is_none = tie.property in OF_PERSONS_ALONE and self._class != "person"
            role = None if is_none else PLACE_ROLES[tie.property]
            words += [tie.words] if is_none else []
            # Else the place has it.
            self.lost = self.lost or (
                not self._index.has(address) and _has_position(self._feature.get("geometry"))
            )
            _put(self._places, (ref, role), {"place": ref, "role": role}, _with_date(words, date))
        elif self._is_participant(tie, collection):
            role = known_term("participant-role", words[0])
            role, words = (role, words[1:]) if role else (PARTICIPANT_ROLES[tie.property], words)
            _put(self._participants, (ref, role), {"actor": ref, "role": role}, _with_date(words, date))
        elif self._is_cited(tie, collection):
            note = "; ".join(filter(None, _with_date(words, date)))
            item = {"source": ref, "stance": "mentions", **({"note": note} if note else {})}
            self._evidence.setdefault((ref, note), item)
        else:
            relation = self._relation(tie, collection)
            if relation == OTHER.relation:
                words += [tie.words]
            elif tie.property == ACTOR_TO_ACTOR:
                # The relation says as much as the words of the type.
                words = words[1:]
            key = (relation, ref, None if date is None else date["edtf"])
            _put(self._relations, key, {"type": relation, "target": ref, "date": date}, words)

    def _target(self, tie: Tie) -> tuple[str, str, str] | None:
        """Return address, title and collection of the other record; None where it is none, and tell what is lost."""
        if tie.system_class == LOCATION and tie.property != "P53":
            place = self._index.place_at(tie.address)
            return (*(place or (tie.address, tie.label.removeprefix(_OF_LOCATION))), "places")
        collection = COLLECTIONS.get(tie.system_class)
        if collection is None or not tie.address:
            is_repeated = tie.property in SAID_ELSEWHERE or tie.system_class == "reference_system"
            self.lost = self.lost or not is_repeated
            return None
        return tie.address, tie.label, collection

    def _is_place_of(self, tie: Tie, collection: str) -> bool:
        has_places = self._collection in {"actors", "events"} and collection == "places"
        return tie.property in PLACE_ROLES and not tie.is_inverse and has_places

    def _is_participant(self, tie: Tie, collection: str) -> bool:
        takes_part = self._collection == "events" and collection == "actors"
        return tie.property in PARTICIPANT_ROLES and not tie.is_inverse and takes_part

    def _is_cited(self, tie: Tie, collection: str) -> bool:
        is_of_source = collection == "sources" and self._collection != "sources"
        return tie.property == REFERS_TO and tie.is_inverse and is_of_source

    def _is_told_by_the_other(self, tie: Tie, address: str, collection: str) -> bool:
        """Return whether the feature of the other states the same, and its record is the one to have it."""
        if tie.property == ACTOR_TO_ACTOR:
            return address < self._address and self._index.states(address, tie.property, self._address)
        is_of_range = PROPERTIES.get(tie.property, OTHER).is_of_range
        if tie.property == REFERS_TO:
            is_of_range = (self._collection if tie.is_inverse else collection) != "sources"
        has_it = tie.is_inverse == is_of_range
        side = tie.property if tie.is_inverse else f"{tie.property}i"
        return not has_it and self._index.states(address, side, self._address)

    def _relation(self, tie: Tie, collection: str) -> str:
        if tie.property == ACTOR_TO_ACTOR:
            found = SYMMETRICAL.get(slugify(_WORD_BEGINS.sub(" ", tie.type)) or "", OTHER.relation)
        elif tie.property == REFERS_TO and {collection, self._collection} == {"sources"}:
            found = "cited-by" if tie.is_inverse else "cites"
        else:
            known = PROPERTIES.get(tie.property, OTHER)
            found = known.inverse if tie.is_inverse else known.relation
        return found if may_join(found, self._collection, collection) else OTHER.relation


def _put(items: dict[Any, dict[str, Any]], key: Any, item: Mapping[str, Any], words: list[str]) -> None:
    """Put an item among others, whose note has what is said more than once of the same."""
    known = items.setdefault(key, {name: one for name, one in item.items() if one})
    said = [known.get("note", ""), *words]
    note = "; ".join(dict.fromkeys(filter(None, said)))
    if note:
        known["note"] = note


def _with_date(words: list[str], date: Mapping[str, Any] | None) -> list[str]:
    return [*words, f"Date: {date['edtf']}", date.get("note", "")] if date is not None else words


def _has_position(geometry: Any) -> bool:
    return isinstance(geometry, Mapping) and bool(geometry.get("coordinates") or geometry.get("geometries"))
