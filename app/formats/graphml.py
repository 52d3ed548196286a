"""GraphML: records and what they are linked to as nodes, links as directed edges.

A node's id is its reference; its data are kind, title, type, date (EDTF), start and end (the outer days
that are known) and, for records of the list itself, `listed`. An edge has relation, role and date, as in
`/v1/graph`; evidence makes none. Between two nodes there can be several edges: each has an id.
The credits of sources stand in the graph's own data.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.formats.credits import Credits
from app.formats.format import ALL_KINDS, ITEMS, About, Format, FormatItem, Use
from app.formats.xml_text import xml_attribute, xml_text
from app.records.base import Record
from app.records.references import links
from app.values.calendar import iso_day
from app.values.known_bounds import known_bounds
from app.values.portions import batched
from app.values.timespan import OPEN_END, OPEN_START

_NODE_KEYS: Final = ("kind", "title", "type", "date", "start", "end")
_EDGE_KEYS: Final = ("relation", "role", "date")

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
    'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)

_OVERHEAD: Final = 50
"""The memory of an object besides its bytes, about."""

_END: Final = "</graph>\n</graphml>\n"


@dataclass(frozen=True, slots=True)
class Node:
    """A node; `start` and `end` are ISO days."""

    ref: str
    kind: str
    title: str
    type: str | None = None
    date: str | None = None
    start: str | None = None
    end: str | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge from one node to another."""

    source: str
    target: str
    relation: str
    role: str | None = None
    date: str | None = None


def graphml(nodes: Iterable[Node], edges: Iterable[Edge], credit: str = "") -> bytes:
    """Write a graph. Every end of an edge must be among the nodes."""
    written = "".join([*map(_node, nodes), *(_edge(number, edge) for number, edge in enumerate(edges))])
    return (_beginning(credit) + written + _END).encode()


def _beginning(credit: str) -> str:
    parts = [_HEAD]
    parts += [
        f'<key id="n-{name}" for="node" attr.name="{name}" attr.type="string"/>\n' for name in _NODE_KEYS
    ]
    parts.append('<key id="n-listed" for="node" attr.name="listed" attr.type="boolean"/>\n')
    parts += [
        f'<key id="e-{name}" for="edge" attr.name="{name}" attr.type="string"/>\n' for name in _EDGE_KEYS
    ]
    parts.append('<key id="g-credits" for="graph" attr.name="credits" attr.type="string"/>\n')
    parts.append('<graph id="annals" edgedefault="directed">\n')
    if credit:
        parts.append(f'<data key="g-credits">{xml_text(credit)}</data>\n')
    return "".join(parts)


def _node(node: Node) -> str:
    values = (node.kind, node.title, node.type, node.date, node.start, node.end)
    data = (
        _data("n", _NODE_KEYS, values) + f'<data key="n-listed">{"true" if node.listed else "false"}</data>'
    )
    return f"<node id={xml_attribute(node.ref)}>{data}</node>\n"


def _edge(number: int, edge: Edge) -> str:
    data = _data("e", _EDGE_KEYS, (edge.relation, edge.role, edge.date))
    ends = f"source={xml_attribute(edge.source)} target={xml_attribute(edge.target)}"
    return f'<edge id="e{number}" {ends}>{data}</edge>\n'


def _data(prefix: str, names: Sequence[str], values: Sequence[str | None]) -> str:
    return "".join(
        f'<data key="{prefix}-{name}">{xml_text(value)}</data>'
        for name, value in zip(names, values, strict=True)
        if value is not None
    )


def node_of(ref: str, record: Record, *, listed: bool = False) -> Node:
    """Make the node of a record."""
    date, start, end = None, None, None
    if record.date is not None:
        bounds = known_bounds(record.date.value)
        date = record.date.edtf
        start = iso_day(bounds.s1) if bounds is not None and bounds.s1 > OPEN_START else None
        end = iso_day(bounds.e2) if bounds is not None and bounds.e2 < OPEN_END else None
    return Node(ref, record.kind, record.title, record.type, date, start, end, listed)


class GraphmlWriter:
    """Collects nodes and edges: a linked record may come later as one of the list."""

    def __init__(self, _about: About) -> None:
        """Begin without nodes."""
        self._nodes: dict[str, bytes] = {}
        self._edges: list[bytes] = []
        self._credits = Credits()
        self.held = 0

    def begin(self) -> bytes:
        """Return nothing yet."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Collect the nodes and edges of each item."""
        for item in items:
            self._credits.add(item)
            ref = item.ref
            self._add_node(node_of(ref, item.record, listed=True))
            for link in links(item.record):
                target = item.linked.get(link.target)
                if target is None:
                    continue
                if link.target not in self._nodes:
                    self._add_node(node_of(link.target, target))
                date = None if link.date is None else link.date.text
                edge = Edge(ref, link.target, link.relation, link.role, date)
                self._edges.append(_edge(len(self._edges), edge).encode())
                self.held += len(self._edges[-1]) + _OVERHEAD
        return b""

    def _add_node(self, node: Node) -> None:
        self._nodes[node.ref] = _node(node).encode()
        self.held += len(self._nodes[node.ref]) + 2 * _OVERHEAD

    def end(self) -> Iterator[bytes]:
        """Yield the whole graph."""
        yield _beginning("; ".join(one.text for one in self._credits)).encode()
        yield from map(b"".join, batched(self._nodes.values()))
        yield from map(b"".join, batched(self._edges))
        yield _END.encode()


GRAPHML = Format(
    name="graphml",
    media_type="application/graphml+xml",
    suffix=".graphml",
    rule="Records and what they are linked to as nodes, links as directed edges with relation, role and date.",
    writer=GraphmlWriter,
    attachment=True,
    uses=ITEMS | {Use.GRAPH},
    most=50_000,
    beside=ALL_KINDS,
)
