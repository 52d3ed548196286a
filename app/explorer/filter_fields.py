"""The fields of the explorer's form: what stands beside each filter, and what is offered for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from app.explorer.query import ExploreQuery
from app.listing.sorting import SortName
from app.records.kinds import RECORD_KINDS
from app.schemas.query_model import parameters_of
from app.values.timespan import TemporalRelation

Choices = Sequence[tuple[str, str]]
"""The values that may be chosen, each with what is shown for it."""


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field for one parameter.

    Attributes:
        name: the parameter.
        label: what stands before it.
        hint: how it is written, with an example.
        choices: its values, where these are few.
        refers_to: the kinds of record whose references are its values.
        prefix: what stands before a reference.
    """

    name: str
    label: str
    hint: str = ""
    choices: Choices = ()
    refers_to: Sequence[str] = ()
    prefix: str = ""

    @property
    def repeated(self) -> bool:
        """Whether it takes several values."""
        return parameters_of(ExploreQuery)[self.name].repeated


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that belong together."""

    title: str
    fields: Sequence[FilterField]


_EVERY_KIND: Final = tuple(kind.kind for kind in RECORD_KINDS)

_RELATIONS: Final = {
    TemporalRelation.OVERLAPS: "overlaps it",
    TemporalRelation.WITHIN: "lies within it",
    TemporalRelation.CONTAINS: "contains it",
    TemporalRelation.BEFORE: "lies before it",
    TemporalRelation.AFTER: "lies after it",
}

_ORDERS: Final[dict[SortName, str]] = {
    "date": "by date",
    "-date": "by date, the latest first",
    "title": "by title",
    "-title": "by title, backwards",
    "updated": "by last change",
    "-updated": "by last change, the latest first",
    "relevance": "by how well the words fit",
}

FIELD_GROUPS: Final = (
    FieldGroup(
        "When",
        (
            FilterField("when", "Date", "EDTF: 1994, 1960/1969, 1967-03~, -0044"),
            FilterField(
                "relation",
                "Relation to it",
                choices=[(one.value, _RELATIONS[one]) for one in TemporalRelation],
            ),
            FilterField(
                "certainty", "How sure", choices=[("possible", "possibly"), ("certain", "certainly")]
            ),
            FilterField(
                "year",
                "Year",
                choices=[("known", "only where it is known"), ("unknown", "only where it is not")],
            ),
            FilterField("on_day", "On a day of any year", "01-03"),
            FilterField("in_force_on", "In force on (agreements)", "2005-01-01"),
        ),
    ),
    FieldGroup(
        "Who",
        (
            FilterField("participant", "Participant", "actors/fidel-castro", refers_to=("actor",)),
            FilterField("party", "Party of an agreement", "actors/cuba", refers_to=("actor",)),
            FilterField("action", "What the party did", "signed"),
        ),
    ),
    FieldGroup(
        "Where",
        (
            FilterField("place", "Place, with what lies in it", "places/havana", refers_to=("place",)),
            FilterField("near", "Near", "23.13,-82.38 or places/havana", refers_to=("place",)),
            FilterField("within_km", "Within kilometres", "100"),
            FilterField("bbox", "In a box", "west,south,east,north in degrees"),
        ),
    ),
    FieldGroup(
        "What",
        (
            FilterField("type", "Type", "meeting"),
            FilterField("tag", "Tag", "health"),
            FilterField("target", "Refers to", "events/cuban-revolution", refers_to=_EVERY_KIND),
            FilterField("figure", "Figure", "deaths>=100"),
        ),
    ),
    FieldGroup(
        "On whose word",
        (
            FilterField("source", "With evidence from", "sources/x", refers_to=("source",)),
            FilterField(
                "contested", "Contested", choices=[("true", "only contested"), ("false", "only others")]
            ),
            FilterField("policy", "Read as", "source:sources/x", refers_to=("source",), prefix="source:"),
        ),
    ),
    FieldGroup(
        "Shown",
        (
            FilterField("sort", "Order", choices=[(one, _ORDERS[one]) for one in get_args(SortName)]),
            FilterField("lang", "Titles in", "es"),
        ),
    ),
)
"""Every field, in the order in which they stand."""

FIELD_NAMES: Final = frozenset(field.name for group in FIELD_GROUPS for field in group.fields)
"""Parameters that have a field of their own in one of the groups."""
