"""Facets: counts of the matching records by type, tag, time and linked record.

Counts are exact, over all matches, whatever the page. Of each facet the hundred most frequent values are
returned; `facets_truncated` names the facets that have more.
"""

from collections.abc import Sequence
from heapq import nlargest
from typing import Any, Final

from app.database.engine.read_snapshot import ReadConnection, Rows
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import MAX_VALUES, CountStatements, Split
from app.records.scalars import COLLECTIONS
from app.values.time_histogram import bucket_name, total

TIME_FACETS: Final = {"decade": 1, "century": 10}
"""How many decades a bucket of each has."""

Value = dict[str, Any]


async def count_facets(db: ReadConnection, question: BoundQuery, facets: Sequence[str]) -> dict[str, Any]:
    """Return the members `facets`, and `facets_truncated` where some have more values than are returned."""
    counting = CountStatements(question)
    values: dict[str, list[Value]] = {}
    if any(map(_is_of_cells, facets)):
        statement, parameters = counting.by_cell(Split.APART)
        rows = await db.fetch_slow(statement, parameters)
        # Summing hundreds of cells takes milliseconds, which would block the event loop.
        values = await db.in_thread(lambda: _of_cells(rows, facets))
    for facet in facets:
        if facet in values:
            continue
        statement, parameters = counting.by_value(facet)
        rows = await db.fetch_slow(statement, parameters)
        values[facet] = [
            {
                "value": row[0] if facet == "tag" else f"{COLLECTIONS[row[0]]}/{row[1]}",
                "count": int(row[-1]),
            }
            for row in rows
        ]
    in_order = list(dict.fromkeys(facets))
    cut = [facet for facet in in_order if len(values[facet]) > MAX_VALUES]
    members: dict[str, Any] = {"facets": {facet: _cut(facet, values[facet]) for facet in in_order}}
    if cut:
        members["facets_truncated"] = cut
    return members


def _is_of_cells(facet: str) -> bool:
    return facet == "type" or facet in TIME_FACETS


def _of_cells(rows: Rows, facets: Sequence[str]) -> dict[str, list[Value]]:
    by_cell = [(kind, text, int(n)) for kind, text, n in rows]
    return {
        facet: _types(by_cell) if facet == "type" else _buckets(by_cell, TIME_FACETS[facet])
        for facet in facets
        if _is_of_cells(facet)
    }


def _types(by_cell: Sequence[tuple[str, str, int]]) -> list[Value]:
    counted = sorted(
        ((name, n) for name, _, n in by_cell if name and n > 0), key=lambda one: (-one[1], one[0])
    )
    return [{"value": name, "count": n} for name, n in counted]


def _buckets(by_cell: Sequence[tuple[str, str, int]], decades: int) -> list[Value]:
    """Return the most frequent buckets, one more than are returned to the client where there are more."""
    buckets = total(((text, n) for _, text, n in by_cell), decades)
    stretches = [one for one in buckets.stretches() if one[3] > 0]
    fullest = nlargest(MAX_VALUES + 1, stretches, key=lambda one: (one[3], -one[0]))
    found: list[Value] = []
    for first, last, certain, possible in fullest:
        for number in range(first, min(last, first + MAX_VALUES) + 1):
            if len(found) > MAX_VALUES:
                return found
            name = bucket_name(number, decades * 10)
            found.append({"value": name, "certain": certain, "possible": possible, "at": number})
    return found


def _cut(facet: str, values: list[Value]) -> list[Value]:
    """Keep the values that are returned to the client; those of time in chronological order."""
    kept = values[:MAX_VALUES]
    if facet not in TIME_FACETS:
        return kept
    in_order = sorted(kept, key=lambda one: int(one["at"]))
    return [{name: value for name, value in one.items() if name != "at"} for one in in_order]
