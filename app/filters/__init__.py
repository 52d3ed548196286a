"""The filters of lists: one class each, with its parameters, its SQL and its English sentence.

How a list is sorted and paged is in `listing`; which endpoint takes which filter is decided there, too.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, TypeVar, cast

from pydantic import create_model

from app.errors import Fault
from app.filters.actions import ActionFilter
from app.filters.attributes import ContestedFilter, IdsFilter, TagFilter, TypeFilter, UpdatedSinceFilter
from app.filters.base import Filter, Filters
from app.filters.boxes import BoxFilter
from app.filters.dates import InForceOnFilter, OnDayFilter, WhenFilter, YearFilter
from app.filters.figures import FigureFilter
from app.filters.full_text import TextFilter
from app.filters.links import ParticipantFilter, PartyFilter, PlaceFilter, SourceFilter, TargetFilter
from app.filters.near import NearFilter

FILTERS: Final[tuple[type[Filter], ...]] = (
    TextFilter,
    IdsFilter,
    TypeFilter,
    TagFilter,
    ParticipantFilter,
    PartyFilter,
    ActionFilter,
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

AGREEMENT_FILTERS: Final[tuple[type[Filter], ...]] = (ActionFilter, InForceOnFilter)
"""Those that ask for what only agreements have."""

OF_AGREEMENTS: Final = ("action", "in_force_on")
"""The parameters that are theirs alone."""


def refuse_of_other_kinds(given: Collection[str], kinds: Collection[str]) -> Iterator[Fault]:
    """Give a fault for each parameter among those given that is of agreements alone, where only other kinds are asked for."""
    if kinds and "agreement" not in kinds:
        for name in OF_AGREEMENTS:
            if name in given:
                detail = "Give `kind=agreement` with it: only agreements have parties and are in force."
                yield Fault("wrong_kind", detail, parameter=name)


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
