"""The graph of records and their links, over HTTP: neighbourhoods and chains."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from app import errors
from app.formats import FORMATS, MISSING, formats_for
from app.formats import graphml as xml
from app.formats.format import Use
from app.formats.responses import file_headers, other_formats
from app.graph.neighbourhood import MAX_EDGES, MAX_NODES
from app.graph.paths import MAX_HOPS
from app.graph.schemas import GRAPH_EXAMPLE, PATH_EXAMPLE, FoundChains, Graph, GraphQuery, PathQuery
from app.graph.service import find_chains, read_graph
from app.schemas.responses import Date
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Negotiated, Snapshot, read_access
from app.web.headers import JSON_FORMAT, JSON_ONLY
from app.web.signatures import raises
from app.web.typed_responses import TypedResponse

GRAPH_FORMATS: Final = JSON_ONLY | formats_for(Use.GRAPH)
FormatName = Annotated[str, Depends(Negotiated(GRAPH_FORMATS, MISSING))]

router = APIRouter(route_class=CachedRoute, tags=["across"], dependencies=[Depends(read_access)])


@router.get(
    "/v1/graph",
    operation_id="get_graph",
    summary="Read the neighbourhood of a record",
    description="The records that are at most `depth` links away, links followed both ways, and every link among them. "
    f"Evidence and tags are no links. At most {MAX_NODES} records and {MAX_EDGES:,} links are given, the nearest first; "
    "`truncated` says whether there are more. A relation and its inverse are two sorts of link: name both in `link` to "
    "follow both.",
    response_description="What was found.",
    responses={
        200: {"content": {"application/json": {"example": GRAPH_EXAMPLE}, **other_formats(Use.GRAPH)}}
    },
)
async def get_graph(
    query: Annotated[GraphQuery, Query()], form: FormatName, snapshot: Snapshot
) -> TypedResponse[Graph]:
    """Read a neighbourhood, as JSON or as GraphML."""
    found = await read_graph(snapshot, query)
    if form == JSON_FORMAT:
        return TypedResponse.json(found)
    graphml = FORMATS[form]
    return TypedResponse.stored(
        _written(found, len(query.around)),
        media_type=graphml.content_type,
        headers=file_headers(graphml, "graph", b"", None),
    )


@router.get(
    "/v1/graph/path",
    operation_id="get_path",
    summary="Find how two records are connected",
    description="The shortest chain of links between two records, each hop one link: from a person to an event is one, "
    "from the event to another person the next. Links are followed both ways; a hop's `source` and `target` are those of "
    "the link as it is written. Chains differ in the records that they pass; where several links join the same two, the "
    "first is shown. 404 where there is no chain; 400 with the code `too_far` where finding out would take too many links "
    f"or more than {MAX_HOPS} hops.\n\n"
    "`order=time`: days can be chosen for all hops of the chain, each between the earliest start and the latest end of its "
    "date, that never go back. Undated links are left out. The chain is the shortest of these, and may be longer than the "
    "shortest of all.",
    response_description="What was found.",
    responses={200: {"content": {"application/json": {"example": PATH_EXAMPLE}}}},
)
@raises(errors.NotFound)
async def get_path(query: Annotated[PathQuery, Query()], snapshot: Snapshot) -> TypedResponse[FoundChains]:
    """Find the shortest chain, or all of them."""
    return TypedResponse.json(await find_chains(snapshot, query))


def _written(found: Graph, listed: int) -> bytes:
    """Write a graph as GraphML, its first nodes as those that were asked for; where it was cut, its credits say so."""
    nodes = [
        xml.Node(
            node["ref"],
            node["kind"],
            node["title"],
            node.get("type"),
            *_days(node.get("date")),
            listed=n < listed,
        )
        for n, node in enumerate(found["nodes"])
    ]
    edges = [
        xml.Edge(edge["source"], edge["target"], edge["relation"], edge.get("role"), _edtf(edge.get("date")))
        for edge in found["edges"]
    ]
    return xml.graphml(nodes, edges, found.get("truncation", ""))


def _edtf(date: Date | None) -> str | None:
    return date["edtf"] if date else None


def _days(date: Date | None) -> tuple[str | None, str | None, str | None]:
    if date is None:
        return None, None, None
    return date["edtf"], date["start"]["earliest"], date["end"]["latest"]
