"""The shortest paths of links between two records: a bidirectional breadth-first search.

It goes level by level from both ends, from the smaller front first, and keeps of each record only the links
by which it was first reached, never the whole graph. Paths of a fixed length are assembled from what the
two searches kept where their fronts meet.

**In the order of time.** The hops d1, d2 … dn of a path can follow one another if days can be chosen, each
within the outermost bounds [s1, e2] of its hop's date, that never go back. Each search keeps for a record
the best day on which it can be there: from the beginning the earliest, from the end the latest. A record is
visited again where a longer way is there on a better day. That is enough: if a path passes a record later
than it could, then the better way there leaves the rest of it possible. Undated links have no order and are
left out.

Days of the search from the end are negated, so that one search serves both.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final, NamedTuple

from app.database.engine.read_snapshot import ReadConnection, Rows
from app.errors import BadRequest, NotFound
from app.graph.link_details import LinkKey, read_accounts, read_nodes
from app.graph.links_sql import LinkQuestion, steps
from app.graph.schemas import Chain, Hop
from app.reading.chosen_names import AS_WRITTEN, NameChoice
from app.values.timespan import OPEN_END, OPEN_START, TemporalRelation, certain

MAX_HOPS: Final = 64
"""Longer paths are not searched for."""

MAX_LINKS: Final = 100_000
"""Links that are followed in one search, both sides together."""

PATIENCE: Final = 8_192
"""Links of one level that are followed at once; a larger front waits while the other one is smaller."""

_SLICE: Final = 500
"""Links processed at a time; in between the event loop serves others."""


class Step(NamedTuple):
    """A link to a record from one that is nearer to the beginning of the search."""

    parent: int
    low: int
    high: int
    link: LinkKey


@dataclass(slots=True)
class Reached:
    """A record of a level: the best day on which it can be reached, and the links to it."""

    day: int
    ways: list[Step] = field(default_factory=list)


Level = dict[int, Reached]


class Side:
    """A search from one end: its levels, and the best day on which each record was reached so far."""

    def __init__(self, start: int, *, mirrored: bool) -> None:
        """Begin at a record, before any day."""
        self.mirrored = mirrored
        self.levels: list[Level] = [{start: Reached(OPEN_START)}]
        self.best: dict[int, int] = {start: OPEN_START}

    @property
    def front(self) -> Level:
        """The records that were reached last."""
        return self.levels[-1]

    async def take_in(self, rows: Rows, *, timed: bool) -> None:
        """Make the next level from the links of the front."""
        level: Level = {}
        for start in range(0, len(rows), _SLICE):
            some = rows[start : start + _SLICE]
            if timed:
                self._take_timed(level, some)
            else:
                self._take(level, some)
            await asyncio.sleep(0)
        for key, reached in level.items():
            self.best[key] = reached.day
        self.levels.append(level)

    def _take(self, level: Level, rows: Rows) -> None:
        """Add links of any time: records reached before are skipped."""
        best = self.best
        for origin, key, record, position in rows:
            if key not in best:
                step = Step(origin, OPEN_START, OPEN_END, (record, position))
                if key in level:
                    level[key].ways.append(step)
                else:
                    level[key] = Reached(OPEN_START, [step])

    def _take_timed(self, level: Level, rows: Rows) -> None:
        """Add links that can be of the days given with them, in the order of time."""
        front = self.front
        for origin, key, record, position, first, last in rows:
            low, high = (-last, -first) if self.mirrored else (first, last)
            day = max(front[origin].day, low)
            known = self.best.get(key)
            if day > high or (known is not None and known <= day):
                continue
            reached = level.setdefault(key, Reached(day))
            reached.day = min(reached.day, day)
            reached.ways.append(Step(origin, low, high, (record, position)))

    def ways_back(self, key: int, until: int) -> Iterator[list[int]]:
        """Yield every way back to the beginning from a record of the front, as the records that it passes.

        `until` is the day by which the record must be reached. Each branch leads to the beginning.
        """
        # An explicit stack of what is still to be tried at each depth; recursion would cost a frame for
        # each hop.
        trail = [key]
        open_ways = [self._ways(len(self.levels) - 1, key, until)]
        if len(self.levels) == 1:
            yield [key]
            return
        while open_ways:
            way = next(open_ways[-1], None)
            if way is None:
                open_ways.pop()
                trail.pop()
                continue
            parent, latest = way
            depth = len(self.levels) - 1 - len(open_ways)
            if depth == 0:
                yield [*trail, parent]
                continue
            trail.append(parent)
            open_ways.append(self._ways(depth, parent, latest))

    def _ways(self, depth: int, key: int, until: int) -> Iterator[tuple[int, int]]:
        """Yield the records before this one, each with the latest day on which one can leave it."""
        if depth == 0:
            return
        latest: dict[int, int] = {}
        for step in self.levels[depth][key].ways:
            day = min(until, step.high)
            if step.low <= until and self.levels[depth - 1][step.parent].day <= day:
                latest[step.parent] = max(latest.get(step.parent, day), day)
        yield from sorted(latest.items())

    def links(self, depth: int, key: int, parent: int) -> list[Step]:
        """Return the links between a record of a level and one of the level before, in the true order of time."""
        found = [step for step in self.levels[depth][key].ways if step.parent == parent]
        if self.mirrored:
            found = [Step(parent, -step.high, -step.low, step.link) for step in found]
        return found


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths of the same, the shortest length; `more` says that there are others."""

    chains: Sequence[Chain]
    more: bool = False


