"""What `/explore` is asked: the filters of the lists, a view, and what a view alone takes.

Its parameters are those of the lists, so that an address of the explorer and one of the API ask the same question.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from app.errors import BadRequest, Fault, nearest
from app.explorer.page_query import PageQuery, Pairs
from app.filters import OF_AGREEMENTS, refuse_of_other_kinds, with_filters
from app.filters.attributes import select_kinds
from app.filters.links import Reference
from app.graph.schemas import MAX_DEPTH, CenterReferences
from app.listing.query import ListQuery, PageParameters
from app.records.kinds import RECORD_KINDS
from app.schemas.parameter_types import WholeNumber
from app.schemas.parameters import ReferenceText
from app.schemas.query_model import Needs, QueryModel, parameters_of, parse_query
from app.search.schemas import KindsParameter

ViewName = Literal["list", "timeline", "map", "network"]
GroupName = Literal["type", "participant", "place"]


class ViewParameters(QueryModel):
    """How the records are looked at."""

    view: ViewName = Field("list", description="Which view is shown.")
    group: GroupName | SkipJsonSchema[None] = Field(
        None, description="What the lanes of the time line are grouped by."
    )
    at: str | SkipJsonSchema[None] = Field(
        None,
        description="What part of the map is seen: zoom/latitude/longitude.",
        pattern=r"^[0-9./-]{1,60}$",
    )
    around: CenterReferences = Field(
        (), description="The records whose neighbours the network shows, that it begins with first."
    )
    depth: Annotated[int, WholeNumber(1, MAX_DEPTH)] = Field(
        1, description="How many links away from these the network reaches."
    )
    to: Annotated[ReferenceText | SkipJsonSchema[None], Needs("around")] = Field(
        None, description="The record to which a path through the network is sought."
    )
    order: Annotated[Literal["time"] | SkipJsonSchema[None], Needs("to")] = Field(
        None, description="Whether the links of the path are to follow one another in time."
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
        """The kinds that are looked at: those asked for; else agreements where only they can match; all for a search; events."""
        if self.kind:
            return self.kind
        if not self.model_fields_set.isdisjoint(OF_AGREEMENTS):
            return ("agreement",)
        return tuple(one.kind for one in RECORD_KINDS) if self.q is not None else ("event",)

    @cached_property
    def question(self) -> ListQuery:
        """Which records are asked for, as a list asks it."""
        kind, kinds = select_kinds(self.kinds)
        return self.asked(kind, [*self.conditions(kind), *kinds])


VIEW_PARAMETERS: Final = frozenset(parameters_of(ViewParameters))
"""What the API does not take."""

LIST_PARAMETERS: Final = frozenset({"sort", "lang", "fields"})
"""What lists of records take, and counts do not."""

PAGE_PARAMETERS: Final = frozenset({"limit", "cursor", "include", "facets", "count", "explain", "bom"})
"""What does not say which records are looked at."""


class Asked(PageQuery[ExploreQuery]):
    """A query string of the explorer: what is given, what it means, and what is wrong with it."""

    def __init__(self, raw: bytes) -> None:
        """Read a query string."""
        super().__init__(ExploreQuery, raw)

    def _instead(self, model: type[ExploreQuery]) -> ExploreQuery:
        """Return what is asked by the parameters that are right; by none where they are not right together."""
        wrong = {fault.parameter for fault in self.faults}
        try:
            return parse_query(model, self.without(*filter(None, wrong)).encode())
        except BadRequest:
            return model()

    @property
    def named(self) -> frozenset[str]:
        """The parameters that are given."""
        return frozenset(name for name, _ in self.pairs)

    def faults_of(self, name: str) -> Sequence[Fault]:
        """Return what is wrong with a parameter."""
        return [fault for fault in self.faults if fault.parameter == name]

    def with_one_more(self, name: str, value: str) -> str:
        """Return the query string with one more value of a parameter that takes several."""
        return self.string([*((n, v) for n, v in self.pairs if n != "cursor"), (name, value)])

    def without(self, *names: str) -> str:
        """Return the query string without some parameters, and without those that mean nothing without them."""
        return self._meaningful(
            [(name, value) for name, value in self.pairs if name not in {*names, "cursor"}]
        )

    def without_value(self, name: str, value: str) -> str:
        """Return the query string without one of the values of a parameter, in whatever role it is asked for."""
        kept: list[tuple[str, str]] = []
        for given, text in self.pairs:
            if given not in {name, "cursor"}:
                kept.append((given, text))
            elif given == name and text.strip() != value and (rest := ",".join(_words_without(text, value))):
                kept.append((given, rest))
        return self._meaningful(kept)

    def corrected(self, fault: Fault) -> str:
        """Return the query string with what a fault proposes: another name of the parameter, or another value."""
        name, proposed = fault.parameter or "", fault.suggestion or ""
        if name not in parameters_of(ExploreQuery):
            pairs = [(proposed if given == name else given, value) for given, value in self.pairs]
            return self._meaningful(pairs)
        values = self.values(name)
        if len(values) < 2:
            return self.with_values(**{name: proposed})
        meant = nearest(proposed, values) or values[-1]
        return self.string(
            [(n, proposed if (n, v) == (name, meant) else v) for n, v in self.pairs if n != "cursor"]
        )

    def _meaningful(self, pairs: Pairs) -> str:
        """Write pairs as a query string, without those that mean nothing without others."""
        given = {name for name, _ in pairs}
        for name, allowed in parameters_of(ExploreQuery).items():
            lost = allowed.needs and not given.intersection(allowed.needs)
            if name in given and (lost or not given.issuperset(allowed.requires)):
                return self._meaningful([(n, v) for n, v in pairs if n != name])
        return self.string(pairs)

    def entries(self, name: str) -> Sequence[str]:
        """Return the values of a parameter one by one, as the fields of a form hold them."""
        read = getattr(self.query, name, ()) if name in self.query.model_fields_set else ()
        if isinstance(read, tuple) and all(isinstance(one, Reference) for one in read):
            return [
                one.ref + (f":{','.join(one.roles)}" if one.roles else "") for one in read
            ] or self.values(name)
        return self.values(name)

    def chosen(self, name: str) -> frozenset[str]:
        """Return the terms, tags or references that a parameter asks for."""
        read = getattr(self.query, name, ())
        if name == "tag":
            return frozenset(word.strip() for value in read for word in (value, *value.split(",")))
        return frozenset(one.ref if isinstance(one, Reference) else one for one in read)

    @cached_property
    def of_the_api(self) -> str:
        """The query string with which a list of the API is asked the same, without kinds, which are in its paths."""
        no = VIEW_PARAMETERS | PAGE_PARAMETERS | {"kind"}
        return self.string([(name, value) for name, value in self.pairs if name not in no])

    @cached_property
    def of_counts(self) -> str:
        """The query string with which counts over time are asked for, without kinds."""
        no = VIEW_PARAMETERS | LIST_PARAMETERS | PAGE_PARAMETERS | {"kind"}
        return self.string([(name, value) for name, value in self.pairs if name not in no])


def _words_without(text: str, value: str) -> Iterator[str]:
    """Give the words of a list with commas but one; roles that follow a reference go with it."""
    dropping = False
    for word in text.split(","):
        ref, _, roles = word.strip().partition(":")
        dropping = ref == value or (dropping and "/" in value and "/" not in ref and not roles)
        if not dropping:
            yield word
