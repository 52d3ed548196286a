"""Features of Linked Places as places.

A feature sets the members that it has; the rest of a record that is there stays as it is. What this service wrote has
the id and kind that its address says. Any other has the id of its address, and the address in `same_as`. A relation to
what the file does not have needs a record: one with the label as its title, which gives way to one that is there.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from app.formats.linked_places import FEATURE_TYPES, PART_OF, PREFIXES
from app.imports.documents import ImportedDocument, restored_members
from app.imports.json_values import object_of, objects_of
from app.imports.readers.linked_places.when import read_when
from app.records.scalars import KINDS, is_reference, split_reference
from app.values.slug import slugify

TYPES: Final[Mapping[str, str]] = {
    concept: name
    for name, (_, concept) in reversed(list(FEATURE_TYPES.items()))
    if concept is not None and name != "capital"
}
"""The type of place for the number of a concept in the Art & Architecture Thesaurus."""

_OWN: Final = re.compile(r"https?://[^\s]+/v1/([a-z]+/[a-z0-9-]+)")
_TERM: Final = re.compile(r".*/v1/vocabularies/([a-z-]+)#([a-z0-9-]+)")
_AAT: Final = re.compile(r"(?:aat:|.*/aat/)([0-9]+)")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_SAME: Final = ("exactMatch", "closeMatch")
_READ: Final = frozenset(
    [
        "@id",
        "type",
        "properties",
        "when",
        "names",
        "types",
        "links",
        "relations",
        "descriptions",
        "geometry",
        "bbox",
    ]
)
_GEOMETRY: Final = ("type", "coordinates", "geometries")


def address_of(identifier: str) -> str | None:
    """Return an identifier as an address; None where it is none and has no prefix of `PREFIXES`."""
    if identifier.startswith(("http://", "https://")):
        return identifier
    prefix, _, rest = identifier.partition(":")
    return f"{PREFIXES[prefix]}{rest}" if prefix in PREFIXES and rest else None


def is_own(address: str) -> bool:
    """Return whether an address is one of a record of this service, or of another like it."""
    own = _OWN.fullmatch(address)
    return own is not None and is_reference(own[1])


def reference_of(address: str, collection: str = "places") -> str | None:
    """Return the reference of what has an address: its own, where it is one of this service or of another like it."""
    own = _OWN.fullmatch(address)
    if own is not None and is_reference(own[1]):
        return own[1]
    named = slugify(address.partition("://")[2] or address)
    return None if named is None else f"{collection}/{named}"


def outline(ref: str, title: str) -> ImportedDocument:
    """Return what a feature refers to and the file does not have, with a label as its title."""
    collection, named = split_reference(ref)
    raw = {"kind": KINDS[collection], "id": named, "title": title}
    return ImportedDocument(1, raw, if_missing=True)


class Feature:
    """One feature, and what becomes of it.

    Attributes:
        own: whether this service wrote it, or another like it.
        collection: the collection of its record.
        id: the id of its record.
        lost: whether there was something that no member stands for; known when the document is made.
        wanted: the titles of the records that it refers to, by reference; likewise.
    """

    def __init__(self, feature: Mapping[str, Any]) -> None:
        """Take it in; its `properties` are an object."""
        self._feature = feature
        self._properties: Mapping[str, Any] = feature["properties"]
        address = str(feature.get("@id") or feature.get("id") or "")
        self.own = is_own(address)
        self._address = address
        self.collection, self.id = split_reference(reference_of(address) or "places/")
        self.lost = not self.own and not feature.keys() <= _READ
        self.wanted: dict[str, str] = {}

    def document(self) -> tuple[dict[str, Any], frozenset[str]]:
        """Return the document, and the members that it sets."""
        said: dict[str, Any] = {"kind": KINDS[self.collection], "id": self.id}
        said["title"] = self._properties.get("title")
        self._date(said)
        self._names(said)
        self._types(said)
        self._links(said)
        self._relations(said)
        self._descriptions(said)
        if self.collection == "places":
            self._geometry(said)
        if self.own:
            self._details(said)
        else:
            self.lost = self.lost or not self._properties.keys() <= {"title"}
        raw = {name: one for name, one in said.items() if one}
        return raw, restored_members(raw) if self.own else frozenset(raw)

    def _details(self, said: dict[str, Any]) -> None:
        """Take what `_geometry` and the others cannot know from the properties in which this service wrote it."""
        for name in ("names", "relations"):
            if isinstance(self._properties.get(name), list):
                said[name] = self._properties[name]
        details, shapes = objects_of(self._properties.get("geometries")), said.get("geometries", [])
        if details and len(details) == len(shapes):
            said["geometries"] = [
                {**more, "geometry": shape["geometry"]} for more, shape in zip(details, shapes, strict=True)
            ]

    def _date(self, said: dict[str, Any]) -> None:
        edtf = self._properties.get("date_edtf")
        if self.own and isinstance(edtf, str):
            calendar = self._properties.get("date_calendar")
            said["date"] = {"edtf": edtf, **({"calendar": calendar} if calendar else {})}
        else:
            said["date"] = self._when(self._feature)

    def _when(self, holder: Mapping[str, Any]) -> dict[str, Any] | None:
        if "when" not in holder:
            return None
        found = read_when(holder["when"], own=self.own)
        self._keep(object_of(holder["when"]), "timespans", "label", "certainty")
        self.lost = self.lost or (found is None and not self.own)
        return found

    def _keep(self, said: Mapping[str, Any], *members: str) -> None:
        """Note where something has other members than those that are kept."""
        self.lost = self.lost or (not self.own and not said.keys() <= set(members))

    def _names(self, said: dict[str, Any]) -> None:
        labels: dict[str, str] = {}
        aliases: list[str] = []
        names: list[dict[str, Any]] = []
        for one in self._several("names"):
            name, language = one.get("toponym"), one.get("lang")
            if not isinstance(name, str) or not name.strip():
                self.lost = self.lost or bool(name)
                continue
            if not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
                self.lost = self.lost or bool(language)
                language = None
            date = self._when(one)
            self._keep(one, "toponym", "lang", "when")
            if date is not None or (language is not None and language in labels):
                known = {"name": name, "language": language, "date": date}
                names.append({member: value for member, value in known.items() if value})
            elif language is not None:
                labels[language] = name
            elif name != said["title"]:
                aliases.append(name)
        said |= {"labels": labels, "aliases": list(dict.fromkeys(aliases)), "names": names}

    def _types(self, said: dict[str, Any]) -> None:
        tags: list[str] = []
        for one in self._several("types"):
            self._keep(one, "identifier", "label", "sourceLabel")
            identifier, label = str(one.get("identifier") or ""), one.get("label") or one.get("sourceLabel")
            term, concept = _TERM.fullmatch(identifier), _AAT.fullmatch(identifier)
            slug = slugify(label) if isinstance(label, str) else None
            if term is not None and self.own:
                said["type"] = term[2]
            elif slug in FEATURE_TYPES or (concept is not None and concept[1] in TYPES):
                said.setdefault(
                    "type", slug if slug in FEATURE_TYPES else TYPES[concept[1] if concept else ""]
                )
            elif isinstance(label, str) and not self.own:
                tags.append(label)
        said["tags"] = list(dict.fromkeys(tags))

    def _links(self, said: dict[str, Any]) -> None:
        same = [] if self.own or not self._address.startswith("http") else [self._address]
        for one in self._several("links"):
            address = address_of(str(one.get("identifier") or ""))
            if one.get("type") in _SAME and address is not None:
                same.append(address)
            else:
                self.lost = True
        said["same_as"] = list(dict.fromkeys(same))

    def _relations(self, said: dict[str, Any]) -> None:
        found: list[dict[str, Any]] = []
        for one in self._several("relations"):
            kind, target = str(one.get("relationType") or ""), str(one.get("relationTo") or "")
            term = _TERM.fullmatch(kind)
            ref = reference_of(target) if target else None
            if ref is None or not (
                kind.endswith(PART_OF.partition(":")[2]) or (self.own and term is not None)
            ):
                self.lost = True
                continue
            self._keep(one, "relationType", "relationTo", "label", "when")
            if not self.own:
                self.wanted[ref] = str(one.get("label") or target)
            named = "part-of" if term is None else term[2]
            date = self._when(one)
            found.append({"type": named, "target": ref, **({"date": date} if date else {})})
        said["relations"] = found

    def _descriptions(self, said: dict[str, Any]) -> None:
        descriptions = self._several("descriptions")
        for one in descriptions:
            self._keep(one, "value")
        texts = [one.get("value") for one in descriptions]
        said["summary"] = "\n\n".join(one for one in texts if isinstance(one, str) and one.strip())
        self.lost = self.lost or bool(self._feature.get("depictions"))
        self.lost = self.lost or not all(isinstance(one, str) for one in texts if one)

    def _geometry(self, said: dict[str, Any]) -> None:
        geometry = self._feature.get("geometry")
        if not isinstance(geometry, Mapping):
            self.lost = self.lost or bool(geometry)
            return
        is_parted = geometry.get("type") == "GeometryCollection" and "when" not in geometry
        parts = objects_of(geometry.get("geometries")) if is_parted else [geometry]
        dated = [one for one in parts if "when" in one]
        undated = [_plain(one) for one in parts if "when" not in one]
        if len(undated) == len(parts):
            undated = [_plain(geometry)]
        if undated:
            whole = {"type": "GeometryCollection", "geometries": undated}
            said["geometry"] = undated[0] if len(undated) == 1 else whole
        said["geometries"] = []
        for one in dated:
            date = self._when(one)
            said["geometries"].append({"geometry": _plain(one), **({"date": date} if date else {})})
        foreign = any(not one.keys() <= {*_GEOMETRY, "when"} for one in (geometry, *parts))
        self.lost = self.lost or (foreign and not self.own)

    def _several(self, name: str) -> list[dict[str, Any]]:
        """Return the objects in a list of the feature; what is none is lost."""
        said = self._feature.get(name)
        found = objects_of(said)
        self.lost = self.lost or (bool(said) and not (isinstance(said, list) and len(found) == len(said)))
        return found


def _plain(geometry: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: geometry[name] for name in _GEOMETRY if name in geometry}
    if isinstance(plain.get("geometries"), list):
        plain["geometries"] = [_plain(one) for one in objects_of(plain["geometries"])]
    return plain
