"""Parts of a graph as clients are shown them (api.md §2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Date = Mapping[str, Any]
"""A date as documents show it: `edtf`, `start`, `end`, `label` and so on."""


@dataclass(frozen=True, slots=True)
class Node:
    """A record of which a card is shown."""

    ref: str
    kind: str
    title: str
    type: str | None = None
    date: Date | None = None

    def told(self) -> dict[str, Any]:
        """Give it as JSON has it: what is empty is left out."""
        return _present(ref=self.ref, kind=self.kind, title=self.title, type=self.type, date=self.date)


@dataclass(frozen=True, slots=True)
class Edge:
    """A link in the direction in which it is written.

    `date` is the link's own, or else that of the record that it stands in.
    """

    source: str
    target: str
    relation: str
    role: str | None = None
    date: Date | None = None

    def told(self) -> dict[str, Any]:
        """Give it as JSON has it: what is empty is left out."""
        return _present(
            source=self.source, target=self.target, relation=self.relation, role=self.role, date=self.date
        )


@dataclass(frozen=True, slots=True)
class Hop(Edge):
    """A link of a chain, with the evidence that bears on it."""

    evidence: Sequence[Mapping[str, Any]] = ()
    evidence_truncated: bool = False

    def told(self) -> dict[str, Any]:
        """Give it as JSON has it; `evidence` is there even where there is none."""
        more = {"evidence_truncated": True} if self.evidence_truncated else {}
        return Edge.told(self) | {"evidence": list(self.evidence)} | more


@dataclass(frozen=True, slots=True)
class Graph:
    """Some records and the links among them; `cut` says what was left out, in a sentence."""

    nodes: Sequence[Node] = field(default_factory=tuple)
    edges: Sequence[Edge] = field(default_factory=tuple)
    cut: str | None = None

    def told(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {
            "nodes": [node.told() for node in self.nodes],
            "edges": [edge.told() for edge in self.edges],
            "truncated": self.cut is not None,
        } | ({"truncation": self.cut} if self.cut is not None else {})


@dataclass(frozen=True, slots=True)
class Chain:
    """A way from one record to another: the records it passes, and a link between each and the next."""

    nodes: Sequence[Node]
    hops: Sequence[Hop]

    def told(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {
            "length": len(self.hops),
            "hops": [hop.told() for hop in self.hops],
            "nodes": [node.told() for node in self.nodes],
        }


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
