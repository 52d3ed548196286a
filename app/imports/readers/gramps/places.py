"""Places of Gramps: their names, positions, and the places that they were in, each with its time."""

from typing import Any, Final

from app.imports.readers.degrees import degrees
from app.imports.readers.distinct import distinct
from app.imports.readers.gramps.dates import DATES, read_date
from app.imports.readers.gramps.index import Index
from app.imports.readers.gramps.people import urls_of
from app.imports.readers.gramps.references import add_evidence, evidence_of, notes_of, pointed_to, tags_of
from app.imports.readers.gramps.xml import Element

_TYPES: Final = {
    "Building": "building",
    "City": "city",
    "Country": "country",
    "County": "administrative-region",
    "Department": "administrative-region",
    "District": "district",
    "Hamlet": "settlement",
    "Municipality": "administrative-region",
    "Neighborhood": "neighbourhood",
    "Province": "administrative-region",
    "Region": "administrative-region",
    "State": "administrative-region",
    "Street": "road",
    "Town": "town",
    "Village": "settlement",
}
_UNSAID: Final = frozenset({"", "Unknown"})

_LOCATION: Final = ("street", "locality", "city", "parish", "county", "state", "country", "postal", "phone")


def read_place(place: Element, index: Index) -> dict[str, Any]:
    """Return the document of a place. Raises as `pointed_to`."""
    known = index.known(place.get("handle"))
    title = (known.title if known is not None else "") or f"Unnamed place {place.get('id')}".strip()
    words: list[str] = []
    evidence = evidence_of(place, index)
    aliases, names = _names(place, title, words)
    whole = place.text_of("ptitle")
    if whole and whole != title:
        aliases.append(whole)
    code = place.text_of("code")
    words += [f"Code: {code}"] if code else []
    relations = []
    for one in place.all("placeref"):
        target = pointed_to(one, index, "placeobj")
        relation: dict[str, Any] = {"type": "part-of", "target": f"places/{target.id}"}
        date, note = _dated(one)
        relation |= {"date": date} if date else {}
        relation |= {"note": note} if note else {}
        relations.append(relation)
        add_evidence(evidence, evidence_of(one, index, subject=f"Part of {target.title}"))
    geometry = _geometry(place, words)
    for location in place.all("location"):
        said = ", ".join(filter(None, (location.get(name) for name in _LOCATION)))
        words += [f"Location: {said}"] if said else []
    words += [*urls_of(place), *notes_of(place, index)]
    sort = place.get("type")
    tags = tags_of(place, index)
    members = {
        "type": _TYPES.get(sort),
        "aliases": list(dict.fromkeys(aliases)),
        "names": names,
        "geometry": geometry,
        "summary": "\n".join(words),
        "tags": list(dict.fromkeys([*_sort_in_words(sort), *tags])),
        "relations": distinct(relations),
        "evidence": evidence,
    }
    document = {"kind": "place", "id": "" if known is None else known.id, "title": title}
    return document | {member: value for member, value in members.items() if value}


def _sort_in_words(sort: str) -> list[str]:
    said = sort.lower()
    return [] if sort in _UNSAID or said == _TYPES.get(sort) else [said]


def _names(place: Element, title: str, words: list[str]) -> tuple[list[str], list[dict[str, Any]]]:
    aliases: list[str] = []
    names: list[dict[str, Any]] = []
    for one in place.all("pname"):
        name, language = one.get("value"), one.get("lang")
        date, note = _dated(one)
        if note:
            words.append(f"{name}: {note}")
        if not name:
            continue
        if date is not None or language:
            item = {"name": name, "language": language, "date": date}
            names.append({member: value for member, value in item.items() if value})
        elif name != title:
            aliases.append(name)
    return aliases, distinct(names)


def _dated(element: Element) -> tuple[dict[str, Any] | None, str]:
    """Return the date on an element, and the words of one that is not understood."""
    at = element.first(*DATES)
    if at is None:
        return None, ""
    date = read_date(at, is_duration=True)
    return date.to_document(), "" if date.edtf is not None else date.as_written


def _geometry(place: Element, words: list[str]) -> dict[str, Any] | None:
    coord = place.first("coord")
    if coord is None:
        return None
    latitude, longitude = coord.get("lat"), coord.get("long")
    position = (degrees(longitude, "E", "W", 180), degrees(latitude, "N", "S", 90))
    if None not in position:
        return {"type": "Point", "coordinates": list(position)}
    words.append(f"Position: {latitude}, {longitude}")
    return None
