"""Every reference of a record: listed with its place, returned as a link of the graph, or replaced."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel

from app.records.agreement import Agreement
from app.records.base import Record
from app.records.evidence import Evidence
from app.records.mission import Mission
from app.records.property_paths import parse_property
from app.records.scalars import COLLECTIONS, is_reference
from app.values.edtf.value import EdtfValue

PARTICIPANT: Final = "participant"
PARTY: Final = "party"
PLACE: Final = "place"
ESTABLISHED_UNDER: Final = "established-under"
OBLIGES: Final = "obliges"
BENEFITS: Final = "benefits"

EVIDENCE: Final = "evidence"
"""What the reference of a piece of evidence to its source is called; it is no link."""

Part = TypeVar("Part", bound=BaseModel)


class ReferenceOccurrence(NamedTuple):
    """A reference where it stands in a document.

    `relation` is that of the link it makes, or `evidence`.
    """

    pointer: str
    ref: str
    relation: str | None = None
    role: str | None = None


class Link(NamedTuple):
    """A link from a record to another, as the graph has it."""

    relation: str
    role: str | None
    target: str
    date: EdtfValue | None


def own_reference(record: Record) -> str | None:
    """Return the reference to the record itself, or None while it has no id."""
    return None if record.id is None else f"{COLLECTIONS[record.kind]}/{record.id}"


def references(record: Record) -> Iterator[ReferenceOccurrence]:
    """Yield every reference of the record, those within values of its evidence included."""
    for steps, link in zip(_places_of_links(record), links(record), strict=True):
        yield ReferenceOccurrence("/".join(("", *map(str, steps))), link.target, link.relation, link.role)
    for index, item in enumerate(record.evidence_items()):
        if item.source is not None:
            yield ReferenceOccurrence(f"/evidence/{index}/source", item.source, EVIDENCE)
        if item.value is not None:
            for pointer, ref in _within(item.value, f"/evidence/{index}/value"):
                yield ReferenceOccurrence(pointer, ref, EVIDENCE)


def referenced_records(record: Record) -> list[str]:
    """List what the record refers to, each once, in the order of `references`; much faster than it."""
    found = [link.target for link in links(record)]
    for item in record.evidence_items():
        if item.source is not None:
            found.append(item.source)
        if item.value is not None:
            found.extend(ref for _, ref in _within(item.value, ""))
    return list(dict.fromkeys(found))


def links(record: Record) -> list[Link]:
    """List the links of the record to others: its edges in the graph. Evidence makes none."""
    members = record.__dict__
    found = [Link(PLACE, place.role, place.place, None) for place in members.get("places", ())]
    found += [Link(PARTICIPANT, one.role, one.actor, None) for one in members.get("participants", ())]
    if isinstance(record, Agreement):
        found += [Link(PARTY, party.role, party.actor, None) for party in record.parties]
        for provision in record.provisions:
            found += [Link(OBLIGES, None, actor, None) for actor in provision.obliges]
            found += [Link(BENEFITS, None, actor, None) for actor in provision.benefits]
    if isinstance(record, Mission) and record.established_under is not None:
        found.append(Link(ESTABLISHED_UNDER, None, record.established_under.agreement, None))
    for relation in record.relations:
        date = None if relation.date is None else relation.date.value
        found.append(Link(relation.type, None, relation.target, date))
    return found


Steps = tuple[str | int, ...]


def _places_of_links(record: Record) -> Iterator[Steps]:
    """Yield the path to each of `links`; only error messages need it."""
    members = record.__dict__
    yield from (("places", index, "place") for index in range(len(members.get("places", ()))))
    yield from (("participants", index, "actor") for index in range(len(members.get("participants", ()))))
    if isinstance(record, Agreement):
        yield from (("parties", index, "actor") for index in range(len(record.parties)))
        for index, provision in enumerate(record.provisions):
            yield from (("provisions", index, "obliges", at) for at in range(len(provision.obliges)))
            yield from (("provisions", index, "benefits", at) for at in range(len(provision.benefits)))
    if isinstance(record, Mission) and record.established_under is not None:
        yield ("established_under", "agreement")
    yield from (("relations", index, "target") for index in range(len(record.relations)))


# The members that hold references, in whichever part they stand.
_HOLDERS: Final = frozenset({"actor", "place", "target", "agreement", "obliges", "benefits"})


def _within(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Find the references in a value of evidence, which is a part, a tuple of parts or anything else."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _within(item, f"{pointer}/{index}")
    elif isinstance(value, BaseModel):
        for name, member in value.__dict__.items():
            at = f"{pointer}/{name}"
            if name in _HOLDERS and isinstance(member, str):
                yield at, member
            elif name in _HOLDERS and isinstance(member, tuple):
                yield from ((f"{at}/{index}", ref) for index, ref in enumerate(member))
            elif isinstance(member, tuple):
                yield from _within(member, at)


def written_references(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the well-formed references in a raw document that is invalid, each with its pointer."""
    waiting: list[tuple[str, Any, bool]] = [("", document, False)]
    while waiting:
        pointer, value, refers = waiting.pop()
        if isinstance(value, Mapping):
            # A member with another name is refused already, and may hold text that no database can store.
            within = [
                (f"{pointer}/{name}", member, name in _HOLDERS or name == "source")
                for name, member in value.items()
                if name.isidentifier() and name.isascii()
            ]
            waiting += reversed(within)
        elif isinstance(value, list):
            waiting += reversed([(f"{pointer}/{index}", item, refers) for index, item in enumerate(value)])
        elif refers and isinstance(value, str) and is_reference(value):
            yield pointer, value


