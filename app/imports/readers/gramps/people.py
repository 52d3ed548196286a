"""Persons of Gramps as actors, with their families as relations."""

from typing import Any, Final

from app.imports.readers.families import PARTNERS_OF_NO_MARRIAGE
from app.imports.readers.gramps.dates import DATES, read_date
from app.imports.readers.gramps.events import life_of
from app.imports.readers.gramps.index import Index
from app.imports.readers.gramps.names import other_names
from app.imports.readers.gramps.references import (
    add_evidence,
    attributes_of,
    evidence_of,
    notes_of,
    pointed_to,
    tags_of,
)
from app.imports.readers.gramps.xml import Element

_GENDERS: Final = {"M": "male", "F": "female", "U": "", "X": "neither male nor female alone"}
_ADDRESS: Final = ("street", "locality", "city", "parish", "county", "state", "country", "postal", "phone")


def read_person(person: Element, index: Index) -> dict[str, Any]:
    """Return the document of a person; the index then holds the birth and death of which it says all.

    Raises as `pointed_to`.
    """
    handle = person.get("handle")
    known = index.known(handle)
    name = "" if known is None else known.title
    title = name or f"Unnamed person {person.get('id')}".strip()
    gender = person.text_of("gender")
    said = _GENDERS.get(gender, gender)
    aliases, names, of_names = other_names(person, name)
    life = life_of(person, index)
    index.hold(life.held)
    words = [f"Sex: {said}"] if said else []
    words += of_names
    evidence = evidence_of(person, index)
    for one in person.all("name"):
        add_evidence(evidence, evidence_of(one, index, "title"))
        words += notes_of(one, index)
    words += attributes_of(person, index, evidence)
    for one in person.all("address"):
        words.append(_address(one))
        words += notes_of(one, index)
        add_evidence(evidence, evidence_of(one, index, subject="Address"))
    words += urls_of(person)
    words += notes_of(person, index)
    members = {
        "aliases": aliases,
        "names": names,
        "date": life.date,
        "summary": "\n".join(words),
        "tags": tags_of(person, index),
        "relations": _relations(person, handle, index, evidence),
        "evidence": evidence,
    }
    document = {"kind": "actor", "id": "" if known is None else known.id, "title": title, "type": "person"}
    return document | {member: value for member, value in members.items() if value}


def urls_of(element: Element) -> list[str]:
    """Return the web addresses of an object in words."""
    words = []
    for one in element.all("url"):
        description = one.get("description")
        words.append(
            f"{one.get('type') or 'Web'}: {one.get('href')}" + (f" ({description})" if description else "")
        )
    return words


def _address(address: Element) -> str:
    parts = ", ".join(filter(None, (address.text_of(tag) for tag in _ADDRESS)))
    at = address.first(*DATES)
    return f"Address: {parts}" + (f" ({read_date(at).as_written})" if at is not None else "")


def _relations(
    person: Element, handle: str, index: Index, evidence: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in person.all("childof", "parentin"):
        pointed_to(one, index, "family")
    for parent, how in index.families.parents(handle):
        known = index.known(parent)
        if known is not None and known.tag == "person":
            found.append(
                {"type": "child-of", "target": f"actors/{known.id}"} | ({"note": how} if how else {})
            )
    for partner, is_married in index.families.partners(handle):
        known = index.known(partner)
        if known is not None and known.tag == "person":
            relation = {"type": "spouse-of" if is_married else "related-to", "target": f"actors/{known.id}"}
            found.append(relation if is_married else relation | {"note": PARTNERS_OF_NO_MARRIAGE})
    for one in person.all("personref"):
        known = pointed_to(one, index, "person")
        words = [one.get("rel"), *notes_of(one, index)]
        note = "\n".join(filter(None, words))
        found.append(
            {"type": "related-to", "target": f"actors/{known.id}"} | ({"note": note} if note else {})
        )
        add_evidence(evidence, evidence_of(one, index, subject=one.get("rel")))
    once = {(one["type"], one["target"]): one for one in reversed(found)}
    own = index.known(handle)
    return [one for one in reversed(once.values()) if own is None or one["target"] != f"actors/{own.id}"]
