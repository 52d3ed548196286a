"""A list's query string, parsed whole: filters, order, page, and what comes with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from app.database.engine.read_snapshot import ReadConnection
from app.errors import Fault
from app.filters import AGREEMENT_FILTERS, FILTERS, with_filters
from app.filters.base import Condition, Filters
from app.filters.full_text import TextFilter
from app.listing.bound_conditions import look_up
from app.listing.sorting import SORTS, Sort, SortName
from app.reading.chosen_names import NameChoice
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.parameter_types import split_words
from app.schemas.parameters import (
    BomParameter,
    CursorParameter,
    ExplainParameter,
    FieldsParameter,
    FormatParameter,
    LanguageParameter,
    LimitParameter,
    PolicyParameter,
    with_examples,
    with_field_names,
)
from app.schemas.query_model import QueryModel
from app.schemas.responses import FacetName

Included = Literal["linked", "incoming", "facets"]
Count = Literal["none", "exact", "estimated"]

_FACETS_INCLUDED: Final[tuple[FacetName, ...]] = ("type", "decade")
"""What `include=facets` counts by, where `facets` does not say."""


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
    language: str | None = None

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

    @property
    def days(self) -> tuple[int, int] | None:
        """The first and last day at which records are asked for as they were then; None where no time is asked."""
        return next((one.days for one in self.conditions if one.days is not None), None)

    @cached_property
    def names(self) -> NameChoice:
        """Which of their names records are shown with."""
        return NameChoice(self.language, self.days)

    @cached_property
    def without_limit(self) -> "ListQuery":
        """The same, with all that there are."""
        return replace(self, limit=None)


class RecordQuery(QueryModel):
    """What asks for records, one by one or counted."""

    @property
    def question(self) -> ListQuery:
        """Which records are asked for."""
        raise NotImplementedError

    async def look_up(self, db: ReadConnection) -> Sequence[Fault]:
        """Look up what filters and `policy` name."""
        asked = self.question
        return (await look_up(db, asked.conditions, asked.source)).faults


class SortParameter(TextFilter):
    """The order of a list, which may be by relevance to `q`."""

    sort: SortName | SkipJsonSchema[None] = Field(
        None,
        description="The order; always total. A minus turns it round. By date, records whose year is not known "
        "(`XXXX-01-03`) come after all that are dated either way, and last the undated. By date or by title, or with "
        "`q` by relevance, where nothing is said. Relevance: first what has all that `q` asks in its title, then in its "
        "other names, its summary, the rest; then the shorter title.",
        examples=["-date"],
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse an order by relevance to nothing."""
        if self.sort == "relevance" and self.q is None:
            yield Fault("missing_parameter", "Give `q` with it: relevance is to a text.", parameter="sort")


class SidecarParameters(QueryModel):
    """What comes beside a page."""

    include: Annotated[tuple[Included, ...], BeforeValidator(split_words)] = Field(
        (),
        description="What comes beside: `linked`, what they refer to; `incoming`, who refers to them; `facets`, counts of all "
        "that match, by type and decade where `facets` does not say otherwise.",
        examples=[["linked"]],
    )
    facets: Annotated[tuple[FacetName, ...], BeforeValidator(split_words)] = Field(
        (),
        description=f"Counts over all that match, by {', '.join(get_args(FacetName))}. Places are counted where they are "
        "named themselves, not with what lies within them, as the filter `place` has it.",
        examples=[["type"]],
    )
    count: Count = Field("none", description="Whether to count all that match.", examples=["exact"])

    @property
    def counted_by(self) -> Sequence[FacetName]:
        """What is counted over all that match."""
        return self.facets or (_FACETS_INCLUDED if "facets" in self.include else ())


class PageParameters(
    BomParameter,
    ExplainParameter,
    SidecarParameters,
    CursorParameter,
    LimitParameter,
    LanguageParameter,
    PolicyParameter,
    Filters,
    SortParameter,
    RecordQuery,
):
    """What lists and searches take beside the other filters."""

    def asked(
        self,
        kind: RecordKind | None,
        conditions: Sequence[Condition],
        fields: Sequence[str] = (),
    ) -> ListQuery:
        """Give what is asked of records of a kind, or of several, page by page."""
        default_sort = "relevance" if self.q is not None else kind.default_sort if kind else "date"
        return ListQuery(
            kind=kind,
            conditions=conditions,
            sort=SORTS[self.sort or default_sort],
            limit=self.limit,
            cursor=self.cursor,
            source=self.policy,
            fields=fields,
            include=self.include,
            facets=self.counted_by,
            count=self.count,
            explain=self.explain,
            language=self.lang,
        )


class ListParameters(FormatParameter, FieldsParameter, PageParameters):
    """What a list of records of one kind takes."""

    @cached_property
    def question(self) -> ListQuery:
        """What is asked, page by page."""
        return self.asked(self.kind, self.conditions(self.kind), self.fields)


def _list_query(kind: RecordKind) -> type[ListParameters]:
    filters = [one for one in FILTERS if one not in AGREEMENT_FILTERS or kind.kind == "agreement"]
    model = with_filters(ListParameters, filters)
    model.kind = kind
    return with_field_names(with_examples(model, **_EXAMPLES[kind.kind]), kind)


_EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "event": {"type": ["meeting"]},
    "actor": {"type": ["person"]},
    "agreement": {"type": ["cooperation"]},
    "mission": {"type": ["health"]},
    "place": {"type": ["country"]},
    # No source has evidence about a source.
    "source": {"type": ["article"], "policy": "preferred"},
}
"""Examples of parameters, by kind, where one for all kinds is none for each."""

LIST_QUERIES: Final[Mapping[str, type[ListParameters]]] = {
    kind.kind: _list_query(kind) for kind in RECORD_KINDS
}
"""What lists take, by the kind of their records."""


def explain(query: ListQuery) -> str:
    """Describe every filter, the policy and the order, defaults included."""
    page = f"at most {query.limit} at a time" if query.limit else "all of them"
    facets = f", counted over all of them by {', '.join(query.facets)}" if query.facets else ""
    titles = f", with titles in {query.language} where there are any" if query.language else ""
    read = f"read {explain_policy(query)}{titles}"
    return f"{explain_conditions(query)}; {read}, sorted {query.sort.sentence}, {page}{facets}."


def explain_conditions(query: ListQuery) -> str:
    """Say in English which records are asked for."""
    what = query.kind.collection.capitalize() if query.kind is not None else "Records of all kinds"
    said = [condition.sentence for condition in query.conditions if condition.sentence]
    return " ".join([what, ", and ".join(said)] if said else [what])


def explain_policy(query: ListQuery) -> str:
    """Say in English as whom the records are read."""
    return f"as {query.source} has them" if query.source else "as they are written"
