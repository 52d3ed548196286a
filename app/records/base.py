"""What all records have in common."""

from operator import attrgetter
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from app.records.construct import construct_unvalidated
from app.records.evidence import Evidence, Selector
from app.records.historical_date import Calendar, Date, DayRange, HistoricalDate, Interval
from app.records.list_rules import fill_in_ids, unique_items, unique_languages
from app.records.parts import DatedName, Figure, Part, Participant, PlaceLink, Relation
from app.records.property_paths import check_evidence
from app.records.scalars import MAX_ITEMS, MAX_NAMES, MAX_TAG, Id, Language, Line, Text, WebAddress

__all__ = [
    "SERVER_FIELDS",
    "Calendar",
    "Date",
    "DatedName",
    "DayRange",
    "Evidence",
    "Figure",
    "HistoricalDate",
    "Interval",
    "Part",
    "Participant",
    "PlaceLink",
    "Record",
    "Relation",
    "Selector",
]

SERVER_FIELDS: Final = frozenset({"kind", "revision", "created_at", "updated_at", "href"})
"""Fields that the server sets, whatever a client sends; `id` a client may choose."""

_READ_ONLY: Final[JsonDict] = {"readOnly": True}

PlaceLinks = Annotated[
    tuple[PlaceLink, ...],
    AfterValidator(unique_items("place", "role")),
    Field(max_length=MAX_ITEMS, description="Where it was."),
]

Participants = Annotated[
    tuple[Participant, ...],
    AfterValidator(unique_items("actor", "role")),
    Field(max_length=MAX_ITEMS, description="Who took part, and as what."),
]

Figures = Annotated[tuple[Figure, ...], AfterValidator(fill_in_ids(attrgetter("measure")))]

EvidenceList = Annotated[
    tuple[Evidence, ...],
    AfterValidator(fill_in_ids(str, "e", counted=True)),
    Field(max_length=MAX_ITEMS, description="What sources say of it, passage by passage."),
]


class Record(BaseModel):
    """The fields of every kind of record; only `title` is needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["event", "actor", "agreement", "mission", "place", "source"] = Field(
        description="The kind of record. Set by the server.", json_schema_extra=_READ_ONLY
    )
    id: Id | None = Field(
        default=None,
        description="Unique in its kind and never reused; made from the title where none is given.",
        examples=["bay-of-pigs-invasion"],
    )
    revision: int | None = Field(
        default=None,
        description="Counts the writes of this record. Set by the server.",
        json_schema_extra=_READ_ONLY,
    )
    created_at: str | None = Field(
        default=None,
        description="When it was first written (RFC 3339). Set by the server.",
        json_schema_extra=_READ_ONLY,
    )
    updated_at: str | None = Field(
        default=None,
        description="When it was last written (RFC 3339). Set by the server.",
        json_schema_extra=_READ_ONLY,
    )
    href: str | None = Field(
        default=None, description="Its path on this service. Set by the server.", json_schema_extra=_READ_ONLY
    )
    title: Line = Field(description="Its name, in a few words.", examples=["Bay of Pigs invasion"])
    labels: Annotated[dict[Language, Line], AfterValidator(unique_languages)] = Field(
        default={},
        max_length=MAX_NAMES,
        description="Its title in other languages, by BCP 47 tag.",
        json_schema_extra={"propertyNames": {"maxLength": MAX_TAG}},
        examples=[{"es": "Invasión de Bahía de Cochinos"}],
    )
    aliases: Annotated[tuple[Line, ...], AfterValidator(unique_items())] = Field(
        default=(), max_length=MAX_NAMES, description="Other names.", examples=[["Playa Girón"]]
    )
    names: Annotated[
        tuple[DatedName, ...],
        AfterValidator(unique_items("name", "language", "date")),
        Field(
            max_length=MAX_NAMES,
            description="Names with the time in which it had them; found as aliases are.",
            examples=[[{"name": "Playa Girón", "language": "es", "date": "1961"}]],
        ),
    ] = ()
    type: str | None = None
    summary: Text | None = Field(
        default=None,
        description="What it is, in plain text.",
        examples=["Exiles trained by the CIA land in Cuba and are defeated."],
    )
    date: Date | None = Field(
        default=None,
        description="When it happened, was in being, was concluded, ran or was published.",
        examples=["1961-04-17/1961-04-20"],
    )
    relations: Annotated[tuple[Relation, ...], AfterValidator(unique_items("type", "target", "date"))] = (
        Field(default=(), max_length=MAX_ITEMS, description="How it hangs together with other records.")
    )
    figures: Figures = Field(default=(), max_length=MAX_ITEMS, description="What was counted.")
    same_as: Annotated[tuple[WebAddress, ...], AfterValidator(unique_items())] = Field(
        default=(),
        max_length=MAX_NAMES,
        description="Addresses of the same thing elsewhere: Wikidata, VIAF, GeoNames.",
        examples=[["https://www.wikidata.org/wiki/Q151122"]],
    )
    tags: Annotated[tuple[Line, ...], AfterValidator(unique_items())] = Field(
        default=(), max_length=MAX_NAMES, description="Free keywords.", examples=[["cold war"]]
    )

    @field_validator("evidence", mode="after", check_fields=False)
    @classmethod
    def _check_evidence(cls, items: tuple[Evidence, ...], info: ValidationInfo) -> tuple[Evidence, ...]:
        # pydantic validates fields in the order of their declaration; evidence comes last, so info.data has
        # the rest.
        return check_evidence(cls, items, info.data, info.context)

    def evidence_items(self) -> tuple[Evidence, ...]:
        """Return what sources say of the record; nothing for a source itself."""
        items: tuple[Evidence, ...] = self.__dict__.get("evidence", ())
        return items

    def place_links(self) -> tuple[PlaceLink, ...]:
        """Return where it was; nothing for a place itself."""
        links: tuple[PlaceLink, ...] = self.__dict__.get("places", ())
        return links

    def changed(self, **members: object) -> Self:
        """Return a copy with these fields set, without validating them."""
        given = self.__pydantic_fields_set__ | members.keys()
        return construct_unvalidated(type(self), {**self.__dict__, **members}, given)
