"""What the database counts for a timeline, by decades, by years or by days; each is read when it is needed, and once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.database.engine.read_snapshot import ReadConnection
from app.listing.bound_query import BoundQuery, choose_driver
from app.listing.count_sql import Counted, CountStatements, Split
from app.timeline.bucket_sizes import YEAR, BucketRange, BucketSize, Days
from app.timeline.edges_sql import edges
from app.timeline.histograms import Histograms, Row
from app.timeline.kept_rows import counted
from app.timeline.question import TimelineQuestion
from app.timeline.schemas import Bucket
from app.timeline.turns_sql import TurnStatements
from app.timeline.whole_decades import may_be_in, rests

DECADE_YEARS = 10


@dataclass(slots=True)
class CountedRows:
    """Counts of the matches of a question, and of those that it has without its condition on time (`others`)."""

    db: ReadConnection
    asked: TimelineQuestion
    others: BoundQuery
    _others: Sequence[Row] | None = None
    _read: dict[str, Sequence[Row]] = field(default_factory=dict)

    @classmethod
    async def of(cls, db: ReadConnection, asked: TimelineQuestion) -> "CountedRows":
        """Count what a question asks for."""
        if asked.when is None:
            return cls(db, asked, asked.question)
        conditions = [one for one in asked.question.conditions if one is not asked.when]
        gone = asked.when.parameters
        parameters = {name: one for name, one in asked.question.parameters.items() if name not in gone}
        others = replace(asked.question, conditions=conditions, parameters=parameters, driver=None)
        return cls(db, asked, await choose_driver(db, others))

    async def by_decade(self) -> Sequence[Row]:
        """Return extents of decades.

        What may be in a decade that lies wholly in the days of `when` may be in these, and is known without looking at
        the entries again; then those alone are looked at that may be in the rest of the days.
        """
        if self.asked.when is None:
            return await self._decades_of_others()
        decades = self.asked.whole_decades
        if decades is None:
            return await self._once("decades", CountStatements(self.asked.question).by_cell(self._split))
        rows = [row for row in await self._decades_of_others() if may_be_in(row[1], *decades)]
        for name, rest in rests(self.asked, decades):
            found = await self._once(name, CountStatements(rest).by_cell(self._split))
            rows += [row for row in found if not may_be_in(row[1], *decades)]
        return rows

    async def by_year(self) -> Sequence[Row]:
        """Return extents of years."""
        return await self._once(
            "years", CountStatements(self.asked.question).by_years(split=self.asked.split)
        )

    async def whatever_the_time(self) -> tuple[Sequence[tuple[str, int]], int]:
        """Return extents with their counts whatever the condition on time, and the length of their units in years."""
        if self.asked.when is None and "years" in self._read:
            return [(text, n) for _, text, n in self._read["years"]], 1
        rows = self._others
        if rows is None:
            rows = await counted(self.db, *CountStatements(self.others).by_cell(Split.DECADES))
        return [(text, n) for _, text, n in rows], DECADE_YEARS

    async def edges(self, days: Days, longest: int, *, begins: bool, ends: bool) -> Days | None:
        """Return the first and the last finite bound of dates within some days (`edges_sql.edges`)."""
        statement = edges(self.asked.question, days, longest, begins=begins, ends=ends)
        [(first, last)] = await self.db.fetch_slow(*statement)
        return None if first is None else (int(first), int(last))

    async def buckets(self, size: BucketSize, reach: BucketRange) -> list[Bucket]:
        """Return each bucket from the first to the last with its counts."""
        histograms = Histograms(size, self.asked.split)
        if size.years > 1 or (size is YEAR and "years" in self._read):
            rows = await (self.by_year() if size is YEAR else self.by_decade())
            unit = 1 if size is YEAR else DECADE_YEARS

            def add() -> None:
                histograms.add_extents(rows, unit)

        else:
            within = TurnStatements(self.asked.question, size, reach, self.asked.split)
            turns = await self.db.fetch_slow(*within.turns())
            has_sets = any(bucket is None for _, _, bucket, _, _ in turns)
            sets = await self.db.fetch_slow(*within.sets()) if has_sets else ()

            def add() -> None:
                histograms.add_turns(turns, within.origin.number)
                histograms.add_sets(sets)

        def made() -> list[Bucket]:
            add()
            return histograms.buckets(reach)

        # Thousands of buckets take milliseconds, which would block the event loop.
        return await self.db.in_thread(made)

    @property
    def _split(self) -> Split:
        return Split.TOGETHER if self.asked.split else Split.DECADES

    async def _decades_of_others(self) -> Sequence[Row]:
        if self._others is None:
            self._others = await counted(self.db, *CountStatements(self.others).by_cell(self._split))
        return self._others

    async def _once(self, name: str, counted: Counted) -> Sequence[Row]:
        if name not in self._read:
            rows = await self.db.fetch_slow(*counted)
            self._read[name] = [(kind, text, int(n)) for kind, text, n in rows]
        return self._read[name]
