"""What densities take and answer."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property, partial
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.density.grid import Window, cell_count, windows
from app.errors import Fault
from app.filters import FILTERS, with_filters
from app.filters.areas import parse_degrees
from app.filters.attributes import select_kinds
from app.filters.base import Filters
from app.filters.boxes import BoxFilter
from app.listing.counted_kinds import CountedKinds
from app.listing.query import ListQuery
from app.listing.sorting import SORTS
from app.schemas.parameter_types import ParsedBy, number_between
from app.schemas.parameters import BomParameter, ExplainParameter, FormatParameter, PolicyParameter
from app.schemas.query_model import QueryModel
from app.values.coordinates import BBox

MAX_CELLS: Final = 10_000
SMALLEST, LARGEST = 0.0001, 90

_SIZES: Final = (
    *(Fraction(step, 10**places) for places in (4, 3, 2, 1, 0) for step in (1, 2, 5)),
    *map(Fraction, (10, 15, 20, 30, 45, 90)),
)
"""Sizes of cells that are proposed where there would be too many."""


def _box(text: str) -> BBox:
    return parse_degrees(text, BBox.parse, "invalid_bbox", "Give west,south,east,north in degrees")


def _degrees(text: str) -> Fraction:
    degrees = number_between(text, SMALLEST, LARGEST, "degrees")
    # The decimal that was meant, as edges of cells are decimals.
    return Fraction(repr(degrees))


class CellParameters(QueryModel):
    """The cells that are wanted."""

    cell: Annotated[Fraction, ParsedBy(_degrees, float)] = Field(
        description="How many degrees of longitude and latitude a cell has. Cells are aligned by floor to multiples of it from "
        "180° west and from the south pole; the last ones end at 180° east and at the north pole. A whole number is "
        "answered faster than others; of all records, or of types alone, fastest are those that divide 180: 1, 2, 3, 4, 5, 6, "
        "9, 10, 12, 15, 18, 20, 30, 36, 45, 60 and 90.",
        json_schema_extra={"minimum": SMALLEST, "maximum": LARGEST},
        examples=[5],
    )
    bbox: Annotated[BBox | None, ParsedBy(_box)] = Field(
        None,
        description="Which cells are wanted: those that this box touches, `west,south,east,north` in degrees; west greater than "
        "east crosses the antimeridian. An edge alone is not touched. Without it, those of the whole world. It chooses cells and "
        "filters nothing: a cell that it touches is counted whole, and `without_place` over all that match.",
        examples=["-85,15,-60,25"],
    )

    @cached_property
    def windows(self) -> list[Window]:
        """The cells as rectangles."""
        return windows(self.cell, self.bbox)

    def rules(self) -> Iterator[Fault]:
        """Refuse too many cells."""
        count = cell_count(self.windows)
        if count > MAX_CELLS:
            coarser = next(
                f"{float(one):g}"
                for one in _SIZES
                if one > self.cell and cell_count(windows(one, self.bbox)) <= MAX_CELLS
            )
            yield Fault(
                "too_many_cells",
                f"There would be {count:,} cells, more than {MAX_CELLS:,}; ask for cell={coarser}, or for a smaller `bbox`.",
                parameter="cell",
                suggestion=coarser,
            )


@partial(with_filters, filters=[one for one in FILTERS if one is not BoxFilter])
class DensityQuery(
    FormatParameter, BomParameter, ExplainParameter, PolicyParameter, Filters, CountedKinds, CellParameters
):
    """What is counted, and over which cells."""

    @cached_property
    def question(self) -> ListQuery:
        """Which records are asked for."""
        return self._asked(self)

    @cached_property
    def certain_question(self) -> ListQuery:
        """Which records are asked for when all that is uncertain has to be certain."""
        return self._asked(self.model_copy(update={"certainty": "certain"}))

    def _asked(self, filters: Filters) -> ListQuery:
        kind, kinds = select_kinds(self.kinds)
        return ListQuery(
            kind=kind,
            conditions=[*filters.conditions(kind), *kinds],
            sort=SORTS["date"],
            limit=None,
            source=self.policy,
            explain=self.explain,
        )


class DensityCell(TypedDict):
    """A cell, and how many records are in it."""

    west: Annotated[float, Field(ge=-180, le=180)]
    south: Annotated[float, Field(ge=-90, le=90)]
    east: Annotated[float, Field(ge=-180, le=180)]
    north: Annotated[float, Field(ge=-90, le=90)]
    certain: Annotated[
        int,
        Field(ge=0, description="Records that certainly match, with a place that lies wholly in the cell."),
    ]
    possible: Annotated[
        int, Field(ge=1, description="Records that may match, with a place that may reach into the cell.")
    ]


class Density(TypedDict):
    """Counts over a map."""

    items: Annotated[
        list[DensityCell],
        Field(description="The cells with any records, from the south, and in a row from the west."),
    ]
    without_place: Annotated[
        int, Field(ge=0, description="Records that may match, without any place that has a geometry.")
    ]
    explanation: NotRequired[str]
