"""The parts of a graph as the API shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.formats.format import Use
from app.formats.responses import other_formats
from app.schemas.query import Parameter
from app.web.openapi import finding_operation

Date = Mapping[str, Any]
"""A date as documents show it: `edtf`, `start`, `end`, `label` and so on."""

_TEXT: Final = {"type": "string"}
_DATE: Final = {"$ref": "#/components/schemas/HistoricalDate"}

_NODE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ref", "kind", "title"],
    "properties": {
        "ref": _TEXT | {"description": "The record's path below `/v1/`."},
        "kind": _TEXT,
        "title": _TEXT,
        "type": _TEXT,
        "date": _DATE,
    },
}

_EDGE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["source", "target", "relation"],
    "properties": {
        "source": _TEXT | {"description": "The record that the link stands in."},
        "target": _TEXT | {"description": "The record that it leads to."},
        "relation": _TEXT
        | {
            "description": "`participant`, `party`, `place`, `established-under`, `obliges`, `benefits` or a term "
            "of `relation-type`."
        },
        "role": _TEXT,
        "date": _DATE | {"description": "The link's own date, else that of the record that it stands in."},
    },
}

_HOP: Final[dict[str, Any]] = {
    **_EDGE,
    "required": ["source", "target", "relation", "evidence"],
    "properties": _EDGE["properties"]
    | {
        "evidence": {
            "type": "array",
            "description": "What of the record's evidence bears on this link, deprecated items aside.",
            "items": {"$ref": "#/components/schemas/Evidence"},
        },
        "evidence_truncated": {"type": "boolean", "description": "There: more evidence bears on it."},
    },
}

_CHAIN: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["length", "hops", "nodes"],
    "properties": {
        "length": {"type": "integer", "minimum": 0, "description": "How many hops."},
        "hops": {"type": "array", "items": _HOP, "description": "In the order of the chain."},
        "nodes": {
            "type": "array",
            "items": _NODE,
            "description": "The records it passes, both ends included.",
        },
    },
}

_CHAINS: Final[dict[str, Any]] = {
    "type": "object",
    "description": "With `all=true`.",
    "required": ["length", "paths", "truncated"],
    "properties": {
        "length": {"type": "integer", "minimum": 0},
        "paths": {"type": "array", "items": _CHAIN, "maxItems": 100},
        "truncated": {"type": "boolean", "description": "Whether there are more."},
    },
}

_GRAPH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["nodes", "edges", "truncated"],
    "properties": {
        "nodes": {"type": "array", "items": _NODE, "description": "The nearest first."},
        "edges": {"type": "array", "items": _EDGE, "description": "Every link among the nodes."},
        "truncated": {"type": "boolean", "description": "Whether something was left out."},
        "truncation": _TEXT | {"description": "Then: what was left out, and how to get it."},
    },
}

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


@dataclass(frozen=True, slots=True)
class Node:
    """A record of which a card is shown."""

    ref: str
    kind: str
    title: str
    type: str | None = None
    date: Date | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON; empty members are left out."""
        return _present(ref=self.ref, kind=self.kind, title=self.title, type=self.type, date=self.date)


@dataclass(frozen=True, slots=True)
class Edge:
    """A link in the direction in which it is written.

    `date` is the link's own, or else that of its record.
    """

    source: str
    target: str
    relation: str
    role: str | None = None
    date: Date | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON; empty members are left out."""
        return _present(
            source=self.source, target=self.target, relation=self.relation, role=self.role, date=self.date
        )


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Hop(Edge):
    """A link of a path, with its evidence."""

    evidence: Sequence[Mapping[str, Any]] = ()
    evidence_truncated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON; `evidence` is there even where it is empty."""
        more = {"evidence_truncated": True} if self.evidence_truncated else {}
        return Edge.to_dict(self) | {"evidence": list(self.evidence)} | more


@dataclass(frozen=True, slots=True)
class Graph:
    """Some records and the links among them; `cut` says what was left out, in a sentence."""

    nodes: Sequence[Node] = field(default_factory=tuple)
    edges: Sequence[Edge] = field(default_factory=tuple)
    cut: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "nodes": [node.to_dict() for node in self.nodes],
            "edges": [edge.to_dict() for edge in self.edges],
            "truncated": self.cut is not None,
        } | ({"truncation": self.cut} if self.cut is not None else {})


@dataclass(frozen=True, slots=True)
class Chain:
    """A path from one record to another: the records it passes, and a link between each and the next."""

    nodes: Sequence[Node]
    hops: Sequence[Hop]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "length": len(self.hops),
            "hops": [hop.to_dict() for hop in self.hops],
            "nodes": [node.to_dict() for node in self.nodes],
        }


def graph_operation(parameters: Sequence[Parameter], most_nodes: int, most_edges: int) -> dict[str, Any]:
    """Describe `GET /v1/graph`."""
    return finding_operation(
        "get_graph",
        "Read the neighbourhood of a record",
        "The records that are at most `depth` links away, links followed both ways, and every link among them. "
        "Evidence and tags are no links. "
        f"At most {most_nodes} records and {most_edges:,} links are given, the nearest first; `truncated` says "
        "whether there are more. A relation and its inverse are two sorts of link: name both in `link` to follow both.",
        ("around",),
        parameters,
        {"application/json": {"schema": _GRAPH, "example": GRAPH_EXAMPLE}, **other_formats(Use.GRAPH)},
    )


def path_operation(parameters: Sequence[Parameter], most_hops: int) -> dict[str, Any]:
    """Describe `GET /v1/graph/path`."""
    return finding_operation(
        "get_path",
        "Find how two records are connected",
        "The shortest chain of links between two records, each hop one link: from a person to an event is one, "
        "from the event to another person the next. Links are followed both ways; a hop's `source` and `target` "
        "are those of the link as it is written. Chains differ in the records that they pass; where several links "
        "join the same two, the first is shown. 404 where there is no chain; 400 with the code `too_far` where "
        f"finding out would take too many links or more than {most_hops} hops.\n\n"
        "`order=time`: days can be chosen for all hops of the chain, each between the earliest start and the "
        "latest end of its date, that never go back. Undated links are left out. The chain is the shortest of "
        "these, and may be longer than the shortest of all.",
        ("from", "to"),
        parameters,
        {"application/json": {"schema": {"oneOf": [_CHAIN, _CHAINS]}, "example": PATH_EXAMPLE}},
    )
