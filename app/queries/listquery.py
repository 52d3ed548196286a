"""A list's query string, read whole: filters, order, page, and what comes with it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from app.errors import BadRequest, nearest
from app.queries.condition import Condition, Filter, Parameter, Values
from app.queries.connections import PARTICIPANT, PARTY, PLACE, SOURCE, TARGET
from app.queries.dates import InForceOn, OnDay, When
from app.queries.documents import PAGE_BYTES
from app.queries.figures import Contested, Figures, UpdatedSince
from app.queries.labels import Ids, Tags, Types
from app.queries.references import reference_problem
from app.queries.sorting import SORTS, Sort
from app.queries.space import BBOX, NEAR
from app.queries.text import Text
from app.records import RECORDS, RecordKind

DEFAULT_LIMIT, MOST_PER_PAGE = 50, 1000

FILTERS: Final[tuple[Filter, ...]] = (
    Text(),
    Ids(),
    Types(),
    Tags(),
    PARTICIPANT,
    PARTY,
    PLACE,
    TARGET,
    SOURCE,
    When(),
    OnDay(),
    InForceOn(),
    BBOX,
    NEAR,
    Figures(),
    Contested(),
    UpdatedSince(),
)
"""Every filter of a list, in the order in which a sentence names them."""

_FILTERS_BY_NAMES: Final = tuple(
    (frozenset(parameter.name for parameter in one.parameters), one) for one in FILTERS
)

FACETS: Final = ("type", "tag", "decade", "century", "participant", "place", "source")
INCLUDES: Final = ("linked", "incoming", "facets")

POLICY = Parameter(
    "policy",
    "`preferred`: records as they are written. `source:sources/x`: the database as that source has it.",
    {"type": "string", "default": "preferred"},
    "source:sources/cuba-venezuela-cooperation",
)
SORT = Parameter(
    "sort",
    "The order; always total. A minus turns it round. By date, records whose year is not known (`XXXX-01-03`) come "
    "after all that are dated either way, and last the undated. By date or by title, or with `q` by relevance, where "
    "nothing is said. Relevance: first what has all that `q` asks in its title, then in its other names, its summary, "
    "the rest; then the shorter title.",
    {"type": "string", "enum": [*SORTS]},
    "-date",
)
LIMIT = Parameter(
    "limit",
    "How many items a page holds at the most. One of large records is shorter: their documents take no more than "
    f"{PAGE_BYTES // 2**20} MiB together (at least one item always comes), and `next` says that there are more.",
    {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": DEFAULT_LIMIT},
    20,
)
CURSOR = Parameter("cursor", "Where the page begins: taken from `next` or `prev` of another page.")
FIELDS = Parameter(
    "fields",
    "Only these fields of each record; kind, id and href always come.",
    example="title,date",
    repeatable=True,
)
INCLUDE = Parameter(
    "include",
    "What comes beside: `linked`, what they refer to; `incoming`, who refers to them; with lists `facets`.",
    {"type": "string"},
    "linked",
    repeatable=True,
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
EXPLAIN = Parameter(
    "explain",
    "`true`: the question back as one English sentence.",
    {"type": "boolean", "default": False},
    example=True,
)
FORMAT = Parameter("format", "The format of the answer; overrides `Accept`.", example="json")

PAGING: Final = (POLICY, SORT, LIMIT, CURSOR, FIELDS, INCLUDE, FACET, COUNT, EXPLAIN, FORMAT)


@dataclass(frozen=True)
class ListQuery:
    """What a list was asked, as far as it can be read without the database."""

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
    """Give every parameter of a list of this kind, or of all kinds, and `more`."""
    filters = [parameter for one in FILTERS for parameter in one.parameters]
    left_out = {"in_force_on"} if kind is not None and kind.kind != "agreement" else set()
    return [parameter for parameter in (*filters, *PAGING, *more) if parameter.name not in left_out]


@lru_cache(maxsize=16)
def _known_names(kind: RecordKind | None) -> frozenset[str]:
    return frozenset(parameter.name for parameter in known_parameters(kind))


def refuse_unknown(values: Values, known: Collection[str]) -> None:
    """Note every parameter that is not known, with the one that may have been meant."""
    for name in values.names():
        if name not in known:
            values.refuse(
                name[:100],
                "unknown_parameter",
                "There is no such parameter here; see /docs for those there are.",
                nearest(name, known),
            )


def read_conditions(values: Values, kind: RecordKind | None) -> list[Condition]:
    """Read every filter; faults are noted in `values`."""
    given = values.names()
    return [
        condition
        for names, one in _FILTERS_BY_NAMES
        if not names.isdisjoint(given)
        for condition in one.read(values, kind)
    ]


def read_list_query(
    values: Values, kind: RecordKind | None, *, paged: bool = True, more: Sequence[Parameter] = ()
) -> ListQuery:
    """Read a whole query string.

    `paged`: whether there is a limit where none is given; formats that stream have none.

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


def read_limit(values: Values, *, paged: bool = True) -> int | None:
    """Read `limit`; where none is given, the default of a page, or none at all for what goes on without end."""
    text = values.one("limit")
    if text is None:
        return DEFAULT_LIMIT if paged else None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST_PER_PAGE):
        values.refuse("limit", "out_of_range", f"Give a whole number from 1 to {MOST_PER_PAGE}.")
        return DEFAULT_LIMIT
    return int(text)


def read_policy(values: Values) -> str | None:
    """Read `policy`: the source whose reading is asked, or None for the records as they are written."""
    text = values.one("policy")
    if text is None or text == "preferred":
        return None
    word, _, ref = text.partition(":")
    problem = (
        reference_problem(ref, ["sources"]) if word == "source" else "It is preferred or source:sources/x."
    )
    if problem is not None:
        values.refuse("policy", "invalid_policy", problem)
        return None
    return ref


def read_fields(values: Values, kind: RecordKind | None) -> list[str]:
    """Read `fields`; a name that no record of the kind has is a fault."""
    fields = values.words("fields")
    if not fields:
        return fields
    kinds = [kind] if kind is not None else RECORDS
    allowed = {name for one in kinds for name in one.model.model_fields}
    for name in fields:
        if name not in allowed:
            values.refuse(
                "fields", "unknown_field", "There is no such field in these records.", nearest(name, allowed)
            )
    return fields
