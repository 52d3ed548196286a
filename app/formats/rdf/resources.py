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
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import orjson
from pydantic_core import to_json

from app.formats.credits import credit_of
from app.formats.csl import permanent_address
from app.formats.format import FormatItem
from app.records.agreement import Agreement, Party, Provision
from app.records.base import Record
from app.records.evidence import Evidence, Selector
from app.records.historical_date import HistoricalDate
from app.records.mission import Mission
from app.records.parts import Figure, Participant, PlaceLink, Relation
from app.records.place import Place
from app.records.source import Source
from app.records.source_view import sources_of
from app.values.calendar import iso_day
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END, OPEN_START


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text in a language."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A text of a type that its property does not imply."""

    text: str
    type: str


@dataclass(slots=True)
class Resource:
    """Something with properties; without an address it has no name outside of what refers to it."""

    id: str | None
    types: tuple[str, ...] = ()
    members: "dict[str, list[Value]]" = field(default_factory=dict)

    def add(self, term: str, *values: "Value | None") -> None:
        """Add values of a property, passing over what is not there."""
        found = [value for value in values if value is not None]
        if found:
            self.members.setdefault(term, []).extend(found)


Value: TypeAlias = str | int | Tagged | Typed | Resource


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
    """Give the classes of a record."""
    if record.kind == "actor":
        own = {"person": _PERSON, None: ("crm:E39_Actor",)}.get(record.type, _BODY)
    else:
        own = _TYPES[record.kind]
    return (*own, "prov:Entity")


class Describer:
    """Makes resources of items, for the service at an address."""

    def __init__(self, base: str) -> None:
        """Give everything an address below `base`."""
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
        found.add("hasType", self._term(f"{record.kind}-type", record.type))
        found.add("description", record.summary)
        if record.date is not None:
            _add_date(found, record.date)
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
        """Give a reference, with the title of what it leads to where that is at hand."""
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
            case Place(geometry=geometry) if geometry is not None:
                _add_geometry(found, geometry)
            case Source():
                _add_source(found, record)
            case _:
                pass

    def _place_link(self, link: PlaceLink) -> Resource:
        found = Resource(None, ("annals:PlaceLink",))
        found.add("place", self._address(link.place))
        found.add("role", self._term("place-role", link.role))
        found.add("precision", _number(link.precision_m))
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
        found.add("minValue", _number(figure.low))
        found.add("value", _number(figure.best))
        found.add("maxValue", _number(figure.high))
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
            target.add("hasSelector", *_selectors(item.selector))
            found.add("hasTarget", target)
        if item.value is not None:
            found.add("competingValue", to_json(item.value, exclude_none=True).decode())
        found.add("note", item.note)
        return found


def _selectors(selector: Selector | None) -> Iterator[Resource]:
    if selector is None:
        return
    if selector.start is not None and selector.end is not None:
        yield Resource(None, ("oa:TextPositionSelector",), {"start": [selector.start], "end": [selector.end]})
    if selector.exact is not None:
        quote = Resource(None, ("oa:TextQuoteSelector",))
        quote.add("exact", selector.exact)
        quote.add("prefix", selector.prefix)
        quote.add("suffix", selector.suffix)
        yield quote
    if selector.page is not None or selector.paragraph is not None:
        place = Resource(None, ("oa:Selector",))
        place.add("page", None if selector.page is None else str(selector.page))
        place.add("paragraph", None if selector.paragraph is None else str(selector.paragraph))
        yield place


def _add_date(found: Resource, date: HistoricalDate) -> None:
    bounds = known_bounds(date.value)
    found.add("temporalCoverage", date.edtf)
    if bounds is not None and bounds.s1 == bounds.s2 and bounds.s1 > OPEN_START:
        found.add("startDate", _day(bounds.s1))
    if bounds is not None and bounds.e1 == bounds.e2 and bounds.e2 < OPEN_END:
        found.add("endDate", _day(bounds.e2))
    found.add("timeSpan", time_span(date))


def time_span(date: HistoricalDate) -> Resource:
    """Describe a date; open ends, and those in a year that is not known, have no bound."""
    bounds = known_bounds(date.value)
    found = Resource(None, ("crm:E52_Time-Span",))
    found.add("date", date.edtf)
    found.add("label", date.value.label)
    if bounds is not None:
        for term, day in zip(_BOUNDS, (bounds.s1, bounds.s2, bounds.e1, bounds.e2), strict=True):
            found.add(term, _day(day) if OPEN_START < day < OPEN_END else None)
    found.add("calendar", date.calendar)
    found.add("asWritten", date.as_written)
    found.add("note", date.note)
    return found


_BOUNDS: Final = ("beginOfTheBegin", "endOfTheBegin", "beginOfTheEnd", "endOfTheEnd")


def _day(days: int) -> str:
    # XML Schema writes years past 9999 without a plus sign (1.1, §3.3.9).
    return iso_day(days).removeprefix("+")


def _number(number: float | None) -> Value | None:
    return number if number is None or isinstance(number, int) else Typed(repr(number), "xsd:double")


def _add_geometry(found: Resource, geometry: Mapping[str, Any]) -> None:
    if geometry["type"] == "Point":
        longitude, latitude = geometry["coordinates"][:2]
        point = Resource(None, ("schema:GeoCoordinates",))
        point.add("latitude", repr(float(latitude)))
        point.add("longitude", repr(float(longitude)))
        found.add("geo", point)
    shape = Resource(None, ("geosparql:Geometry",))
    shape.add("asGeoJSON", orjson.dumps(geometry).decode())
    found.add("hasGeometry", shape)


def _add_source(found: Resource, record: Source) -> None:
    found.add("author", *record.authors)
    found.add("publisher", record.publisher)
    found.add("inLanguage", record.language)
    found.add("url", record.url)
    found.add("accessed", record.accessed)
    found.add("license", record.licence)
    found.add("creditText", record.attribution)
    if record.text is not None:
        found.add("sha256", record.text.sha256)
        found.add("characters", record.text.characters)


def described(items: Iterable[FormatItem], base: str) -> Iterator[Resource]:
    """Describe items."""
    describer = Describer(base)
    return map(describer.describe, items)
