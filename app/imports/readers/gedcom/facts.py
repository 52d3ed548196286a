"""Facts of persons and families (INDIVIDUAL_EVENT_STRUCTURE and its like) as events, or as words."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from app.imports.readers.distinct import distinct
from app.imports.readers.gedcom.citations import evidence_of, notes_of, pointed_to
from app.imports.readers.gedcom.dates import read_date
from app.imports.readers.gedcom.index import Index
from app.imports.readers.gedcom.lines import Node
from app.imports.readers.gedcom.places import read_place
from app.imports.readers.gedcom.restrictions import RESTRICTION
from app.imports.readers.genealogical_dates import WrittenDate


class FactKind(NamedTuple):
    """What a tag stands for: its name, the type of its event and the role of those it happened to."""

    name: str
    type: str
    role: str = "subject"


PERSONAL: Final = MappingProxyType(
    {
        "BIRT": FactKind("birth", "birth", "newborn"),
        "DEAT": FactKind("death", "death", "deceased"),
        "CHR": FactKind("christening", "baptism"),
        "BAPM": FactKind("baptism", "baptism"),
        "BLES": FactKind("blessing", "ceremony"),
        "CHRA": FactKind("adult christening", "baptism"),
        "CONF": FactKind("confirmation", "ceremony"),
        "FCOM": FactKind("first communion", "ceremony"),
        "ORDN": FactKind("ordination", "ceremony"),
        "BARM": FactKind("bar mitzvah", "ceremony"),
        "BASM": FactKind("bat mitzvah", "ceremony"),
        "BURI": FactKind("burial", "burial", "deceased"),
        "CREM": FactKind("cremation", "ceremony", "deceased"),
        "ADOP": FactKind("adoption", "other"),
        "EMIG": FactKind("emigration", "migration"),
        "IMMI": FactKind("immigration", "migration"),
        "NATU": FactKind("naturalization", "other"),
        "CENS": FactKind("census", "other"),
        "PROB": FactKind("probate", "other"),
        "WILL": FactKind("will", "other"),
        "GRAD": FactKind("graduation", "other"),
        "RETI": FactKind("retirement", "other"),
        "EVEN": FactKind("event", "other"),
    }
)
"""The tags of what happens to a person."""

FAMILIAR: Final = MappingProxyType(
    {
        "MARR": FactKind("marriage", "marriage"),
        "ENGA": FactKind("engagement", "other"),
        "MARB": FactKind("marriage banns", "other"),
        "MARC": FactKind("marriage contract", "other"),
        "MARL": FactKind("marriage licence", "other"),
        "MARS": FactKind("marriage settlement", "other"),
        "ANUL": FactKind("annulment", "other"),
        "DIV": FactKind("divorce", "divorce"),
        "DIVF": FactKind("filing for divorce", "other"),
        "CENS": FactKind("census", "other"),
        "RESI": FactKind("residence", "other"),
        "EVEN": FactKind("event", "other"),
    }
)
"""The tags of what happens to the partners of a family."""

ATTRIBUTES: Final = MappingProxyType(
    {
        "OCCU": "Occupation",
        "EDUC": "Education",
        "RELI": "Religion",
        "TITL": "Title",
        "NATI": "Nationality",
        "CAST": "Caste",
        "DSCR": "Description",
        "PROP": "Property",
        "IDNO": "Identity number",
        "SSN": "Social security number",
        "NCHI": "Number of children",
        "NMR": "Number of marriages",
        "RESI": "Residence",
        "FACT": "Fact",
    }
)
"""The tags of what a person is or has, and what is written before them."""

_DETAILS: Final = MappingProxyType(
    {
        "TYPE": "Type",
        "CAUS": "Cause",
        "AGE": "Age",
        "AGNC": "Agency",
        "RELI": "Religion",
        "ADDR": "Address",
        "RESN": RESTRICTION,
    }
)


_ROLES: Final = MappingProxyType({"WITN": "witness"})
"""The roles of those who took part (ROLE) for which there is a term; others are said in words."""


class Fact(NamedTuple):
    """What a line says happened, or was.

    Attributes:
        date: None without a DATE.
        place: the id of the place.
        place_name: its name.
        words: its value, details and notes.
        evidence: what is cited for it.
        others: who else took part, as participants of an event.
    """

    node: Node
    date: WrittenDate | None
    place: str | None
    place_name: str
    words: Sequence[str]
    evidence: Sequence[dict[str, Any]]
    others: Sequence[dict[str, Any]] = ()

    @property
    def is_date_alone(self) -> bool:
        """Whether nothing is said of it but a date."""
        return not (self.place or self.words or self.evidence or self.others)

    @property
    def unread_date(self) -> str:
        """The words of a date that follow no grammar; empty where there are none."""
        return self.date.as_written if self.date is not None and self.date.edtf is None else ""


def read_fact(node: Node, index: Index, *, subject: str = "") -> Fact:
    """Read a fact; `subject` begins the notes of its evidence.

    Raises:
        Malformed: something that it points to is not there, or a coordinate is none.
    """
    node.used = True
    at = node.first("DATE")
    date = None
    if at is not None:
        read = read_date(at.value, at.text("PHRASE"))
        date = read if read.as_written else None
    at = node.first("PLAC")
    place = None if at is None else read_place(at)
    words = [] if node.value.strip() in {"", "Y"} else [node.value.strip()]
    for detail in node.below:
        if detail.tag in _DETAILS and (detail.value.strip() or detail.below):
            detail.used = True
            parts = [detail.value, *(line.value for line in detail.below if not line.tag.startswith("_"))]
            for line in detail.below:
                line.used = not line.tag.startswith("_")
            words.append(
                f"{_DETAILS[detail.tag]}: {', '.join(' '.join(one.split()) for one in parts if one.strip())}"
            )
    for partner in node.all("HUSB", "WIFE"):
        age = partner.text("AGE")
        words += [f"Age ({partner.tag.lower()}): {age}"] if age else []
    words += notes_of(node, index)
    # Attributes are words of a person, and have no participants.
    others = [] if subject else _others(node, index, words)
    return Fact(
        node,
        date,
        None if place is None else place.id,
        "" if place is None else place.title,
        words,
        evidence_of(node, index, subject=subject),
        others,
    )


def _others(node: Node, index: Index, words: list[str]) -> list[dict[str, Any]]:
    """Return who else took part (ASSO of 7.0); those who are no persons of the file become words."""
    found: list[dict[str, Any]] = []
    for one in node.all("ASSO"):
        known = pointed_to(one, index, "INDI", "SUBM")
        said = one.first("ROLE")
        role = "" if said is None else said.value.strip().upper()
        called = ("" if said is None else said.text("PHRASE")) or role.lower()
        phrase = one.text("PHRASE")
        about = [phrase, *notes_of(one, index)]
        if known is not None and known.tag == "INDI":
            about = ([] if role in _ROLES else [f"Role: {called}"] if called else []) + about
            item = {
                "actor": f"actors/{known.id}",
                "role": _ROLES.get(role),
                "note": "\n".join(filter(None, about)),
            }
            found.append({member: value for member, value in item.items() if value})
        elif any(about):
            words.append(f"{called.capitalize() or 'Took part'}: {'; '.join(filter(None, about))}")
        else:
            one.used = False
    return found


def event_of(
    fact: Fact, kind: FactKind, title: str, identifier: str, actors: Sequence[str]
) -> dict[str, Any]:
    """Make the document of an event; `actors` are the ids of those it happened to."""
    words = [*fact.words]
    if fact.unread_date:
        words.insert(0, f"Date: {fact.unread_date}")
    document: dict[str, Any] = {"kind": "event", "id": identifier, "title": title, "type": kind.type}
    if kind.name != kind.type:
        document["tags"] = [kind.name]
    date = None if fact.date is None else fact.date.to_document()
    members = {
        "date": date,
        "summary": "\n".join(words),
        "places": [{"place": f"places/{fact.place}"}] if fact.place else None,
        "participants": distinct(
            [*({"actor": f"actors/{one}", "role": kind.role} for one in actors), *fact.others]
        ),
        "evidence": list(fact.evidence),
    }
    return document | {name: member for name, member in members.items() if member}


def in_words(label: str, fact: Fact) -> str:
    """Say a fact on one line: `Occupation: smith (1670, Exampleton)`."""
    said = "; ".join(" ".join(one.split()) for one in fact.words)
    around = ", ".join(filter(None, (fact.date.as_written if fact.date else "", fact.place_name)))
    if not said:
        return f"{label}: {around}"
    return f"{label}: {said} ({around})" if around else f"{label}: {said}"
