"""The filters of lists: one object each, with its parameters, its SQL and its English sentence.

How a list is sorted and paged is in `listing`; which endpoint takes which filter is decided there, too.
"""

from typing import Final

from app.filters.attributes import ContestedFilter, IdsFilter, TagFilter, TypeFilter, UpdatedSinceFilter
from app.filters.base import Condition, Filter
from app.filters.dates import InForceOnFilter, OnDayFilter, WhenFilter
from app.filters.figures import FigureFilter
from app.filters.full_text import TextFilter
from app.filters.links import PARTICIPANT, PARTY, PLACE, SOURCE, TARGET
from app.filters.spatial import BBOX, NEAR
from app.records.kinds import RecordKind
from app.schemas.query import Values

FILTERS: Final[tuple[Filter, ...]] = (
    TextFilter(),
    IdsFilter(),
    TypeFilter(),
    TagFilter(),
    PARTICIPANT,
    PARTY,
    PLACE,
    TARGET,
    SOURCE,
    WhenFilter(),
    OnDayFilter(),
    InForceOnFilter(),
    BBOX,
    NEAR,
    FigureFilter(),
    ContestedFilter(),
    UpdatedSinceFilter(),
)
"""Every filter of a list, in the order in which a sentence names them."""

_FILTERS_BY_NAMES: Final = tuple(
    (frozenset(parameter.name for parameter in one.parameters), one) for one in FILTERS
)


def read_conditions(values: Values, kind: RecordKind | None) -> list[Condition]:
    """Parse every filter; faults are added to `values`."""
    given = values.names()
    return [
        condition
        for names, one in _FILTERS_BY_NAMES
        if not names.isdisjoint(given)
        for condition in one.read(values, kind)
    ]
