"""The graph of records and their links, over HTTP: neighbourhoods and chains."""

from typing import Any, Final

import orjson
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import resolve_references
from app.database.vocabulary import current_vocabulary
from app.filters.dates import CERTAINTY
from app.formats import FORMATS, MISSING, formats_for
from app.formats import graphml as xml
from app.formats.format import Use
from app.graph.links_sql import LINK, WHEN, LinkQuestion, read_links, read_reference
from app.graph.neighbourhood import MOST_EDGES, MOST_NODES, neighbourhood
from app.graph.paths import MOST_CHAINS, MOST_HOPS, shortest_paths
from app.graph.schemas import Date, Graph, graph_operation, path_operation
from app.records.vocabulary import RELATIONS
from app.schemas.query import FORMAT, Parameter, Values, raise_faults, refuse_unknown
from app.settings import Settings
from app.web.auth import authenticate
from app.web.caching import CachedResponse, cache_key, send_cached, version_etag
from app.web.headers import negotiate
from app.web.routes import AsgiRoute, CachedEndpoint, Computed, query_values, with_leniency

DEEPEST: Final = 3
AROUND: Final = Parameter("around", "The record in the middle: a reference.", example="places/havana")

DEPTH: Final = Parameter(
    "depth",
    "How many links away.",
    {"type": "integer", "minimum": 1, "maximum": DEEPEST, "default": 1},
    1,
)

FROM: Final = Parameter("from", "Where the chain begins: a reference.", example="actors/fidel-castro")
TO: Final = Parameter("to", "Where it ends: a reference.", example="places/havana")

ALL: Final = Parameter(
    "all",
    f"`true`: every shortest chain, up to {MOST_CHAINS}.",
    {"type": "boolean", "default": False},
    example=True,
)

ORDER: Final = Parameter(
    "order",
    "`time`: only chains whose hops can follow one another in time, from `from` to `to`.",
    {"type": "string", "enum": ["time"]},
    "time",
)

GRAPH_PARAMETERS: Final = (AROUND, DEPTH, WHEN, CERTAINTY, LINK, FORMAT)
PATH_PARAMETERS: Final = (FROM, TO, WHEN, CERTAINTY, ALL, ORDER, FORMAT)
GRAPH_FORMATS: Final = {"json": "application/json", **formats_for(Use.GRAPH)}


class _Graphs(CachedEndpoint):
    """The operations on the graph."""

    async def graph(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/graph`."""
        if negotiate(scope, GRAPH_FORMATS, MISSING) == "graphml":
            await self._graphml(scope, send)
            return

        async def make(reading: ReadConnection) -> Computed:
            return orjson.dumps((await self._neighbourhood(reading, scope)).to_dict()), []

        await self.reply(scope, send, make)

    async def _graphml(self, scope: Scope, send: Send) -> None:
        await authenticate(self.app, scope, "read")
        form = FORMATS["graphml"]

        async def read(reading: ReadConnection) -> tuple[str, Graph]:
            return await reading.version(), await self._neighbourhood(reading, scope)

        version, found = await self.db.answer(read)
        headers = [
            (b"content-type", form.content_type.encode()),
            (b"cache-control", b"no-cache"),
            (b"vary", b"Accept"),
            (b"content-disposition", f'attachment; filename="graph{form.suffix}"'.encode()),
        ]
        etag = version_etag(version, cache_key(scope, form.name))
        await send_cached(scope, send, CachedResponse(version, etag, headers, _written(found)))

    async def _neighbourhood(self, reading: ReadConnection, scope: Scope) -> Graph:
        values = _values(scope, GRAPH_PARAMETERS)
        around = read_reference(values, "around")
        depth = _depth(values)
        question = await self._question(reading, values)
        raise_faults(values)
        keys = await resolve_references(reading, {"around": around or ""})
        return await neighbourhood(reading, keys["around"], depth, question)

    async def path(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/graph/path`."""

        async def make(reading: ReadConnection) -> Computed:
            return orjson.dumps(await self._path(reading, scope)), []

        await self.reply(scope, send, make)

    async def _path(self, reading: ReadConnection, scope: Scope) -> dict[str, Any]:
        values = _values(scope, PATH_PARAMETERS)
        refs = {name: read_reference(values, name) or "" for name in ("from", "to")}
        every = values.choice("all", ("true", "false"), "false") == "true"
        timed = values.choice("order", ("time",), "") == "time"
        question = await self._question(reading, values)
        raise_faults(values)
        keys = await resolve_references(reading, refs)
        most = MOST_CHAINS if every else 1
        found = await shortest_paths(reading, keys["from"], keys["to"], question, most=most, timed=timed)
        paths = [chain.to_dict() for chain in found.chains]
        if not every:
            return paths[0]
        return {"length": paths[0]["length"], "paths": paths, "truncated": found.more}

    async def _question(self, reading: ReadConnection, values: Values) -> LinkQuestion:
        terms: list[str] = []
        if values.all("link"):
            known = (await current_vocabulary(reading)).vocabulary
            terms = [term.id for term in known.terms(RELATIONS)]
        return read_links(values, terms)


def _values(scope: Scope, parameters: tuple[Parameter, ...]) -> Values:
    values = query_values(scope)
    refuse_unknown(values, [parameter.name for parameter in parameters])
    return values


def _depth(values: Values) -> int:
    text = values.one("depth")
    if text is None:
        return 1
    if text not in {str(depth) for depth in range(1, DEEPEST + 1)}:
        values.refuse("depth", "out_of_range", f"Give a whole number from 1 to {DEEPEST}.")
        return 1
    return int(text)


def _written(found: Graph) -> bytes:
    """Write a graph as GraphML; where it was cut, its credits say so."""
    nodes = [
        xml.Node(node.ref, node.kind, node.title, node.type, *_days(node.date), listed=n == 0)
        for n, node in enumerate(found.nodes)
    ]
    edges = [
        xml.Edge(edge.source, edge.target, edge.relation, edge.role, edge.date["edtf"] if edge.date else None)
        for edge in found.edges
    ]
    return xml.graphml(nodes, edges, found.cut or "")


def _days(date: Date | None) -> tuple[str | None, str | None, str | None]:
    if date is None:
        return None, None, None
    return date["edtf"], date["start"]["earliest"], date["end"]["latest"]


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operations."""
    graphs = _Graphs.of(app, settings)
    return [
        AsgiRoute(
            "/v1/graph",
            with_leniency(graphs.graph, GRAPH_PARAMETERS),
            **graph_operation(GRAPH_PARAMETERS, MOST_NODES, MOST_EDGES),
        ),
        AsgiRoute(
            "/v1/graph/path",
            with_leniency(graphs.path, PATH_PARAMETERS),
            **path_operation(PATH_PARAMETERS, MOST_HOPS),
        ),
    ]
