"""The filters of lists: one class each, with its parameters, its SQL and its English sentence.

How a list is sorted and paged is in `listing`; which endpoint takes which filter is decided there, too.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar, cast

from pydantic import create_model

from app.filters.attributes import ContestedFilter, IdsFilter, TagFilter, TypeFilter, UpdatedSinceFilter
from app.filters.base import Condition, Filter
from app.filters.dates import InForceOnFilter, OnDayFilter, WhenFilter
from app.filters.figures import FigureFilter
from app.filters.full_text import TextFilter
from app.filters.links import ParticipantFilter, PartyFilter, PlaceFilter, SourceFilter, TargetFilter
from app.filters.spatial import BoxFilter, NearFilter
from app.records.kinds import RecordKind
from app.schemas.query_model import parameters_of

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
    InForceOnFilter,
    BoxFilter,
    NearFilter,
    FigureFilter,
    ContestedFilter,
    UpdatedSinceFilter,
)
"""Every filter of a list, in the order in which a sentence names them."""


class Filters(Filter):
    """The part of a query that asks what all of its filters ask; `with_filters` adds these.

    It comes before all parts that are filters themselves.
    """

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Give the conditions of every filter of which a parameter is given."""
        filters = _filters_of(type(self))
        given = {number for name in self.model_fields_set for number in filters.get(name, ())}
        return [condition for number in sorted(given) for condition in FILTERS[number].conditions(self, kind)]


@cache
def _filters_of(model: type[Filters]) -> Mapping[str, Sequence[int]]:
    """Give the places in `FILTERS` of a model's filters, by the names of their parameters."""
    found: dict[str, list[int]] = {}
    for number, one in enumerate(FILTERS):
        if issubclass(model, one):
            for name in parameters_of(one):
                found.setdefault(name, []).append(number)
    return found


F = TypeVar("F", bound=Filters)


def with_filters(options: type[F], filters: Sequence[type[Filter]] = FILTERS) -> type[F]:
    """Add filters to what else can be asked in a query; their parameters come first."""
    bases: Any = (options, *reversed(filters))
    model = create_model(
        options.__name__, __base__=bases, __doc__=options.__doc__, __module__=options.__module__
    )
    return cast("type[F]", model)
