"""Persons of GEDCOM (INDI) as actors, and what happened to them as events."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from app.imports.readers.distinct import distinct
from app.imports.readers.families import PARTNERS_OF_NO_MARRIAGE
from app.imports.readers.gedcom.citations import evidence_of, notes_of, pointed_to
from app.imports.readers.gedcom.facts import ATTRIBUTES, PERSONAL, Fact, event_of, in_words, read_fact
from app.imports.readers.gedcom.index import Index
from app.imports.readers.gedcom.lines import Node
from app.imports.readers.gedcom.names import personal_name
from app.imports.readers.gedcom.restrictions import restriction_on
from app.imports.readers.genealogical_dates import life_between

_SEXES: Final = {"M": "male", "F": "female", "X": "neither male nor female alone", "U": "not determined"}
_PARTS_OF_NAMES: Final = ("NPFX", "GIVN", "SPFX", "SURN", "NSFX")
_BIRTH, _DEATH = "BIRT", "DEAT"
_OF_THE_DEAD: Final = frozenset({_DEATH, "BURI", "CREM"})


class _Life(NamedTuple):
    """The date of a person's life, and which of birth and death it holds whole."""

    date: dict[str, Any] | None
    held: frozenset[str]


def read_person(record: Node, identifier: str, index: Index) -> Iterator[dict[str, Any]]:
    """Yield the documents of a person: the actor, and an event for each thing that happened.

    A birth or a death is an event where more is known than a date that the actor's own holds.

    Raises:
        Malformed: something that it points to is not there, or a coordinate is none.
    """
    names = _names(record)
    title = names[0] if names else f"Unnamed person {record.xref or ''}".strip()
    facts = [read_fact(node, index) for node in record.below if node.tag in PERSONAL]
    life = _life(facts)
    actor: dict[str, Any] = {"kind": "actor", "id": identifier, "title": title, "type": "person"}
    words = restriction_on(record)
    sex = record.text("SEX")
    words += [f"Sex: {_SEXES.get(sex.upper(), sex)}"] if sex else []
    events = []
    counts: dict[str, int] = {}
    for fact in facts:
        kind = PERSONAL[fact.node.tag]
        if fact.node.tag in {_BIRTH, _DEATH} and fact.is_date_alone:
            if fact.unread_date:
                words.append(in_words(kind.name.capitalize(), fact))
            elif fact.node.tag == _DEATH and fact.date is None and life.date is None:
                words.append("Has died")
            if fact.unread_date or fact.date is None or fact.node.tag in life.held:
                continue
        counts[kind.name] = counts.get(kind.name, 0) + 1
        which = f"-{counts[kind.name]}" if counts[kind.name] > 1 else ""
        name = f"{kind.name.replace(' ', '-')}-of-{identifier}{which}"
        events.append(event_of(fact, kind, f"{kind.name.capitalize()} of {title}", name, [identifier]))
    evidence = evidence_of(record, index)
    places: list[dict[str, Any]] = []
    for node in record.below:
        if node.tag in ATTRIBUTES:
            fact = read_fact(node, index, subject=ATTRIBUTES[node.tag])
            words.append(in_words(ATTRIBUTES[node.tag], fact))
            evidence += fact.evidence
            if node.tag == "RESI" and fact.place:
                places.append({"place": f"places/{fact.place}", "role": "residence"})
        elif node.tag == "NAME":
            evidence += evidence_of(node, index, "title")
    words += notes_of(record, index)
    members = {
        "aliases": names[1:],
        "date": life.date,
        "summary": "\n".join(words),
        "places": distinct(places),
        "relations": _relations(record, identifier, index),
        "evidence": distinct(evidence),
    }
    yield actor | {name: member for name, member in members.items() if member}
    yield from events


def _names(record: Node) -> list[str]:
    """Return a person's names, the first first; what is said of a name is not among them."""
    names: list[str] = []
    for node in record.all("NAME"):
        whole = personal_name(node)
        names.append(whole)
        for part in node.below:
            # They say again what the name has.
            part.used = part.used or (part.tag in _PARTS_OF_NAMES and part.value.strip() in whole)
        names.extend(personal_name(other) for other in node.all("NICK", "FONE", "ROMN", "TRAN"))
    for node in record.below:
        if node.tag == "ALIA" and node.pointer is None:
            # Programs older than 5.5.1, and many since, have another name where the standard has a pointer.
            node.used = True
            names.append(personal_name(node))
    return list(dict.fromkeys(filter(None, names)))


def _life(facts: Sequence[Fact]) -> _Life:
    """Return the date from birth to death, as far as both are plain dates of one calendar.

    None of those of whom no death is told: a birth alone does not say that a life has ended, nor that it goes on.
    """
    if not any(fact.node.tag in _OF_THE_DEAD for fact in facts):
        return _Life(None, frozenset())
    first: dict[str, Fact] = {}
    for fact in facts:
        if fact.node.tag in {_BIRTH, _DEATH}:
            first.setdefault(fact.node.tag, fact)
    birth, death = (first[tag].date if tag in first else None for tag in (_BIRTH, _DEATH))
    date = life_between(birth, death)
    if date is None:
        # Death before birth: each is an event, and says so for itself.
        return _Life(None, frozenset())
    # A second birth or death is an event.
    only = (
        tag
        for tag, end in ((_BIRTH, birth), (_DEATH, death))
        if end is not None and end.is_one_date and sum(fact.node.tag == tag for fact in facts) == 1
    )
    return _Life(date, frozenset(only))


def _relations(record: Node, identifier: str, index: Index) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in record.all("FAMC", "FAMS"):
        pointed_to(node, index, "FAM")
        if node.tag == "FAMC":
            list(node.all("PEDI"))
    for parent, how in index.families.parents(record.reference):
        known = index.known(parent)
        if known is not None and known.tag == "INDI":
            relation = {"type": "child-of", "target": f"actors/{known.id}"}
            found.append(relation | ({"note": how} if how else {}))
    for partner, is_married in index.families.partners(record.reference):
        known = index.known(partner)
        if known is not None and known.tag == "INDI":
            relation = {"type": "spouse-of" if is_married else "related-to", "target": f"actors/{known.id}"}
            found.append(relation if is_married else relation | {"note": PARTNERS_OF_NO_MARRIAGE})
    for node in record.all("ASSO", "ALIA"):
        if node.tag == "ALIA" and node.pointer is None:
            continue
        known = pointed_to(node, index, "INDI", "SUBM")
        if known is None or known.tag == "SUBM":
            node.used = False
            continue
        how = node.text("RELA") or node.text("ROLE")
        kind = "related-to" if node.tag == "ASSO" else "possibly-same-as"
        found.append({"type": kind, "target": f"actors/{known.id}"} | ({"note": how} if how else {}))
    once = {(one["type"], one["target"]): one for one in reversed(found)}
    return [one for one in reversed(once.values()) if one["target"] != f"actors/{identifier}"]
