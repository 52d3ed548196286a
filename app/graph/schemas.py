"""What questions to the graph take and answer."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypeAliasType, TypedDict

from app.database.engine.read_snapshot import ReadConnection
from app.errors import Fault
from app.filters.dates import asked_days
from app.filters.links import NO_RELATIONS
from app.graph.named import find_named
from app.reading.chosen_names import NameChoice
from app.schemas.parameter_types import CommaList, TrueOrFalse, WholeNumber, invalid_value, split_words
from app.schemas.parameters import (
    CertaintyParameter,
    Edtf,
    FormatParameter,
    LanguageParameter,
    PolicyParameter,
    ReferenceText,
)
from app.schemas.query_model import QueryModel
from app.schemas.responses import ChosenTitle, Date, EvidenceItem, KindName
from app.values.slug import ID_PATTERN

MAX_DEPTH: Final = 3
"""How many links away a neighbourhood reaches at the most."""

MAX_CHAINS: Final = 100
"""Chains that are given where all are asked for."""

MAX_CENTERS: Final = 50
"""Records that one graph may be around."""


def _centers(values: Collection[str]) -> tuple[str, ...]:
    """Split values at their commas."""
    found = split_words(values)
    if len(found) > MAX_CENTERS:
        raise invalid_value("too_many", f"Give at most {MAX_CENTERS} references at once.")
    return found


CenterReferences = Annotated[tuple[ReferenceText, ...], BeforeValidator(_centers)]
"""The records in the middle of a graph: references, separated by commas, in one value or in several."""


class AroundParameters(QueryModel):
    """Which part of the graph is read."""

    around: CenterReferences = Field(
        description=f"The record in the middle: a reference. Up to {MAX_CENTERS}, with commas, for what is near any of them.",
        examples=[["places/havana"]],
    )
    depth: Annotated[int, WholeNumber(1, MAX_DEPTH)] = Field(
        1, description="How many links away.", examples=[1]
    )


class EndParameters(QueryModel):
    """Which records a chain joins."""

    from_: ReferenceText = Field(
        alias="from", description="Where the chain begins: a reference.", examples=["actors/fidel-castro"]
    )
    to: ReferenceText = Field(description="Where it ends: a reference.", examples=["places/havana"])


class WhenParameter(QueryModel):
    """When links count."""

    when: Edtf = Field(
        None,
        description="An EDTF date; only links whose date overlaps it are followed: their own date, else that of the record "
        "they stand in. Undated links are not. Records are shown with their names of then.",
        examples=["1994/2004"],
    )


class LinkTimeParameters(CertaintyParameter, WhenParameter, LanguageParameter, PolicyParameter):
    """When links count, and whether for certain; as whom, and with which of their names records are shown."""

    @property
    def names(self) -> NameChoice:
        """Which names are wanted."""
        return NameChoice(self.lang, None if self.when is None else asked_days(self.when))


class LinkParameter(PolicyParameter):
    """Which sorts of link count."""

    # Terms can be added, so that only the shape of one is known.
    link: CommaList = Field(
        (),
        json_schema_extra={
            "items": {"type": "string", "pattern": ID_PATTERN, "x-vocabulary": "relation-type"}
        },
        description=f"Only links of these sorts: {', '.join(NO_RELATIONS)}, or a term of `relation-type`.",
        examples=[["participant", "place"]],
    )

    @property
    def records(self) -> Mapping[str, str]:
        """The records that are asked about, by parameter."""
        raise NotImplementedError

    @property
    def references(self) -> Mapping[str, str]:
        """The records that are named, by parameter."""
        return self.records if self.policy is None else {**self.records, "policy": self.policy}

    async def look_up(self, db: ReadConnection) -> Sequence[Fault]:
        """Look the sorts of link and the records up."""
        return (await find_named(db, self.link, self.references))[1]


class ChainParameters(QueryModel):
    """Which of the chains are wanted."""

    all_: TrueOrFalse = Field(
        default=False,
        alias="all",
        description=f"`true`: every shortest chain, up to {MAX_CHAINS}.",
        examples=[True],
    )
    order: Literal["time"] | SkipJsonSchema[None] = Field(
        None,
        description="`time`: only chains whose hops can follow one another in time, from `from` to `to`.",
        examples=["time"],
    )


class GraphQuery(FormatParameter, LinkParameter, LinkTimeParameters, AroundParameters):
    """The neighbourhood that is read."""

    @property
    def records(self) -> Mapping[str, str]:
        """The records in the middle."""
        return {f"around_{n}": ref for n, ref in enumerate(self.around or ())}


class PathQuery(FormatParameter, ChainParameters, LinkParameter, LinkTimeParameters, EndParameters):
    """The chains that are looked for."""

    @property
    def records(self) -> Mapping[str, str]:
        """The records at the ends."""
        ends: Mapping[str, str | None] = {"from": self.from_, "to": self.to}
        return {name: ref for name, ref in ends.items() if ref is not None}


class Node(ChosenTitle):
    """A record that links lead to, or from."""

    ref: Annotated[str, Field(description="The record's path below `/v1/`.")]
    kind: KindName
    title: str
    type: NotRequired[str]
    date: NotRequired[Date]


class Edge(TypedDict):
    """A link in the direction in which it is written."""

    source: Annotated[str, Field(description="The record that the link stands in.")]
    target: Annotated[str, Field(description="The record that it leads to.")]
    relation: Annotated[
        str,
        Field(
            description="`participant`, `party`, `place`, `established-under`, `obliges`, `benefits` or a term of "
            "`relation-type`."
        ),
    ]
    role: NotRequired[str]
    date: NotRequired[
        Annotated[Date, Field(description="The link's own date, else that of the record that it stands in.")]
    ]
    certain: NotRequired[
        Annotated[
            bool, Field(description="With `when`: whether its date overlaps it for certain, or may only.")
        ]
    ]


class EvidenceLimit(TypedDict):
    """Whether evidence was left out."""

    evidence_truncated: NotRequired[Annotated[bool, Field(description="There: more evidence bears on it.")]]


class Hop(Edge, EvidenceLimit):
    """A link of a chain, with its evidence."""

    evidence: Annotated[
        list[EvidenceItem],
        Field(description="What of the record's evidence bears on this link, deprecated items aside."),
    ]


class Chain(TypedDict):
    """A chain of links from one record to another."""

    length: Annotated[int, Field(ge=0, description="How many hops.")]
    hops: Annotated[list[Hop], Field(description="In the order of the chain.")]
    nodes: Annotated[list[Node], Field(description="The records it passes, both ends included.")]


class ChainList(TypedDict):
    """Every shortest chain, with `all=true`."""

    length: Annotated[int, Field(ge=0)]
    paths: Annotated[list[Chain], Field(max_length=MAX_CHAINS)]
    truncated: Annotated[bool, Field(description="Whether there are more.")]


FoundChains = TypeAliasType("FoundChains", Chain | ChainList)
"""The shortest chain, or with `all=true` every one."""


class Graph(TypedDict):
    """Some records and the links among them."""

    nodes: Annotated[list[Node], Field(description="The nearest first.")]
    edges: Annotated[list[Edge], Field(description="Every link among the nodes.")]
    truncated: Annotated[bool, Field(description="Whether something was left out.")]
    truncation: NotRequired[Annotated[str, Field(description="Then: what was left out, and how to get it.")]]


_MEETING_DAY: Final[dict[str, Any]] = {
    "edtf": "1994-12-14",
    "start": {"earliest": "1994-12-14", "latest": "1994-12-14"},
    "end": {"earliest": "1994-12-14", "latest": "1994-12-14"},
    "qualified": False,
    "label": "14 December 1994",
}

GRAPH_EXAMPLE: Final[dict[str, Any]] = {
    "nodes": [
        {"ref": "places/havana", "kind": "place", "title": "Havana", "type": "capital"},
        {"ref": "places/cuba", "kind": "place", "title": "Cuba", "type": "country"},
        {
            "ref": "events/castro-chavez-meeting-1994",
            "kind": "event",
            "title": "Fidel Castro receives Hugo Chávez in Havana",
            "type": "meeting",
            "date": _MEETING_DAY,
        },
    ],
    "edges": [
        {"source": "places/havana", "target": "places/cuba", "relation": "part-of"},
        {
            "source": "events/castro-chavez-meeting-1994",
            "target": "places/havana",
            "relation": "place",
            "role": "site",
            "date": _MEETING_DAY,
        },
    ],
    "truncated": False,
}
"""The response of the seeds to the examples of the required parameters."""

PATH_EXAMPLE: Final[dict[str, Any]] = {
    "length": 2,
    "hops": [
        {
            "source": "events/castro-chavez-meeting-1994",
            "target": "actors/fidel-castro",
            "relation": "participant",
            "role": "host",
            "date": _MEETING_DAY,
            "evidence": [
                {
                    "id": "e5",
                    "property": "participants/actors/fidel-castro",
                    "source": "sources/cuba-venezuela-cooperation",
                    "selector": {
                        "start": 2176,
                        "end": 2231,
                        "exact": "Fidel Castro himself at the foot of the airplane stairs",
                    },
                }
            ],
        },
        {
            "source": "events/castro-chavez-meeting-1994",
            "target": "places/havana",
            "relation": "place",
            "role": "site",
            "date": _MEETING_DAY,
            "evidence": [
                {
                    "id": "e3",
                    "property": "places/places/havana",
                    "source": "sources/cuba-venezuela-cooperation",
                    "selector": {"start": 2113, "end": 2129, "exact": "landed in Havana"},
                    "note": "At the aircraft; the airport is not named.",
                }
            ],
        },
    ],
    "nodes": [
        {"ref": "actors/fidel-castro", "kind": "actor", "title": "Fidel Castro", "type": "person"},
        {
            "ref": "events/castro-chavez-meeting-1994",
            "kind": "event",
            "title": "Fidel Castro receives Hugo Chávez in Havana",
            "type": "meeting",
            "date": _MEETING_DAY,
        },
        {"ref": "places/havana", "kind": "place", "title": "Havana", "type": "capital"},
    ],
}
"""The response of the seeds to the examples of the required parameters."""
