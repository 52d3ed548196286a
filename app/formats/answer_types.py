"""What answers in the formats that are JSON hold, for the OpenAPI document; their writers have the rules."""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from app.schemas.json_schema import described_by

Shape = Annotated[dict[str, Any], described_by("Geometry")]
_Coordinates: TypeAlias = (
    list[float] | list[list[float]] | list[list[list[float]]] | list[list[list[list[float]]]]
)


class Credit(TypedDict):
    """Whom a source wants named, and under which terms it may be used."""

    source: str
    title: str
    licence: NotRequired[str]
    attribution: NotRequired[str]


_MomentIn = TypedDict("_MomentIn", {"in": NotRequired[str]})


class WhenSide(_MomentIn):
    """When something began or ended: in a year, a month or a day, or between two days."""

    earliest: NotRequired[str]
    latest: NotRequired[str]


class WhenSpan(TypedDict):
    """A span of time of the Linked Places format."""

    start: WhenSide
    end: NotRequired[WhenSide]


class When(TypedDict):
    """A time of the Linked Places format."""

    timespans: list[WhenSpan]
    label: NotRequired[str]
    certainty: NotRequired[Literal["less-certain"]]


Box = Annotated[list[float], Field(min_length=4, max_length=6)]
"""West, south, east and north, with the altitudes where all are known (RFC 7946 §5)."""


class Feature(TypedDict):
    """A record as a Feature (RFC 7946 §3.2)."""

    type: Literal["Feature"]
    id: Annotated[str, Field(description="The reference to the record.")]
    bbox: NotRequired[Box]
    geometry: Shape | None
    when: NotRequired[When]
    properties: Annotated[dict[str, Any], described_by("FeatureProperties")]
    credits: NotRequired[list[Credit]]


class FeatureCollection(TypedDict):
    """Records as features (RFC 7946 §3.3)."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    bbox: NotRequired[Box]
    credits: NotRequired[list[Credit]]


_CitationId = TypedDict("_CitationId", {"@id": str})


class PlaceCitation(_CitationId):
    """A source that supports something."""

    label: str
    year: NotRequired[int]


class Toponym(TypedDict):
    """A name."""

    toponym: str
    lang: NotRequired[str]
    when: NotRequired[When]
    citations: NotRequired[list[PlaceCitation]]


class TypeIdentifier(TypedDict):
    """A type, by its address."""

    identifier: str
    label: str


class ExactMatch(TypedDict):
    """The same thing elsewhere."""

    type: Literal["exactMatch"]
    identifier: str


class LinkedRelation(TypedDict):
    """A relation to another record."""

    relationType: str
    relationTo: str
    label: NotRequired[str]
    when: NotRequired[When]
    citations: NotRequired[list[PlaceCitation]]


LinkedDescription = TypedDict("LinkedDescription", {"@id": str, "value": str})
"""What a record is."""


class LinkedGeometry(TypedDict):
    """A GeoJSON geometry with the time that it holds for."""

    type: Literal[
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    ]
    coordinates: NotRequired[_Coordinates]
    geometries: NotRequired["list[LinkedGeometry]"]
    when: NotRequired[When]
    citations: NotRequired[list[PlaceCitation]]


class GeometryDetails(TypedDict):
    """What a feature cannot say of a dated geometry."""

    date: NotRequired[Annotated[dict[str, Any], described_by("HistoricalDate")]]
    precision_m: NotRequired[float]
    note: NotRequired[str]


class PlaceProperties(TypedDict):
    """What a feature cannot say of a record but in properties."""

    title: str
    fclasses: NotRequired[list[str]]
    date_edtf: NotRequired[str]
    date_calendar: NotRequired[str]
    names: NotRequired[list[Annotated[dict[str, Any], described_by("DatedName")]]]
    relations: NotRequired[list[Annotated[dict[str, Any], described_by("Relation")]]]
    geometries: NotRequired[list[GeometryDetails]]


_FeatureId = TypedDict("_FeatureId", {"@id": str})


class PlaceFeature(_FeatureId):
    """A record as a feature of the Linked Places format."""

    type: Literal["Feature"]
    properties: PlaceProperties
    when: NotRequired[When]
    names: NotRequired[list[Toponym]]
    types: NotRequired[list[TypeIdentifier]]
    links: NotRequired[list[ExactMatch]]
    relations: NotRequired[list[LinkedRelation]]
    descriptions: NotRequired[list[LinkedDescription]]
    geometry: LinkedGeometry | None


_PlacesContext = TypedDict("_PlacesContext", {"@context": str})


class LinkedPlaces(_PlacesContext):
    """Records in the Linked Places format."""

    type: Literal["FeatureCollection"]
    features: list[PlaceFeature]


class AnnotationSelector(TypedDict):
    """Where a passage stands (Web Annotation Data Model §4.2)."""

    type: Literal["TextPositionSelector", "TextQuoteSelector", "FragmentSelector"]
    start: NotRequired[int]
    end: NotRequired[int]
    exact: NotRequired[str]
    prefix: NotRequired[str]
    suffix: NotRequired[str]
    value: NotRequired[str]
    conformsTo: NotRequired[str]


class AnnotationBody(TypedDict):
    """What is said of a passage."""

    type: Literal["SpecificResource", "TextualBody"]
    purpose: Literal["linking", "identifying", "describing", "commenting", "tagging"]
    source: NotRequired[str]
    selector: NotRequired[AnnotationSelector]
    value: NotRequired[str]
    format: NotRequired[str]


class AnnotationTarget(TypedDict):
    """A passage of a source."""

    type: Literal["SpecificResource"]
    source: str
    selector: AnnotationSelector | list[AnnotationSelector]


class Annotation(TypedDict):
    """An item of evidence as an annotation."""

    id: str
    type: Literal["Annotation"]
    motivation: Literal["questioning", "linking"]
    body: list[AnnotationBody]
    target: str | AnnotationTarget


_PageContext = TypedDict("_PageContext", {"@context": str})


class AnnotationPage(_PageContext):
    """A page of annotations."""

    type: Literal["AnnotationPage"]
    id: NotRequired[str]
    label: str
    items: list[Annotation]
    next: NotRequired[str]
    prev: NotRequired[str]


class SlideDate(TypedDict):
    """A date of TimelineJS."""

    year: int
    month: NotRequired[int]
    day: NotRequired[int]


class SlideText(TypedDict):
    """The text of a slide, in HTML."""

    headline: str
    text: NotRequired[str]


class Slide(TypedDict):
    """A dated record as a slide."""

    unique_id: str
    start_date: SlideDate
    end_date: NotRequired[SlideDate]
    display_date: str
    text: SlideText
    group: NotRequired[str]


class SlideTitle(TypedDict):
    """The title of a list of slides."""

    text: SlideText


class SlidesAside(TypedDict):
    """What is told beside slides."""

    left_out: Annotated[int, Field(ge=0, description="How many records have no date to be shown at.")]
    credits: NotRequired[list[Credit]]


class Slides(TypedDict):
    """Records as TimelineJS takes them."""

    scale: Literal["human", "cosmological"]
    events: list[Slide]
    annals: SlidesAside
    title: NotRequired[SlideTitle]
