"""An item as a document: its labels, and of its statements those that have a member here."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.errors import Fault, quoted
from app.imports.documents import UNMAPPED, ImportedDocument
from app.imports.json_values import object_of
from app.imports.readers.wikidata import properties as of
from app.imports.readers.wikidata.statements import item_number, statements
from app.imports.readers.wikidata.times import BadTime, competing_dates, date_of
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.scalars import LANGUAGE_PATTERN

SOURCE_ID: Final = "wikidata"
SOURCE: Final = {
    "title": "Wikidata",
    "type": "dataset",
    "url": "https://www.wikidata.org/",
    "licence": "CC0 1.0",
}
"""The source of what is read."""

_UNKNOWN_KIND: Final = (
    "What this is an instance of is no kind of record that is known here. Put such items into a file of their own, and say "
    "their kind with --kind (over HTTP kind=event), or by the name of the file, such as events.json."
)
EARTH: Final = "Q2"
_LANGUAGE: Final = re.compile(LANGUAGE_PATTERN)
_TIMES: Final = frozenset({*of.POINTS, *of.STARTS, *of.ENDS})
_KINDS: Final = {kind.kind: kind for kind in RECORD_KINDS}
Claims = Mapping[str, Any]


class ItemReader:
    """Reads items, and knows which records they name that were not read."""

    def __init__(self, kind: RecordKind | None) -> None:
        """Read items as records of a kind, or of the kind that their classes say."""
        self._kind = kind
        self._read: set[tuple[str, int]] = set()
        self._named: set[tuple[str, int]] = set()
        self.has_read = False

    def missing(self) -> Iterator[tuple[str, int]]:
        """Yield kind and number of the records that are named and were not read."""
        yield from sorted(self._named - self._read)

    def read(self, line: int, item: Any) -> ImportedDocument:
        """Read an item; one of no known kind is a fault, and so is a time that is none."""
        number = item_number(item)
        claims = object_of(item).get("claims")
        if number is None or not isinstance(claims, Mapping):
            detail = "Give items of Wikidata: objects with an id such as Q42, and claims."
            named = object_of(item).get("id")
            value = quoted(named) if isinstance(named, str) else None
            return ImportedDocument(line, faults=(Fault("not_an_item", detail, value=value),))
        known = self._class_of(claims)
        if known is None:
            classes = (item_number(one.value) for one in statements(claims, of.INSTANCE_OF)[:3])
            said = ", ".join(f"Q{one}" for one in classes if one is not None) or "nothing"
            value = f"Q{number}, an instance of {said}"
            return ImportedDocument(line, faults=(Fault("unknown_kind", _UNKNOWN_KIND, value=value),))
        try:
            raw = self._document(number, known, item, claims)
        except BadTime as error:
            fault = Fault("invalid_time", str(error), "/date", value=f"Q{number}")
            return ImportedDocument(line, faults=(fault,))
        self.has_read = True
        self._read.add((known.kind, number))
        notes = (UNMAPPED,) if claims.keys() - _carried(known.kind) else ()
        return ImportedDocument(line, raw, notes=notes)

    def _class_of(self, claims: Claims) -> of.RecordClass | None:
        numbers = (item_number(one.value) for one in statements(claims, of.INSTANCE_OF))
        found = [known for number in numbers if (known := of.CLASSES.get(f"Q{number}")) is not None]
        if self._kind is None:
            return found[0] if found else None
        return next((one for one in found if one.kind == self._kind.kind), of.RecordClass(self._kind.kind))

    def _document(
        self, number: int, known: of.RecordClass, item: Mapping[str, Any], claims: Claims
    ) -> dict[str, Any]:
        raw = {"kind": known.kind, "id": f"q{number}", **_names(number, item)}
        if known.type is not None:
            raw["type"] = known.type
        raw["same_as"] = [f"https://www.wikidata.org/wiki/Q{number}"]
        date = date_of(claims)
        if date is not None:
            raw["date"] = date
        fields = _KINDS[known.kind].model.model_fields
        if "geometry" in fields and (geometry := _point(claims)) is not None:
            raw["geometry"] = geometry
        if "places" in fields:
            raw["places"] = self._links(claims, of.PLACES, "place", "place", "role")
        if "participants" in fields:
            raw["participants"] = self._links(claims, of.PARTICIPANTS, "actor", "actor", "role")
        if "parties" in fields:
            raw["parties"] = self._links(claims, of.PARTIES, "actor", "actor", "role")
        raw["relations"] = [
            one
            for one in self._links(claims, of.relations_of(known.kind), known.kind, "target", "type")
            if one["target"] != f"{_KINDS[known.kind].collection}/q{number}"
        ]
        if known.kind == "source":
            raw |= _bibliographic(claims)
        else:
            raw["evidence"] = _evidence(number, claims)
        return {name: value for name, value in raw.items() if value not in ([], {})}

    def _links(
        self, claims: Claims, properties: Mapping[str, str], kind: str, target: str, role: str
    ) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for name, word in properties.items():
            for one in statements(claims, name):
                number = item_number(one.value)
                if number is not None and one.rank != "deprecated":
                    self._named.add((kind, number))
                    ref = f"{_KINDS[kind].collection}/q{number}"
                    found[ref, word] = {target: ref, role: word}
        return list(found.values())


def _carried(kind: str) -> frozenset[str]:
    """Return the properties that are carried over to a kind of record."""
    fields = _KINDS[kind].model.model_fields
    carried = {of.INSTANCE_OF, *_TIMES, *of.relations_of(kind)}
    for field, names in (
        ("geometry", (of.COORDINATES,)),
        ("places", of.PLACES),
        ("participants", of.PARTICIPANTS),
        ("parties", of.PARTIES),
        ("isbn", (*of.SOURCE_TEXTS, of.AUTHOR_NAMES, *of.ADDRESSES)),
    ):
        carried |= set(names) if field in fields else set()
    return frozenset(carried)


def _names(number: int, item: Mapping[str, Any]) -> dict[str, Any]:
    labels = dict(_texts(item.get("labels")))
    title = labels.get("en") or labels.get("mul") or next(iter(labels.values()), f"Q{number}")
    others = {
        language: label
        for language, label in labels.items()
        if label != title and language != "mul" and _LANGUAGE.fullmatch(language)
    }
    known = object_of(item.get("aliases")).get("en")
    listed = known if isinstance(known, list) else []
    texts = dict.fromkeys(text for _, text in _texts({str(at): one for at, one in enumerate(listed)}))
    summary = dict(_texts(item.get("descriptions"))).get("en")
    return {
        "title": title,
        "labels": others,
        "aliases": [text for text in texts if text != title],
        **({"summary": summary} if summary else {}),
    }


def _texts(said: Any) -> Iterator[tuple[str, str]]:
    for name, one in object_of(said).items():
        text = object_of(one).get("value")
        if isinstance(text, str) and text.strip():
            yield name, text


def _point(claims: Claims) -> dict[str, Any] | None:
    for one in statements(claims, of.COORDINATES):
        if one.rank == "deprecated" or not isinstance(one.value, Mapping):
            continue
        latitude, longitude = one.value.get("latitude"), one.value.get("longitude")
        globe = str(one.value.get("globe", EARTH)).rpartition("/")[2]
        if globe == EARTH and isinstance(latitude, int | float) and isinstance(longitude, int | float):
            return {"type": "Point", "coordinates": [longitude, latitude]}
    return None


def _evidence(number: int, claims: Claims) -> list[dict[str, Any]]:
    source = f"sources/{SOURCE_ID}"
    found: list[dict[str, Any]] = [{"source": source, "note": f"Item Q{number}"}]
    for value, rank in competing_dates(claims):
        found.append(
            {"property": "date", "value": value, "rank": rank, "source": source, "note": f"Item Q{number}"}
        )
    return found


def _bibliographic(claims: Claims) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in of.SOURCE_TEXTS.items():
        texts = [one.value for one in statements(claims, name) if isinstance(one.value, str)]
        if texts:
            found.setdefault(member, texts[0])
    found["authors"] = list(
        dict.fromkeys(one.value for one in statements(claims, of.AUTHOR_NAMES) if isinstance(one.value, str))
    )
    for name in of.ADDRESSES:
        for one in statements(claims, name):
            if isinstance(one.value, str):
                found.setdefault("url", one.value)
    return found