async def shortest_paths(
    db: ReadConnection,
    start: int,
    goal: int,
    question: LinkQuestion,
    names: NameChoice = AS_WRITTEN,
    *,
    most: int = 1,
    timed: bool = False,
) -> Paths:
    """Return the shortest paths from one record to another, links followed in both directions.

    `names` chooses what records are shown with.

    Paths differ in the records that they pass. Where several links join the same two records, the first
    that fits is returned. Of several paths those come first whose records were written first.

    Raises:
        NotFound: no path joins the two.
        BadRequest: finding out would take too many links, or too many hops.
    """
    if start == goal:
        nodes = await read_nodes(db, [start], names, question.view)
        return Paths([Chain(length=0, hops=[], nodes=list(nodes.values()))])
    ahead, behind = Side(start, mirrored=False), Side(goal, mirrored=True)
    await _meet(db, ahead, behind, question, timed=timed)
    found = list(islice(_chains(ahead, behind), most + 1))
    return Paths(await _to_chains(db, found[:most], question, names), more=len(found) > most)


async def _meet(
    db: ReadConnection, ahead: Side, behind: Side, question: LinkQuestion, *, timed: bool
) -> None:
    """Search from both ends until the fronts meet."""
    patience, left = PATIENCE, MAX_LINKS
    while next(_meetings(ahead, behind), None) is None:
        if len(ahead.levels) + len(behind.levels) - 2 >= MAX_HOPS:
            raise _too_far(f"The chain has more than {MAX_HOPS} hops, if there is one")
        for side in sorted((ahead, behind), key=lambda side: len(side.front)):
            if not side.front:
                raise NotFound("No chain of such links joins the two.", code="no_path")
            most = min(patience, left)
            rows = await db.fetch_slow(*steps(question, list(side.front), most + 1, timed=timed))
            if len(rows) <= most:
                left -= len(rows)
                await side.take_in(rows, timed=timed)
                break
        else:
            # Both fronts have records with very many links: read more of them, up to a limit.
            if patience >= left:
                raise _too_far("More links than can be followed lie between the two")
            patience *= 4


def _too_far(why: str) -> BadRequest:
    return BadRequest(
        f"{why}. Ask for a time with `when`, or for two records nearer to each other.", code="too_far"
    )


def _meetings(ahead: Side, behind: Side) -> Iterator[int]:
    """Yield the records where the fronts meet in time, in order."""
    for key in sorted(ahead.front.keys() & behind.front.keys()):
        if ahead.front[key].day <= -behind.front[key].day:
            yield key


class Found(NamedTuple):
    """A path that was found: its records and the links between them, by their keys."""

    records: list[int]
    links: list[LinkKey]


def _chains(ahead: Side, behind: Side) -> Iterator[Found]:
    """Assemble paths at every meeting; every half that is begun is a part of at least one."""
    middle = len(ahead.levels) - 1
    for key in _meetings(ahead, behind):
        for back in ahead.ways_back(key, -behind.front[key].day):
            first = back[::-1]
            links, day = _follow(
                [ahead.links(n + 1, first[n + 1], first[n]) for n in range(middle)], OPEN_START
            )
            for second in behind.ways_back(key, -day):
                last = len(second) - 1
                ways = [behind.links(last - n, second[n], second[n + 1]) for n in range(last)]
                yield Found([*first, *second[1:]], [*links, *_follow(ways, day)[0]])


def _follow(hops: Sequence[Sequence[Step]], day: int) -> tuple[list[LinkKey], int]:
    """Choose the link of each hop that can be the earliest, and return the day of the last."""
    chosen: list[LinkKey] = []
    for ways in hops:
        possible = (step for step in ways if step.high >= day)
        day, link = min((max(day, step.low), step.link) for step in possible)
        chosen.append(link)
    return chosen, day


async def _to_chains(
    db: ReadConnection, found: Sequence[Found], question: LinkQuestion, names: NameChoice
) -> list[Chain]:
    keys = sorted({key for one in found for key in one.records})
    nodes = await read_nodes(db, keys, names, question.view)
    accounts = await read_accounts(db, {link for one in found for link in one.links}, question.view)
    chains = []
    for one in found:
        hops: list[Hop] = []
        for (here, there), link in zip(pairwise(one.records), one.links, strict=True):
            source, target = (here, there) if link[0] == here else (there, here)
            if link in accounts and source in nodes and target in nodes:
                hop = accounts[link].hop(nodes[source]["ref"], nodes[target]["ref"])
                if question.certainty is not None:
                    span = accounts[link].span
                    hop["certain"] = span is not None and certain(
                        TemporalRelation.OVERLAPS, span, *question.days
                    )
                hops.append(hop)
        # A record was deleted in the meantime, so the path no longer exists.
        if len(hops) == len(one.links):
            chains.append(Chain(length=len(hops), hops=hops, nodes=[nodes[key] for key in one.records]))
    if found and not chains:
        raise NotFound("No chain of such links joins the two.", code="no_path")
    return chains
