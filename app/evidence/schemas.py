"""What the operations on evidence take and answer."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, Final, NotRequired

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from app.errors import Fault
from app.records.evidence_support import STATEMENT_PROPERTIES, WHOLE_RECORD
from app.records.kinds import RECORD_KINDS
from app.schemas.parameter_types import OneOf, ParsedBy, invalid_value
from app.schemas.parameters import (
    CursorParameter,
    FormatParameter,
    LimitParameter,
    check_reference,
)
from app.schemas.patterns import reference_pattern
from app.schemas.query_model import QueryModel
from app.schemas.responses import Card, EvidenceItem, KindName, PagePath, PassageItem, ReferencedCard
from app.values.time_histogram import DECADE, bucket_name

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


UNDATED: Final = "undated"
"""What stands in the place of a decade for records without a date."""


_DECADE_PATTERN: Final = f"^(?:{UNDATED}|[ +]?[0-9]{{0,11}}0|-[0-9]{{0,11}}0)$"


def parse_decade(text: str, instead: str = "") -> str:
    """Return the name of a decade, its first year as `bucket` has it.

    What is none is refused, as types of parameters do; `instead` says what may stand in its place.
    """
    found = re.fullmatch(r"[ +]?([0-9]{1,12})|(-[0-9]{1,12})", text)
    if found is None:
        raise invalid_value(
            "invalid_decade", f"Give the first year of a decade, such as 1960 or -0040{instead}."
        )
    year = int(found[0])
    if year % DECADE:
        first = bucket_name(year // DECADE, DECADE)
        raise invalid_value("invalid_decade", "A decade is named by its first year.", first)
    return bucket_name(year // DECADE, DECADE)


def _decade_or_undated(text: str) -> str:
    return text if text == UNDATED else parse_decade(text, ", or undated")


class SupportParameters(KindParameter):
    """Which statements are looked for: each parameter narrows, and none has a default."""

    property: Annotated[str, OneOf(STATEMENT_PROPERTIES)] | SkipJsonSchema[None] = Field(
        None,
        description="What the statements are about; `record`: that its subject was at all, so that with `support=none` the "
        "records without any source are listed, and with `support=one` those that rest on one. Statements about anything "
        "without it.",
        examples=["summary"],
    )
    support: Annotated[str, OneOf(SUPPORT)] | SkipJsonSchema[None] = Field(
        None,
        description="How many independent sources stand behind them; any number without it.",
        examples=["one"],
    )
    decade: Annotated[str | None, ParsedBy(_decade_or_undated, pattern=_DECADE_PATTERN)] = Field(
        None,
        description="Records whose date may touch a decade, given by its first year as `bucket` has it; `undated`: those "
        "without a date.",
        examples=["1960"],
    )
    place: Annotated[
        str | None,
        ParsedBy(partial(check_reference, collections=["places"]), pattern=reference_pattern("places")),
    ] = Field(
        None,
        description="Records that name this place themselves, not one that is a part of it.",
        examples=["places/havana"],
    )
    source: Annotated[
        str | None,
        ParsedBy(partial(check_reference, collections=["sources"]), pattern=reference_pattern("sources")),
    ] = Field(
        None,
        description="Statements that this source supports: `one`, it alone; `several`, others too.",
        examples=["sources/cuba-venezuela-cooperation"],
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse to ask what a source supports of one property: that is not counted."""
        if self.source is not None and self.property not in (None, WHOLE_RECORD):
            detail = (
                "What one source supports is counted for all statements of a record, and for `record`: leave the "
                "property out, or read the evidence of the source itself."
            )
            yield Fault("conflicting_parameter", detail, parameter="property")


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
