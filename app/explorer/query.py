"""What `/explore` is asked: the filters of the lists, a view, and what a view alone takes.

Its parameters are those of the lists, so that an address of the explorer and one of the API ask the same question.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from app.errors import BadRequest, Fault
from app.filters import refuse_of_other_kinds, with_filters
from app.filters.attributes import select_kinds
from app.listing.query import ListQuery, PageParameters
from app.records.kinds import RECORD_KINDS
from app.schemas.parameters import ReferenceText
from app.schemas.query_model import Needs, QueryModel, parameters_of, parse_query, read_query
from app.search.schemas import KindsParameter

ViewName = Literal["list", "timeline", "map", "network"]
GroupName = Literal["type", "participant", "place"]

Pairs = Sequence[tuple[str, str]]
"""Parameters of a query string with their values, in order."""


class ViewParameters(QueryModel):
    """How the records are looked at."""

    view: ViewName = Field("list", description="Which view is shown.")
    group: GroupName | SkipJsonSchema[None] = Field(
        None, description="What the lanes of the time line are grouped by."
    )
    at: str | SkipJsonSchema[None] = Field(
        None, description="What part of the map is seen: zoom/latitude/longitude.", pattern=r"^[0-9./-]{1,60}$"
    )
    around: ReferenceText | SkipJsonSchema[None] = Field(
        None, description="The record that the network is drawn around."
    )
    to: Annotated[ReferenceText | SkipJsonSchema[None], Needs("around")] = Field(
        None, description="The record to which a path through the network is sought."
    )
    link: str | SkipJsonSchema[None] = Field(None, description="Which links the network follows.")


@with_filters
class ExploreQuery(ViewParameters, KindsParameter, PageParameters):
    """What is looked at, and how."""

    def rules(self) -> Iterator[Fault]:
        """Refuse to ask of other kinds what only agreements have."""
        yield from refuse_of_other_kinds(self.model_fields_set, self.kind)

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds that are looked at: all of them for a search, else events, unless others are asked for."""
        return self.kind or (tuple(one.kind for one in RECORD_KINDS) if self.q is not None else ("event",))

    @cached_property
    def question(self) -> ListQuery:
        """Which records are asked for, as a list asks it."""
        kind, kinds = select_kinds(self.kinds)
        return self.asked(kind, [*self.conditions(kind), *kinds])


VIEW_PARAMETERS: Final = frozenset(parameters_of(ViewParameters))
"""What the API does not take."""

PAGE_PARAMETERS: Final = frozenset({"limit", "cursor", "include", "facets", "count", "explain", "bom"})
"""What does not say which records are looked at."""


class Asked:
    """A query string of the explorer: what is given, what it means, and what is wrong with it.

    Attributes:
        pairs: what is given. A form sends its empty fields as well; these are left out.
        query: what it means; where something is wrong, what the rest means.
        faults: what is wrong with it.
    """

    def __init__(self, raw: bytes) -> None:
        """Read a query string."""
        self.faults: Sequence[Fault] = ()
        try:
            given = read_query(raw)
        except BadRequest as error:
            self.pairs: Pairs = ()
            self.faults = error.faults or [Fault(error.code, error.detail, "")]
            self.query = ExploreQuery()
            return
        self.pairs = [(name, value) for name, values in given.items() for value in values if value.strip()]
        try:
            self.query = parse_query(ExploreQuery, self.string().encode())
        except BadRequest as error:
            self.faults = error.faults
            self.query = self._of_the_rest()

    def _of_the_rest(self) -> ExploreQuery:
        """Return what is asked by the parameters that are right; by none where they are not right together."""
        wrong = {fault.parameter for fault in self.faults}
        try:
            return parse_query(ExploreQuery, self.without(*filter(None, wrong)).encode())
        except BadRequest:
            return ExploreQuery()

    def values(self, name: str) -> Sequence[str]:
        """Return the values of a parameter, as they were given."""
        return [value for given, value in self.pairs if given == name]

    def value(self, name: str) -> str:
        """Return the value of a parameter as it was given, empty where it was not."""
        return ",".join(self.values(name))

    def faults_of(self, name: str) -> Sequence[Fault]:
        """Return what is wrong with a parameter."""
        return [fault for fault in self.faults if fault.parameter == name]

    def string(self, pairs: Pairs | None = None) -> str:
        """Write pairs, or what is given, as a query string, readable where the standard lets it be."""
        return urlencode(self.pairs if pairs is None else pairs, safe="/:,*~")

    def with_values(self, **values: Any) -> str:
        """Return the query string with other values of some parameters, of the first page; None takes one away."""
        gone = {*values, "cursor"}
        kept = [(name, value) for name, value in self.pairs if name not in gone]
        return self.string([*kept, *((name, str(value)) for name, value in values.items() if value is not None)])

    def with_one_more(self, name: str, value: str) -> str:
        """Return the query string with one more value of a parameter that takes several."""
        return self.string([*((n, v) for n, v in self.pairs if n != "cursor"), (name, value)])

    def without(self, *names: str) -> str:
        """Return the query string without some parameters, and without those that mean nothing without them."""
        kept = [(name, value) for name, value in self.pairs if name not in {*names, "cursor"}]
        given = {name for name, _ in kept}
        known = parameters_of(ExploreQuery)
        for name in list(given):
            allowed = known.get(name)
            if allowed is None:
                continue
            lost = allowed.needs and not given.intersection(allowed.needs)
            if lost or not given.issuperset(allowed.requires):
                kept = [(n, v) for n, v in kept if n != name]
        return self.string(kept)

    @cached_property
    def of_the_api(self) -> str:
        """The query string with which the API is asked the same, without kinds, which are in its paths."""
        no = VIEW_PARAMETERS | {"kind", "cursor"}
        return self.string([(name, value) for name, value in self.pairs if name not in no])


class Part:
    """One part of the question in words, and the query string without it."""

    def __init__(self, sentence: str, without: str) -> None:
        """Name both."""
        self.sentence = sentence
        self.without = without


def parts_of(asked: Asked) -> Sequence[Part]:
    """Return the question in words, one part for each filter that is given."""
    query, kind = asked.query, asked.query.question.kind
    parts = []
    for one in query.filters:
        own = [name for name in vars(one).get("__annotations__", {}) if name in query.model_fields_set]
        if not own:
            continue
        sentence = " and ".join(condition.sentence for condition in one.conditions(query, kind))
        if sentence:
            parts.append(Part(sentence, asked.without(*own)))
    if query.policy:
        parts.append(Part(f"read as {query.policy} has it", asked.without("policy")))
    return parts
