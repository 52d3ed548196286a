"""Evidence side by side: for each property what the record says, and what each source holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.evidence.schemas import PropertyEvidence
from app.evidence.service import side_by_side
from app.explorer.record_pages.value_words import field_in_words, in_words
from app.records.base import Record
from app.records.evidence import Selector, reading_order
from app.records.evidence_support import WHOLE_RECORD
from app.records.property_paths import parse_property

SO: Final = "that it is so"
"""What a record says of itself as a whole, and of a link that has nothing beside."""

_MOST_TABLES: Final = 150
_MOST_ROWS: Final = 40
"""Items of evidence that are shown of one property."""

_ALL_ROWS: Final = 600
"""Items of evidence that are shown of all of them."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one passage says of a property.

    Attributes:
        item: the id of the item of evidence.
        source: the reference of its source, if it has one.
        holds: what the source holds the property to be, in words; None where it does not say, or says the same.
        verdict: how it stands to the record, in words.
        place: where in the source, in words.
        order: the place in the order of reading, for a link.
        basis: whether it is stated, inferred or from elsewhere.
    """

    item: str
    source: str | None
    holds: str | None
    verdict: str
    exact: str | None
    place: str | None
    order: int | None
    basis: str
    rank: str
    note: str | None


@dataclass(frozen=True, slots=True)
class PropertyTable:
    """A property: what the record says of it, and each passage about it.

    Attributes:
        name: the property, as evidence names it.
        refers_to: the record that the property is about, where it is a link.
        says: what the record says, in words; None where it says nothing.
        sources: how many independent sources stand behind that.
        more: how many passages are left out.
    """

    name: str
    title: str
    refers_to: str | None
    says: str | None
    sources: int
    contested: bool
    rows: Sequence[Held]
    more: int


@dataclass(frozen=True, slots=True)
class EvidenceTables:
    """The properties that have evidence, those that have none, and how many tables are left out."""

    tables: Sequence[PropertyTable]
    without: Sequence[str]
    more: int


def evidence_tables(record: Record) -> EvidenceTables:
    """Return the evidence of a record, property by property, contested ones first; bounded."""
    found = side_by_side(record)
    bearing = sorted((one for one in found if one["evidence"]), key=lambda one: not one["contested"])
    without = [
        property_in_words(one["property"])[0] for one in found if not one["evidence"] and not one["sources"]
    ]
    kept: list[PropertyTable] = []
    room = _ALL_ROWS
    for table in _tables(bearing[:_MOST_TABLES]):
        if not kept or len(table.rows) <= room:
            kept.append(table)
            room -= len(table.rows)
    return EvidenceTables(kept, list(dict.fromkeys(without))[:_MOST_TABLES], len(bearing) - len(kept))


def _tables(found: Sequence[PropertyEvidence]) -> Iterator[PropertyTable]:
    for one in found:
        says = SO if one["property"] == WHOLE_RECORD else one.get("value")
        title, refers_to = property_in_words(one["property"])
        rows = [_held(item) for item in one["evidence"][:_MOST_ROWS]]
        yield PropertyTable(
            one["property"],
            title,
            refers_to,
            None if says is None else _says(says, refers_to),
            one["sources"],
            one["contested"],
            rows,
            len(one["evidence"]) - len(rows),
        )


def property_in_words(name: str) -> tuple[str, str | None]:
    """Return the name of a property in words, and the record that it names, if any."""
    if name == WHOLE_RECORD:
        return "The record as a whole", None
    prop = parse_property(name)
    if prop is None or prop.member is None:
        return field_in_words(name).capitalize(), None
    field = field_in_words(prop.field).capitalize()
    role = f", {prop.qualifier.replace('-', ' ')}" if prop.qualifier else ""
    if "/" in prop.member and prop.field != "names":
        return f"{field}{role}", prop.member
    return f"{field}: {prop.member}", None


def _says(value: Any, refers_to: str | None) -> str:
    """Return what the record says in words; of a link what its title does not have."""
    if refers_to is None or not isinstance(value, Mapping):
        return in_words(value)
    named = ("actor", "place", "target", "type", "role")
    return in_words({name: member for name, member in value.items() if name not in named}) or SO


def _held(item: Mapping[str, Any]) -> Held:
    selector = item.get("selector")
    order = None if selector is None else reading_order(Selector.model_construct(**selector))
    return Held(
        item["id"],
        item.get("source"),
        in_words(item["value"]) if "value" in item else None,
        _verdict(item),
        None if selector is None else selector.get("exact"),
        place_in_words(selector),
        order,
        {"stated": "stated", "inferred": "inferred by the editor", "external": "from outside the source"}[
            item.get("basis", "stated")
        ],
        item.get("rank", "normal"),
        item.get("note"),
    )


def _verdict(item: Mapping[str, Any]) -> str:
    stance = item.get("stance", "supports")
    if "value" in item:
        return "disputes it, and holds another value" if stance == "disputes" else "holds another value"
    return {"supports": "supports it", "disputes": "disputes it", "mentions": "mentions it"}[stance]


def place_in_words(selector: Mapping[str, Any] | None) -> str | None:
    """Return where a passage stands: `page 12, paragraph 3`, `characters 120 to 160`; None where nothing says."""
    if selector is None:
        return None
    said = [f"{name} {selector[name]}" for name in ("page", "paragraph") if name in selector]
    if "start" in selector:
        said.append(f"characters {selector['start']:,} to {selector['end']:,}")
    return ", ".join(said) or None
