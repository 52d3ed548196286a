"""The neighbourhood of a record, or of several: its neighbours, theirs, and the links among them (breadth-first search)."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, Final

from app.database.engine.read_snapshot import ReadConnection, Rows
from app.graph.link_details import Account, LinkKey, make_edge, read_accounts, read_nodes
from app.graph.links_sql import LinkQuestion, between, first_steps, steps
from app.graph.schemas import Edge, Graph, Node
from app.reading.chosen_names import AS_WRITTEN, NameChoice

MAX_NODES: Final = 500

MAX_EDGES: Final = 2_000
"""The most edges of a graph; further ones are left out, the nearest stay."""

MAX_STEPS: Final = 4_000
"""Links of one level that are read together; beyond, each record of the level has an equal share."""

_MAX_BETWEEN: Final = 20_000


async def neighbourhood(
    db: ReadConnection,
    centers: Sequence[int],
    depth: int,
    question: LinkQuestion,
    names: NameChoice = AS_WRITTEN,
) -> Graph:
    """Return the records within `depth` links of any with the keys `centers`, and every link among them.

    `names` chooses what records are shown with.

    Nearest first: where there are too many, whole levels come before the next, and within a level the
    neighbours of each record are taken in turn, in the order in which they were written. Nodes come in this
    order, edges in that of the farther of their ends.
    """
    front = list(dict.fromkeys(centers))
    ranks = {key: n for n, key in enumerate(front)}
    whole = True
    for _ in range(depth):
        pairs, complete = await _pairs(db, front, MAX_NODES - len(ranks), question)
        fresh = list(_in_turns(front, pairs, ranks))
        room = MAX_NODES - len(ranks)
        whole = whole and complete and len(fresh) <= room
        front = fresh[:room]
        ranks |= {key: len(ranks) + n for n, key in enumerate(front)}
        if not front or not whole:
            break
    nodes = await read_nodes(db, list(ranks), names, question.view)
    edges, all_edges = await _edges(db, ranks, nodes, question)
    graph = Graph(
        nodes=[nodes[key] for key in ranks if key in nodes], edges=edges, truncated=not (whole and all_edges)
    )
    if graph["truncated"]:
        graph["truncation"] = (
            f"There is more: only the nearest {len(nodes)} records and {len(edges)} links are given. Ask for a "
            "smaller depth, for some sorts of link or for a time."
        )
    return graph


Pair = tuple[int, int]


async def _pairs(
    db: ReadConnection, front: Sequence[int], room: int, question: LinkQuestion
) -> tuple[list[Pair], bool]:
    """Return (record, neighbour) for the records of a level, and whether these are all."""
    rows = await db.fetch_slow(*steps(question, front, MAX_STEPS + 1))
    if len(rows) <= MAX_STEPS:
        return sorted({(row[0], row[1]) for row in rows}), True
    share = max(10, 2 * room // len(front))
    found: list[Pair] = []
    for key in front:
        found += dict.fromkeys(
            (row[0], row[1]) for row in await db.fetch_slow(*first_steps(question, key, share))
        )
    return found, False


def _in_turns(front: Iterable[int], pairs: Iterable[Pair], known: dict[int, int]) -> Iterator[int]:
    """Yield the new neighbours round-robin: the first of each record of the level, then the second of each, and so on."""
    of: dict[int, list[int]] = {key: [] for key in front}
    for origin, reached in pairs:
        if reached not in known:
            of[origin].append(reached)
    seen: set[int | None] = {None}
    for turn in zip_longest(*of.values()):
        for key in turn:
            if key not in seen:
                seen.add(key)
                yield key


async def _edges(
    db: ReadConnection, ranks: dict[int, int], nodes: dict[int, Node], question: LinkQuestion
) -> tuple[list[Edge], bool]:
    rows = await db.fetch_slow(*between(question, list(ranks), _MAX_BETWEEN))
    nearest = await db.in_thread(partial(_nearest, rows, ranks, nodes))
    whole = len(rows) < _MAX_BETWEEN and len(nearest) <= MAX_EDGES
    nearest = nearest[:MAX_EDGES]
    own = await read_accounts(db, _own_dates(nearest), question.view)
    return [_edge(row, nodes, own) for row in nearest], whole


def _nearest(rows: Rows, ranks: dict[int, int], nodes: dict[int, Node]) -> Rows:
    kept = [row for row in rows if row[0] in nodes and row[1] in nodes]
    return sorted(kept, key=lambda row: (max(ranks[row[0]], ranks[row[1]]), row[0], row[2]))


def _own_dates(rows: Rows) -> Iterator[LinkKey]:
    for record, _, position, _, _, own_date, *_ in rows:
        if own_date:
            yield record, position


def _edge(row: Sequence[Any], nodes: dict[int, Node], own: dict[LinkKey, Account]) -> Edge:
    record, target, position, relation, role, _, *certain = row
    source, account = nodes[record], own.get((record, position))
    date = source.get("date") if account is None else account.date
    edge = make_edge(source["ref"], nodes[target]["ref"], relation, role, date)
    if certain:
        edge["certain"] = bool(certain[0])
    return edge
