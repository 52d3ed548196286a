"""What the operations on evidence take and answer."""

from typing import Annotated, Any, Final, NotRequired

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from app.records.evidence_support import STATEMENT_PROPERTIES
from app.records.kinds import RECORD_KINDS
from app.schemas.parameters import CursorParameter, FormatParameter, LimitParameter
from app.schemas.query_model import OneOf, QueryModel
from app.schemas.responses import Card, EvidenceItem, KindName, PagePath, PassageItem, ReferencedCard

MEASURED: Final = tuple(sorted(kind.kind for kind in RECORD_KINDS if kind.kind != "source"))
"""The kinds of record whose statements are counted, in the order in which they are listed."""

SUPPORT: Final = ("none", "one", "several")
"""How many independent sources support a statement."""

Count = Annotated[int, Field(ge=0)]


class PropertyParameter(QueryModel):
    """Which property evidence is about."""

    property: str | SkipJsonSchema[None] = Field(
        None,
        description="One property alone: a field with its members, one member as evidence names it, or `record` for the "
        "record as a whole.",
        examples=["date"],
    )


class EvidenceQuery(FormatParameter, PropertyParameter):
    """Which evidence of a record is read."""


class PassagesQuery(FormatParameter, CursorParameter, LimitParameter):
    """Which passages of a source are listed."""


class KindParameter(QueryModel):
    """Of which records statements are counted."""

    kind: Annotated[str, OneOf(MEASURED)] | SkipJsonSchema[None] = Field(
        None, description="Records of one kind alone; of all kinds without it.", examples=["event"]
    )


class CoverageQuery(FormatParameter, LimitParameter, KindParameter):
    """Where the evidence is measured."""


class SupportParameters(KindParameter):
    """Which statements are looked for."""

    property: Annotated[str, OneOf(STATEMENT_PROPERTIES)] = Field(
        "record",
        description="What the statements are about; `record`: that its subject was at all, so that with `support=none` the "
        "records without any source are listed, and with `support=one` those that rest on one.",
        examples=["summary"],
    )
    support: Annotated[str, OneOf(SUPPORT)] = Field(
        "none", description="How many independent sources stand behind them.", examples=["one"]
    )


class StatementsQuery(FormatParameter, CursorParameter, LimitParameter, SupportParameters):
    """Which records are listed by the support of their statements."""


class OwnValue(TypedDict):
    """The value that a record has itself, if it has any."""

    value: NotRequired[Annotated[Any, Field(description="What the record says, where it says anything.")]]


class PropertyEvidence(OwnValue):
    """What a record says of one property, beside what sources say of it."""

    property: Annotated[
        str, Field(description="A property as evidence names it; `record` is the record as a whole.")
    ]
    contested: Annotated[bool, Field(description="Whether a source disputes it, or has a value of its own.")]
    sources: Annotated[
        int, Field(ge=0, description="How many independent sources stand behind the record's own value.")
    ]
    evidence: list[PassageItem]


class RecordEvidence(TypedDict):
    """What sources say of a record, property by property."""

    ref: Annotated[str, Field(description="The record's path below `/v1/`.")]
    items: list[PropertyEvidence]
    linked: Annotated[
        dict[str, Card],
        Field(description="The sources, by reference."),
    ]


class SourcePassage(ReferencedCard):
    """An item of evidence from a source, with the record that it is in."""

    evidence: EvidenceItem


class PassagesPage(TypedDict):
    """Passages of a source, in the order of its text."""

    items: list[SourcePassage]
    next: PagePath
    prev: PagePath


class SupportCounts(TypedDict):
    """How many have no source, one, and several independent ones."""

    none: Count
    one: Count
    several: Count


class Support(TypedDict):
    """How well records and statements are supported."""

    records: SupportCounts
    statements: SupportCounts


class KindSupport(Support):
    """How well those of a kind are."""

    kind: KindName


class PropertySupport(SupportCounts):
    """How well statements about something are."""

    kind: KindName
    property: str


class DecadeSupport(Support):
    """How well those of a decade are."""

    bucket: str
    start: str
    end: str


class RecordSupport(ReferencedCard, SupportCounts):
    """How well the statements are that rest on a source, or that are about a place."""

    records: Count
    alone: Count


class RecordSupportList(TypedDict):
    """Sources or places, the most telling first."""

    total: Count
    without: Annotated[int, Field(ge=0, description="How many have no sourced statement at all.")]
    items: list[RecordSupport]


class Coverage(Support):
    """Where the evidence is thin."""

    kinds: list[KindSupport]
    properties: list[PropertySupport]
    sources: RecordSupportList
    decades: list[DecadeSupport]
    undated: Support
    places: RecordSupportList


class StatementsOfRecord(ReferencedCard, SupportCounts):
    """A record, with how many of its statements have which support."""


class StatementsPage(TypedDict):
    """Records with statements of some support."""

    items: list[StatementsOfRecord]
    next: PagePath
    prev: PagePath
