"""The filters of lists: one class each, with its parameters, its SQL and its English sentence.

How a list is sorted and paged is in `listing`; which endpoint takes which filter is decided there, too.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

from pydantic import create_model

from app.filters.attributes import ContestedFilter, IdsFilter, TagFilter, TypeFilter, UpdatedSinceFilter
from app.filters.base import Filter, Filters
from app.filters.dates import InForceOnFilter, OnDayFilter, WhenFilter, YearFilter
from app.filters.figures import FigureFilter
from app.filters.full_text import TextFilter
from app.filters.links import ParticipantFilter, PartyFilter, PlaceFilter, SourceFilter, TargetFilter
from app.filters.spatial import BoxFilter, NearFilter

FILTERS: Final[tuple[type[Filter], ...]] = (
    TextFilter,
    IdsFilter,
    TypeFilter,
    TagFilter,
    ParticipantFilter,
    PartyFilter,
    PlaceFilter,
    TargetFilter,
    SourceFilter,
    WhenFilter,
    OnDayFilter,
    YearFilter,
    InForceOnFilter,
    BoxFilter,
    NearFilter,
    FigureFilter,
    ContestedFilter,
    UpdatedSinceFilter,
)
"""Every filter of a list, in the order in which a sentence names them."""


F = TypeVar("F", bound=Filters)


def with_filters(options: type[F], filters: Sequence[type[Filter]] = FILTERS) -> type[F]:
    """Add filters to what else can be asked in a query; their parameters come first."""
    bases: Any = (options, *reversed(filters))
    model = create_model(
        options.__name__, __base__=bases, __doc__=options.__doc__, __module__=options.__module__
    )
    found = cast("type[F]", model)
    found.filters = tuple(filters)
    return found
