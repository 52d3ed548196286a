"""`/explore/coverage`: where the evidence is thin, as tables whose cells lead to `…/statements`, the records behind them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import FastAPI
from pydantic import Field
from starlette.types import Scope

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.evidence.coverage import measure
from app.evidence.schemas import (
    MEASURED,
    SUPPORT,
    UNDATED,
    Coverage,
    DecadeSupport,
    KindParameter,
    StatementsOfRecord,
    StatementsQuery,
    SupportCounts,
    parse_decade,
)
from app.evidence.statements import find_statements
from app.explorer.page_query import PageQuery
from app.explorer.pages import Site
from app.records.evidence_support import STATEMENT_PROPERTIES, WHOLE_RECORD
from app.schemas.parameter_types import ParsedBy
from app.web.page_cursors import cursor_of_query, links_to_pages
from app.web.typed_responses import TypedResponse

_LISTED: Final = 50
"""Sources and places that are listed."""

_DECADES: Final = 100
"""Decades with records that a page shows."""


class CoveragePageQuery(KindParameter):
    """Which part of the evidence is shown."""

    until: Annotated[str | None, ParsedBy(parse_decade)] = Field(
        None, description="The last decade that is shown, by its first year."
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """How many statements have which support, and which they are.

    Attributes:
        counts: with none, one and several sources.
        asked: the parameters with which they are listed, without `support`.
    """

    counts: SupportCounts
    asked: Mapping[str, str]

    @property
    def total(self) -> int:
        """How many there are."""
        return self.counts["none"] + self.counts["one"] + self.counts["several"]

    @property
    def shade(self) -> int:
        """How dark the cell is: tenths of its statements that have no source, rounded up."""
        return -(-10 * self.counts["none"] // self.total) if self.total else 0

    @property
    def parts(self) -> Sequence[tuple[str, float, float]]:
        """The parts of a bar: the name of each, where it begins and how long it is, in hundredths of the whole."""
        lengths = [100 * self.counts[name] / self.total for name in SUPPORT] if self.total else []
        begins = [sum(lengths[:at]) for at in range(len(lengths))]
        return [
            (name, round(begin, 2), round(length, 2))
            for name, begin, length in zip(SUPPORT, begins, lengths, strict=False)
            if length
        ]

    @property
    def percent(self) -> str:
        """How much has no source: only nothing is 0 %, and only all of it 100 %."""
        none, total = self.counts["none"], self.total
        share = 100 * none / total if total else 0
        if 0 < share < 1:
            return "under 1 %"
        return "over 99 %" if 99 < share < 100 else f"{share:.0f} %"


@dataclass(frozen=True, slots=True)
class DecadeRow:
    """A decade with records, after decades without any.

    Attributes:
        name: its first year.
        cell: its statements.
        unsourced: its records without any source.
        gap: how many decades before it, back to the next with records, have none.
    """

    name: str
    cell: Cell
    unsourced: int
    gap: int


@dataclass(frozen=True, slots=True)
class Thin:
    """What the page shows."""

    coverage: Coverage
    of_kind: Mapping[str, str]
    kinds: Sequence[str]
    properties: Sequence[tuple[str, Sequence[Cell | None]]]
    totals: Sequence[Cell]
    decades: Sequence[DecadeRow]
    earlier: str | None
    later: bool
    undated: DecadeRow


async def render_coverage_page(app: FastAPI, site: Site, raw: bytes) -> TypedResponse[str]:
    """Show where the evidence is thin; of the parts of an address that are wrong, what is wrong with them."""
    asked = PageQuery(CoveragePageQuery, raw)
    thin = None if asked.faults else _thin(await _kept(app, asked.query.kind), asked.query)
    return site.page(
        "coverage.html",
        status=400 if asked.faults else 200,
        asked=asked,
        measured=MEASURED,
        support=SUPPORT,
        thin=thin,
        listed=_LISTED,
    )


async def _kept(app: FastAPI, kind: str | None) -> Coverage:
    """Return the coverage of a kind; summing over the whole database is slow, so it is kept until something is written."""
    db: Database = app.state.db
    kept: dict[str | None, tuple[str, Coverage]] | None = getattr(app.state, "coverage", None)
    if kept is None:
        kept = app.state.coverage = {}
    found = kept.get(kind)
    if found is None or found[0] != await db.version():

        async def read(reading: ReadConnection) -> tuple[str, Coverage]:
            return await reading.version(), await measure(reading, kind, _LISTED)

        found = kept[kind] = await db.answer(read)
    return found[1]


def _thin(coverage: Coverage, query: CoveragePageQuery) -> Thin:
    kinds = [one["kind"] for one in coverage["kinds"]]
    cells = {
        (one["kind"], one["property"]): Cell(one, {"kind": one["kind"], "property": one["property"]})
        for one in coverage["properties"]
    }
    told = {about for _, about in cells}
    of_kind = {} if query.kind is None else {"kind": query.kind}
    rows = list(_decades(coverage["decades"], of_kind))
    until = None if query.until is None else int(query.until)
    shown = [row for row in rows if until is None or int(row.name) <= until]
    cut = len(shown) - _DECADES
    return Thin(
        coverage=coverage,
        of_kind=of_kind,
        kinds=kinds,
        properties=[
            (about, [cells.get((kind, about)) for kind in kinds])
            for about in STATEMENT_PROPERTIES
            if about in told
        ],
        totals=[Cell(one["statements"], {"kind": one["kind"]}) for one in coverage["kinds"]],
        decades=shown[-_DECADES:],
        earlier=shown[cut - 1].name if cut > 0 else None,
        later=len(shown) < len(rows),
        undated=DecadeRow(
            UNDATED,
            Cell(coverage["undated"]["statements"], of_kind | {"decade": UNDATED}),
            coverage["undated"]["records"]["none"],
            0,
        ),
    )


def _decades(decades: Sequence[DecadeSupport], of_kind: Mapping[str, str]) -> Iterator[DecadeRow]:
    gap = 0
    for one in decades:
        cell = Cell(one["statements"], {**of_kind, "decade": one["bucket"]})
        if cell.total:
            yield DecadeRow(one["bucket"], cell, one["records"]["none"], gap)
        gap = 0 if cell.total else gap + 1


@dataclass(frozen=True, slots=True)
class Listed:
    """Records with statements of some support, and the query string of the next page."""

    items: Sequence[StatementsOfRecord]
    next: str | None


async def render_statements_page(db: Database, site: Site, scope: Scope) -> TypedResponse[str]:
    """List the records behind a number of the page of coverage."""
    asked = PageQuery(StatementsQuery, scope["query_string"])
    listed = await asked.answer(db, lambda reading: _listed(reading, asked.query, scope))
    return site.page(
        "coverage_statements.html",
        status=400 if asked.faults else 200,
        asked=asked,
        measured=MEASURED,
        properties=STATEMENT_PROPERTIES,
        whole_record=WHOLE_RECORD,
        support=SUPPORT,
        listed=listed,
    )


async def _listed(reading: ReadConnection, query: StatementsQuery, scope: Scope) -> Listed:
    narrowed = query.model_dump(exclude={"format", "limit", "cursor"}, exclude_none=True)
    purpose = f"statements {sorted(narrowed.items())}".encode()
    cursor = await cursor_of_query(reading, query.cursor, purpose)
    found = await find_statements(reading, query, cursor)
    following = (await links_to_pages(scope, reading, purpose, found.next)).following
    return Listed(found.items, None if following is None else following.partition("?")[2])
