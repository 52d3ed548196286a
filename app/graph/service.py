"""Questions to the graph: the neighbourhood of a record, and the chains between two."""

from collections.abc import Iterable, Mapping

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.filters.dates import asked_days
from app.graph.links_sql import LinkQuestion
from app.graph.named import find_named
from app.graph.neighbourhood import neighbourhood
from app.graph.paths import shortest_paths
from app.graph.schemas import (
    MAX_CHAINS,
    Chain,
    ChainList,
    Graph,
    GraphQuery,
    LinkTimeParameters,
    PathQuery,
)
from app.schemas.query_model import invalid_query


async def read_graph(db: ReadConnection, query: GraphQuery) -> Graph:
    """Read the neighbourhood of a record, or of several.

    Raises:
        BadRequest: there is no such record, or no such sort of link.
    """
    keys, view = await _named(db, query)
    return await neighbourhood(
        db, list(keys.values()), query.depth, _question(query, query.link, view), query.names
    )


async def find_chains(db: ReadConnection, query: PathQuery) -> Chain | ChainList:
    """Find the shortest chain between two records, or all the shortest.

    Raises:
        BadRequest: there is no such record, or no such sort of link, or finding out would take too much.
        NotFound: no chain joins the two.
    """
    keys, view = await _named(db, query)
    found = await shortest_paths(
        db,
        keys["from"],
        keys["to"],
        _question(query, query.link, view),
        query.names,
        most=MAX_CHAINS if query.all_ else 1,
        timed=query.order == "time",
    )
    first = found.chains[0]
    if not query.all_:
        return first
    return ChainList(length=first["length"], paths=list(found.chains), truncated=found.more)


async def _named(db: ReadConnection, query: GraphQuery | PathQuery) -> tuple[Mapping[str, int], int]:
    """Find the records that a query names, by parameter, and the view that it reads them in.

    Raises:
        BadRequest: with everything that it names and that there is not.
    """
    keys, faults = await find_named(db, query.link, query.references)
    if faults:
        raise invalid_query(faults)
    records = {name: key for name, key in keys.items() if name != "policy"}
    return records, keys.get("policy", tables.CANONICAL_VIEW)


def _question(query: LinkTimeParameters, sorts: Iterable[str], view: int) -> LinkQuestion:
    relations = tuple(sorted(sorts))
    if query.when is None:
        return LinkQuestion(relations=relations, view=view)
    return LinkQuestion(query.certainty or "possible", relations, asked_days(query.when), view)
