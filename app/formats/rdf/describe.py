"""Records as resources: what JSON-LD and Turtle both say, each in its own notation.

* An event is a `schema:Event` and a `crm:E5_Event`, a mission a `schema:Project` and a `crm:E7_Activity`, an
  agreement a `crm:E73_Information_Object`, a person a `schema:Person` and a `crm:E21_Person`, any other actor
  a `schema:Organization` and a `crm:E74_Group`, a place a `crm:E53_Place`, a source a `crm:E31_Document`; all
  of them are `prov:Entity`. `crm:P2_has_type` is the term of the vocabulary.
* A date is a `crm:E52_Time-Span` with the four bounds as P82a, P81a, P81b and P82b, as far as they are known, and its
  EDTF text.
* What has a role, a note or a date of its own is said twice: plainly (`crm:P11_had_participant`), and with
  all that is known (`annals:participation`).
* Evidence is a Web Annotation with its selectors; `prov:wasDerivedFrom` names the sources, with the licence
  and the words they want carried.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pydantic_core import to_json

from app.formats.credits import credit_of
from app.formats.csl import permanent_address
from app.formats.format import FormatItem
from app.formats.rdf.parts import (
    add_date,
    add_geometry,
    add_source,
    geometry_resource,
    selectors,
    time_span,
    to_number,
)
from app.formats.rdf.resource import Resource, Tagged, Value
from app.records.agreement import Agreement, Party, Provision
from app.records.base import Record
from app.records.evidence import Evidence
from app.records.mission import Mission
from app.records.parts import DatedName, Figure, Participant, PlaceLink, Relation
from app.records.place import Place
from app.records.source import Source
from app.records.source_view import sources_of

_TYPES: Final = {
    "event": ("schema:Event", "crm:E5_Event"),
    "agreement": ("schema:CreativeWork", "crm:E73_Information_Object"),
    "mission": ("schema:Project", "crm:E7_Activity"),
    "place": ("schema:Place", "crm:E53_Place"),
    "source": ("schema:CreativeWork", "crm:E31_Document"),
}

_PERSON: Final = ("schema:Person", "crm:E21_Person")
_BODY: Final = ("schema:Organization", "crm:E74_Group")
_HAPPENING: Final = frozenset({"event", "mission"})


def types_of(record: Record) -> tuple[str, ...]:
    """Return the classes of a record."""
    if record.kind == "actor":
        own = {"person": _PERSON, None: ("crm:E39_Actor",)}.get(record.type, _BODY)
    else:
        own = _TYPES[record.kind]
    return (*own, "prov:Entity")


class Describer:
    """Makes resources of items, for the service at an address."""

    def __init__(self, base: str) -> None:
        """Make addresses below `base`."""
        self._base = base
        self._linked: Mapping[str, Record] = {}

    def describe(self, item: FormatItem) -> Resource:
        """Describe an item."""
        record, self._linked = item.record, item.linked
        found = Resource(self._address(item.ref), types_of(record))
        found.add("identifier", item.ref)
        found.add("name", record.title)
        found.add("alternateName", *(Tagged(text, tag) for tag, text in record.labels.items()))
        found.add("alternateName", *record.aliases)
        found.add("alternateName", *map(_tagged, record.names))
        found.add("datedName", *map(_dated_name, record.names))
        found.add("hasType", self._term(f"{record.kind}-type", record.type))
        found.add("description", record.summary)
        if record.date is not None:
            add_date(found, record.date)
        found.add("keywords", *record.tags)
        found.add("sameAs", *record.same_as)
        self._add_links(found, record)
        self._add_evidence(found, record)
        if record.revision is not None:
            found.add("version", record.revision)
            found.add("hasVersion", permanent_address(self._base, item.ref, record.revision))
        found.add("created", record.created_at)
        found.add("modified", record.updated_at)
        return found

    def _address(self, ref: str) -> str:
        return f"{self._base}/v1/{ref}"

    def _term(self, scheme: str, term: str | None) -> str | None:
        return None if term is None else f"{self._base}/v1/vocabularies/{scheme}#{term}"

    def _named(self, ref: str) -> Value:
        """Return a reference, with the title of its target where that is known."""
        record = self._linked.get(ref)
        if record is None:
            return self._address(ref)
        found = Resource(self._address(ref), types_of(record))
        found.add("name", record.title)
        return found

    def _add_links(self, found: Resource, record: Record) -> None:
        places = record.place_links()
        found.add("location", *(self._named(ref) for ref in dict.fromkeys(one.place for one in places)))
        if record.kind in _HAPPENING:
            found.add(
                "tookPlaceAt", *(self._address(ref) for ref in dict.fromkeys(one.place for one in places))
            )
        found.add("placeLink", *map(self._place_link, places))
        participants: tuple[Participant, ...] = getattr(record, "participants", ())
        actors = dict.fromkeys(one.actor for one in participants)
        found.add("hadParticipant", *(self._named(ref) for ref in actors))
        found.add("participation", *map(self._participation, participants))
        for relation in record.relations:
            found.add(f"rel:{relation.type}", self._named(relation.target))
        found.add("relation", *map(self._relation, record.relations))
        found.add("figure", *map(self._figure, record.figures))
        match record:
            case Agreement():
                self._add_agreement(found, record)
            case Mission(established_under=under) if under is not None:
                at = f"#{under.provision}" if under.provision else ""
                found.add("establishedUnder", self._address(under.agreement) + at)
            case Place():
                _add_geometries(found, record)
            case Source():
                add_source(found, record)
            case _:
                pass

    def _place_link(self, link: PlaceLink) -> Resource:
        found = Resource(None, ("annals:PlaceLink",))
        found.add("place", self._address(link.place))
        found.add("role", self._term("place-role", link.role))
        found.add("precision", to_number(link.precision_m))
        found.add("note", link.note)
        return found

    def _participation(self, one: Participant) -> Resource:
        found = Resource(None, ("annals:Participation",))
        found.add("actor", self._address(one.actor))
        found.add("role", self._term("participant-role", one.role))
        found.add("note", one.note)
        return found

    def _relation(self, relation: Relation) -> Resource:
        found = Resource(None, ("annals:Relation",))
        found.add("hasType", self._term("relation-type", relation.type))
        found.add("target", self._address(relation.target))
        if relation.date is not None:
            found.add("timeSpan", time_span(relation.date))
        found.add("note", relation.note)
        return found

    def _figure(self, figure: Figure) -> Resource:
        found = Resource(None, ("schema:QuantitativeValue",))
        found.add("measure", self._term("figure-measure", figure.measure))
        found.add("minValue", to_number(figure.low))
        found.add("value", to_number(figure.best))
        found.add("maxValue", to_number(figure.high))
        found.add("unitText", figure.unit)
        found.add("group", figure.group)
        found.add("description", figure.text)
        return found

    def _add_agreement(self, found: Resource, record: Agreement) -> None:
        if record.in_force is not None:
            found.add("inForce", time_span(record.in_force))
        found.add(
            "hadParticipant", *(self._named(ref) for ref in dict.fromkeys(p.actor for p in record.parties))
        )
        found.add("party", *map(self._party, record.parties))
        found.add("provision", *(self._provision(found.id, one) for one in record.provisions))

    def _party(self, party: Party) -> Resource:
        found = Resource(None, ("annals:Party",))
        found.add("actor", self._address(party.actor))
        found.add("role", self._term("party-role", party.role))
        for action in party.actions:
            done = Resource(None, ("annals:PartyAction",))
            done.add("actionName", action.action)
            if action.date is not None:
                done.add("timeSpan", time_span(action.date))
            done.add("note", action.note)
            found.add("action", done)
        return found

    def _provision(self, agreement: str | None, provision: Provision) -> Resource:
        address = f"{agreement}#{provision.id}" if agreement and provision.id else None
        found = Resource(address, ("annals:Provision",))
        found.add("name", provision.label)
        found.add("hasType", self._term("provision-type", provision.type))
        found.add("text", provision.text)
        found.add("obliges", *map(self._address, provision.obliges))
        found.add("benefits", *map(self._address, provision.benefits))
        return found

    def _add_evidence(self, found: Resource, record: Record) -> None:
        found.add("wasDerivedFrom", *map(self._credited, sources_of(record)))
        found.add("evidence", *map(self._evidence, record.evidence_items()))

    def _credited(self, ref: str) -> Value:
        named = self._named(ref)
        credit = credit_of(ref, self._linked.get(ref))
        if credit is not None and isinstance(named, Resource):
            named.add("license", credit.licence)
            named.add("creditText", credit.attribution)
        return named

    def _evidence(self, item: Evidence) -> Resource:
        found = Resource(None, ("oa:Annotation",))
        found.add("bearsOn", item.property)
        found.add("stance", item.stance or "supports")
        found.add("rank", item.rank)
        found.add("basis", item.basis or "stated")
        if item.source is not None:
            target = Resource(None, ("oa:SpecificResource",))
            target.add("hasSource", self._address(item.source))
            target.add("hasSelector", *selectors(item.selector))
            found.add("hasTarget", target)
        if item.value is not None:
            found.add("competingValue", to_json(item.value, exclude_none=True).decode())
        found.add("note", item.note)
        return found


def _tagged(name: DatedName) -> Value:
    return name.name if name.language is None else Tagged(name.name, name.language)


def _add_geometries(found: Resource, place: Place) -> None:
    if place.geometry is not None:
        add_geometry(found, place.geometry)
    for one in place.geometries:
        shape = geometry_resource(one.geometry)
        if one.date is not None:
            shape.add("usedDuring", time_span(one.date))
        shape.add("precision", to_number(one.precision_m))
        shape.add("note", one.note)
        found.add("hasGeometry", shape)


def _dated_name(name: DatedName) -> Resource:
    found = Resource(None, ("crm:E41_Appellation",))
    found.add("name", _tagged(name))
    if name.date is not None:
        found.add("usedDuring", time_span(name.date))
    found.add("note", name.note)
    return found


def described(items: Iterable[FormatItem], base: str) -> Iterator[Resource]:
    """Describe items."""
    describer = Describer(base)
    return map(describer.describe, items)
