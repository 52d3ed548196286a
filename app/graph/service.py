"""Questions to the graph: the neighbourhood of a record, and the chains between two."""

from collections.abc import Iterable

from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import resolve_references
from app.database.vocabulary import current_vocabulary
from app.errors import Fault, nearest
from app.filters.dates import asked_days
from app.filters.links import NO_RELATIONS
from app.graph.links_sql import LinkQuestion
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
from app.records.vocabulary import RELATIONS
from app.schemas.query_model import invalid_query


async def read_graph(db: ReadConnection, query: GraphQuery) -> Graph:
    """Read the neighbourhood of a record, or of several.

    Raises:
        BadRequest: there is no such record, or no such sort of link.
    """
    await _check_links(db, query.link)
    keys = await resolve_references(db, {f"around_{n}": ref for n, ref in enumerate(query.around)})
    return await neighbourhood(
        db, list(keys.values()), query.depth, _question(query, query.link), query.names
    )


async def find_chains(db: ReadConnection, query: PathQuery) -> Chain | ChainList:
    """Find the shortest chain between two records, or all the shortest.

    Raises:
        BadRequest: there is no such record, or no such sort of link, or finding out would take too much.
        NotFound: no chain joins the two.
    """
    await _check_links(db, query.link)
    keys = await resolve_references(db, {"from": query.from_, "to": query.to})
    found = await shortest_paths(
        db,
        keys["from"],
        keys["to"],
        _question(query, query.link),
        query.names,
        most=MAX_CHAINS if query.all_ else 1,
        timed=query.order == "time",
    )
    first = found.chains[0]
    if not query.all_:
        return first
    return ChainList(length=first["length"], paths=list(found.chains), truncated=found.more)


async def _check_links(db: ReadConnection, sorts: Iterable[str]) -> None:
    """Look sorts of link up in the vocabulary.

    Raises:
        BadRequest: with every one that there is not.
    """
    if not sorts:
        return
    terms = (await current_vocabulary(db)).vocabulary.terms(RELATIONS)
    known = [*NO_RELATIONS, *(term.id for term in terms)]
    faults = [
        Fault(
            "unknown_term",
            f"There is no such sort of link; there are {', '.join(known)}.",
            parameter="link",
            suggestion=nearest(word, known),
        )
        for word in sorts
        if word not in known
    ]
    if faults:
        raise invalid_query(faults)


def _question(query: LinkTimeParameters, sorts: Iterable[str]) -> LinkQuestion:
    relations = tuple(sorted(sorts))
    if query.when is None:
        return LinkQuestion(relations=relations)
    return LinkQuestion(query.certainty or "possible", relations, asked_days(query.when))
