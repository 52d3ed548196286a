"""Events of Gramps: their kinds, those to whom they happened, and the lives that births and deaths bound."""

from types import MappingProxyType
from typing import Any, Final, NamedTuple

from app.imports.readers.gedcom.facts import FAMILIAR, PERSONAL, FactKind
from app.imports.readers.genealogical_dates import WrittenDate, life_between
from app.imports.readers.gramps.dates import DATES, read_date
from app.imports.readers.gramps.index import Index, record_id
from app.imports.readers.gramps.references import (
    add_evidence,
    attributes_of,
    evidence_of,
    notes_of,
    pointed_to,
    tags_of,
)
from app.imports.readers.gramps.xml import Element, Malformed

_BY_NAME: Final = {kind.name: kind for kind in (*FAMILIAR.values(), *PERSONAL.values())}
_OTHER_NAMES: Final = MappingProxyType(
    {
        "adopted": "adoption",
        "bas mitzvah": "bat mitzvah",
        "marriage license": "marriage licence",
        "divorce filing": "filing for divorce",
    }
)
_BIRTH, _DEATH = "birth", "death"
_OF_THE_DEAD: Final = frozenset({_DEATH, "burial", "cremation"})
_OWN: Final = frozenset({"", "Primary", "Family"})
_ROLES: Final = {"Witness": "witness"}
_PARTNERS: Final = ("father", "mother")
_TOO_MANY: Final = "Those who took part in this event are too many to be looked up: split it."


class Life(NamedTuple):
    """The date of a person's life, and the handles of the birth and the death that it holds whole."""

    date: dict[str, Any] | None
    held: frozenset[str]


def kind_of(event: Element) -> FactKind:
    """Return what sort of event it is; `other` where its type is none of those that GEDCOM has."""
    said = event.text_of("type")
    name = said.lower()
    return _BY_NAME.get(_OTHER_NAMES.get(name, name)) or FactKind(name or "event", "other")


def life_of(person: Element, index: Index) -> Life:
    """Return the date of a life of which a death is told; a birth alone does not say that it has ended, nor that it goes on.

    Raises as `pointed_to`.
    """
    first: dict[str, tuple[str, WrittenDate | None]] = {}
    held: set[str] = set()
    is_dead = False
    for one in person.all("eventref"):
        if one.get("role") not in _OWN:
            continue
        pointed_to(one, index, "event")
        event = index.element(one.get("hlink"))
        name = kind_of(event).name
        is_dead = is_dead or name in _OF_THE_DEAD
        if name in {_BIRTH, _DEATH} and name not in first:
            at = event.first(*DATES)
            date = None if at is None else read_date(at)
            first[name] = (one.get("hlink"), date)
            is_bare = {below.tag for below in event.below} <= {"type", *DATES} and not one.below
            if date is not None and date.is_one_date and is_bare and event.get("priv") != "1":
                held.add(one.get("hlink"))
    if not is_dead:
        return Life(None, frozenset())
    ends = (first[name][1] if name in first else None for name in (_BIRTH, _DEATH))
    life = life_between(*ends)
    return Life(life, frozenset(held) if life is not None else frozenset())


def read_event(event: Element, index: Index) -> dict[str, Any] | None:
    """Return the document of an event; None for a birth or death that the index holds: the date of a life says all of it.

    Raises as `pointed_to`.
    """
    handle = event.get("handle")
    kind = kind_of(event)
    if len(index.participations(handle)) == 1 and index.is_held(handle):
        list(event.all(*DATES))
        return None
    evidence = evidence_of(event, index)
    words: list[str] = []
    participants, names = _participants(event, kind, index, words, evidence)
    at = event.first(*DATES)
    date = None if at is None else read_date(at)
    if date is not None and date.edtf is None and date.as_written:
        words.append(f"Date: {date.as_written}")
    words += [text for text in (event.text_of("description"),) if text]
    cause = event.text_of("cause")
    words += [f"Cause: {cause}"] if cause else []
    words += attributes_of(event, index, evidence)
    words += notes_of(event, index)
    place = event.first("place")
    at_place = None if place is None else pointed_to(place, index, "placeobj")
    said = kind.name.capitalize()
    title = (
        f"{said} of {' and '.join(dict.fromkeys(names))}" if names else event.text_of("description") or said
    )
    tags = tags_of(event, index)
    document: dict[str, Any] = {
        "kind": "event",
        "id": record_id(title, handle),
        "title": title,
        "type": kind.type,
    }
    members = {
        "tags": [
            *([kind.name] if kind.name != kind.type else []),
            *(tag for tag in tags if tag != kind.name),
        ],
        "date": None if date is None else date.to_document(),
        # An event and its family often point to the same note.
        "summary": "\n".join(dict.fromkeys(words)),
        "places": [] if at_place is None else [{"place": f"places/{at_place.id}"}],
        "participants": participants,
        "evidence": evidence,
    }
    return document | {name: member for name, member in members.items() if member}


def _participants(
    event: Element, kind: FactKind, index: Index, words: list[str], evidence: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return who took part, and the names of those to whom it happened; adds what families say of it."""
    handle = event.get("handle")
    participants: dict[tuple[str, str | None], dict[str, Any]] = {}
    names: list[str] = []
    for share in index.participations(handle):
        owner = index.element(share.owner)
        if index.has_lent_too_much():
            raise Malformed(event.line, _TOO_MANY)
        refs = [ref for ref in owner.all("eventref") if ref.get("hlink") == handle]
        about = [word for ref in refs for word in _said(ref, index, evidence)]
        if share.tag == "family":
            words += _said_of_family(owner, handle, index, evidence)
        is_own = share.role in _OWN
        role = kind.role if is_own else _ROLES.get(share.role)
        note = "\n".join(([] if role else [f"Role: {share.role}"]) + about)
        for one in [share.owner] if share.tag == "person" else _partners(owner, index):
            known = index.known(one)
            if known is None:
                continue
            if is_own:
                names.append(known.title or "an unnamed person")
            item = {"actor": f"actors/{known.id}", "role": role, "note": note}
            participants.setdefault(
                (known.id, role), {member: value for member, value in item.items() if value}
            )
    return list(participants.values()), names


def _said(ref: Element, index: Index, evidence: list[dict[str, Any]]) -> list[str]:
    words = [*attributes_of(ref, index, evidence), *notes_of(ref, index)]
    index.left_out.update(ref.unused())
    return words


def _partners(family: Element, index: Index) -> list[str]:
    partners = list(family.all(*_PARTNERS))
    for one in partners:
        pointed_to(one, index, "person")
    return [one.get("hlink") for one in partners]


def _said_of_family(family: Element, event: str, index: Index, evidence: list[dict[str, Any]]) -> list[str]:
    """Return what is said of a family as a whole in words, for its first event alone; adds what is cited for it."""
    first = family.first("eventref")
    if first is None or first.get("hlink") != event:
        return []
    add_evidence(evidence, evidence_of(family, index))
    tags = tags_of(family, index)
    return [
        *attributes_of(family, index, evidence),
        *notes_of(family, index),
        *([f"Tags: {', '.join(tags)}"] if tags else []),
    ]