def replace_reference(record: Record, old: str, new: str) -> Record:
    """Replace every reference to `old` by one to `new`, in property paths of evidence too.

    Participants, parties, places and relations that become equal are collapsed into the first of them, and
    a link that would lead from the record to itself is dropped.
    """
    own = own_reference(record)
    changes: dict[str, Any] = {}
    for field, name in (
        ("places", "place"),
        ("participants", "actor"),
        ("parties", "actor"),
        ("relations", "target"),
    ):
        parts: tuple[BaseModel, ...] = getattr(record, field, ())
        if any(part.__dict__[name] == old for part in parts):
            moved = (_moved(part, old, new) for part in parts)
            changes[field] = _collapsed(
                (part for part in moved if part.__dict__[name] != own), _IDENTITY[field]
            )
    if isinstance(record, Agreement):
        provisions = tuple(_moved(provision, old, new) for provision in record.provisions)
        if provisions != record.provisions:
            changes["provisions"] = provisions
    if isinstance(record, Mission) and record.established_under is not None:
        under = _moved(record.established_under, old, new)
        if under is not record.established_under:
            changes["established_under"] = under
    evidence = record.evidence_items()
    moved_evidence = tuple(_moved_evidence(item, old, new, own) for item in evidence)
    if moved_evidence != evidence:
        changes["evidence"] = moved_evidence
    return record.changed(**changes) if changes else record


_IDENTITY: Final[dict[str, Callable[[Any], Hashable]]] = {
    "places": lambda part: (part.place, part.role),
    "participants": lambda part: (part.actor, part.role),
    "parties": lambda part: (part.actor, part.role),
    "relations": lambda part: (part.type, part.target, part.date),
}


def _collapsed(parts: Iterable[Part], identity: Callable[[Any], Hashable]) -> tuple[Part, ...]:
    first: dict[Hashable, Part] = {}
    for part in parts:
        key = identity(part)
        kept = first.setdefault(key, part)
        if kept is not part and "actions" in kept.__dict__:
            # What either of the two merged parties did, the remaining one did.
            both: dict[str, Any] = {
                "actions": tuple(dict.fromkeys((*kept.__dict__["actions"], *part.__dict__["actions"])))
            }
            first[key] = kept.model_copy(update=both)
    return tuple(first.values())


def _moved(part: Part, old: str, new: str) -> Part:
    changes: dict[str, Any] = {}
    for name in _HOLDERS & part.__dict__.keys():
        member = part.__dict__[name]
        if member == old:
            changes[name] = new
        elif isinstance(member, tuple) and old in member:
            changes[name] = tuple(dict.fromkeys(new if ref == old else ref for ref in member))
    return part.model_copy(update=changes) if changes else part


def _moved_evidence(item: Evidence, old: str, new: str, own: str | None) -> Evidence:
    changes: dict[str, Any] = {}
    if item.source == old:
        changes["source"] = new
    prop = None if item.property is None else parse_property(item.property)
    if prop is not None and prop.member == old:
        # The link from the record to itself is dropped; evidence for it now bears on the record as a whole.
        changes["property"] = None if new == own else prop._replace(member=new).text
        if new == own:
            changes["value"] = None
    if item.value is not None and "value" not in changes:
        value = _moved_value(item.value, old, new)
        if value is not item.value:
            changes["value"] = value
    return item.model_copy(update=changes) if changes else item


def _moved_value(value: Any, old: str, new: str) -> Any:
    if isinstance(value, BaseModel):
        return _moved(value, old, new)
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        return tuple(_moved(part, old, new) for part in value)
    return value
