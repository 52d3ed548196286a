"""A list's query string, parsed whole: filters, order, page, and what comes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from app.errors import BadRequest, nearest
from app.filters import FILTERS, read_conditions
from app.filters.base import Condition
from app.listing.sorting import SORTS, Sort
from app.records.kinds import RecordKind
from app.schemas.query import (
    CURSOR,
    EXPLAIN,
    FIELDS,
    FORMAT,
    INCLUDE,
    LIMIT,
    POLICY,
    Parameter,
    Values,
    read_fields,
    read_limit,
    read_policy,
    refuse_unknown,
)

FACETS: Final = ("type", "tag", "decade", "century", "participant", "place", "source")
INCLUDES: Final = ("linked", "incoming", "facets")

SORT = Parameter(
    "sort",
    "The order; always total. A minus turns it round. By date, records whose year is not known (`XXXX-01-03`) come "
    "after all that are dated either way, and last the undated. By date or by title, or with `q` by relevance, where "
    "nothing is said. Relevance: first what has all that `q` asks in its title, then in its other names, its summary, "
    "the rest; then the shorter title.",
    {"type": "string", "enum": [*SORTS]},
    "-date",
)

FACET = Parameter(
    "facets",
    f"Counts over all that match, by {', '.join(FACETS)}. Places are counted where they are named themselves, "
    "not with what lies within them, as the filter `place` has it.",
    example="type",
    repeatable=True,
)

COUNT = Parameter(
    "count",
    "Whether to count all that match.",
    {"type": "string", "enum": ["none", "exact", "estimated"], "default": "none"},
    "exact",
)

PAGING: Final = (POLICY, SORT, LIMIT, CURSOR, FIELDS, INCLUDE, FACET, COUNT, EXPLAIN, FORMAT)


@dataclass(frozen=True)
class ListQuery:
    """A parsed list query, before anything is looked up in the database."""

    kind: RecordKind | None
    conditions: Sequence[Condition]
    sort: Sort
    limit: int | None
    cursor: str | None = None
    source: str | None = None
    fields: Sequence[str] = ()
    include: Sequence[str] = ()
    facets: Sequence[str] = ()
    count: str = "none"
    explain: bool = False

    @cached_property
    def purpose(self) -> bytes:
        """What a cursor is bound to: the filters with their values, and the sort."""
        said = [
            self.kind.kind if self.kind else "",
            self.sort.name,
            self.source or "",
            *(
                f"{c.shape}{sorted(c.parameters.items())}{sorted(c.references.items())}"
                for c in self.conditions
            ),
        ]
        return "\n".join(said).encode("utf-8", "surrogatepass")


def known_parameters(kind: RecordKind | None, more: Sequence[Parameter] = ()) -> list[Parameter]:
    """Return every parameter of a list of this kind, or of all kinds, and `more`."""
    filters = [parameter for one in FILTERS for parameter in one.parameters]
    left_out = {"in_force_on"} if kind is not None and kind.kind != "agreement" else set()
    return [parameter for parameter in (*filters, *PAGING, *more) if parameter.name not in left_out]


@lru_cache(maxsize=16)
def _known_names(kind: RecordKind | None) -> frozenset[str]:
    return frozenset(parameter.name for parameter in known_parameters(kind))


def read_list_query(
    values: Values, kind: RecordKind | None, *, paged: bool = True, more: Sequence[Parameter] = ()
) -> ListQuery:
    """Parse a whole query string.

    `paged`: whether there is a default limit; formats that stream have none.

    Raises:
        BadRequest: everything that is wrong with it, at once.
    """
    known = _known_names(kind)
    refuse_unknown(values, known.union(parameter.name for parameter in more) if more else known)
    conditions = read_conditions(values, kind)
    default_sort = "relevance" if values.all("q") else kind.default_sort if kind is not None else "date"
    sort = SORTS[values.choice("sort", SORTS, default_sort)]
    if sort.name == "relevance" and not values.all("q"):
        values.refuse("sort", "missing_parameter", "Give `q` with it: relevance is to a text.")
    facets = values.words("facets")
    include = values.words("include")
    for name, given, allowed in (("facets", facets, FACETS), ("include", include, INCLUDES)):
        for word in given:
            if word not in allowed:
                values.refuse(
                    name, "unknown_value", f"Choose among {', '.join(allowed)}.", nearest(word, allowed)
                )
    query = ListQuery(
        kind=kind,
        conditions=conditions,
        sort=sort,
        limit=read_limit(values, paged=paged),
        cursor=values.one("cursor"),
        source=read_policy(values),
        fields=read_fields(values, kind),
        include=include,
        facets=facets or (("type", "decade") if "facets" in include else ()),
        count=values.choice("count", ("none", "exact", "estimated"), "none"),
        explain=values.choice("explain", ("true", "false"), "false") == "true",
    )
    if values.faults:
        raise BadRequest(
            "The query cannot be answered as it stands.", code="invalid_query", faults=values.faults
        )
    return query


def explain(query: ListQuery) -> str:
    """Describe every filter, the policy and the order, defaults included."""
    page = f"at most {query.limit} at a time" if query.limit else "all of them"
    facets = f", counted over all of them by {', '.join(query.facets)}" if query.facets else ""
    return f"{explain_conditions(query)}; read {explain_policy(query)}, sorted {query.sort.sentence}, {page}{facets}."


def explain_conditions(query: ListQuery) -> str:
    """Say in English which records are asked for."""
    what = query.kind.collection.capitalize() if query.kind is not None else "Records of all kinds"
    said = [condition.sentence for condition in query.conditions if condition.sentence]
    return " ".join([what, ", and ".join(said)] if said else [what])


def explain_policy(query: ListQuery) -> str:
    """Say in English as whom the records are read."""
    return f"as {query.source} has them" if query.source else "as they are written"
