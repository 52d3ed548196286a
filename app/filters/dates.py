"""Filters by time: `when` with its relation and certainty, `on_day`, `year`, `in_force_on`."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import ColumnElement, FromClause, and_, bindparam, exists, false, literal_column, or_, select

from app.database import tables
from app.database.tables.columns import UNDATED, YEAR_UNKNOWN
from app.filters.base import EVERY_SPAN_CLASS, Condition, Filter, StartRange
from app.records.kinds import RecordKind
from app.schemas.parameter_types import ParsedBy, invalid_value
from app.schemas.parameters import CertaintyParameter, Edtf
from app.schemas.query_model import Needs
from app.values.date_text.suggestion import suggested_edtf
from app.values.edtf.value import EdtfValue
from app.values.timespan import TemporalRelation

CERTAINTIES = ("possible", "certain")
ONE_OF, ALL_OF = 1, 2
entry = tables.entry.c
member = tables.member.c

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

RELATION_WORDS = {
    TemporalRelation.OVERLAPS: "overlaps",
    TemporalRelation.WITHIN: "lies within",
    TemporalRelation.CONTAINS: "contains",
    TemporalRelation.BEFORE: "lies before",
    TemporalRelation.AFTER: "lies after",
}


DATED = EVERY_SPAN_CLASS - {UNDATED}
YEAR_KNOWN = DATED - {YEAR_UNKNOWN}
AT_THE_TIME = frozenset({TemporalRelation.OVERLAPS, TemporalRelation.WITHIN, TemporalRelation.CONTAINS})
"""Relations to `when` in which places are looked for, and shown, where they were then."""


def possible(relation: TemporalRelation, of: Any, a: Any, b: Any) -> ColumnElement[bool]:
    """Return the SQL of `app.values.timespan.possible` for one pair of bounds."""
    clauses: dict[TemporalRelation, Callable[[], ColumnElement[bool]]] = {
        TemporalRelation.OVERLAPS: lambda: and_(of.s1 <= b, of.e2 >= a),
        TemporalRelation.WITHIN: lambda: and_(of.s2 >= a, of.e1 <= b, of.s1 <= b, of.e2 >= a),
        TemporalRelation.CONTAINS: lambda: and_(of.s1 <= a, of.e2 >= b),
        TemporalRelation.BEFORE: lambda: of.e1 < a,
        TemporalRelation.AFTER: lambda: of.s2 > b,
    }
    return clauses[relation]()


def certain(relation: TemporalRelation, of: Any, a: Any, b: Any) -> ColumnElement[bool]:
    """Return the SQL of `app.values.timespan.certain` for one pair of bounds."""
    clauses: dict[TemporalRelation, Callable[[], ColumnElement[bool]]] = {
        TemporalRelation.OVERLAPS: lambda: and_(of.s2 <= b, of.e1 >= a),
        TemporalRelation.WITHIN: lambda: and_(of.s1 >= a, of.e2 <= b),
        TemporalRelation.CONTAINS: lambda: and_(of.s2 <= a, of.e1 >= b),
        TemporalRelation.BEFORE: lambda: of.e2 < a,
        TemporalRelation.AFTER: lambda: of.s1 > b,
    }
    return clauses[relation]()


def date_clause(relation: TemporalRelation, certainty: str, a: Any, b: Any) -> ColumnElement[bool]:
    """Compare the date of `tables.entry`; members of a set one by one where the hull does not decide.

    Of a one-of set the hull decides every certain relation (each is a bound on every member), and of the
    possible ones those that compare one bound alone. Of an all-of set it decides everything but overlap.
    """
    clause = certain if certainty == "certain" else possible
    of_hull = clause(relation, entry, a, b)
    of_member = exists(
        select(literal_column("1")).where(
            member.view == entry.view, member.record == entry.record, clause(relation, member, a, b)
        )
    )
    one_bound = relation in (TemporalRelation.BEFORE, TemporalRelation.AFTER)
    if certainty == "certain":
        if relation is TemporalRelation.OVERLAPS:
            # What lies within overlaps: of most dates an index says that without a look at the inner bounds.
            of_hull = or_(certain(TemporalRelation.WITHIN, entry, a, b), of_hull)
            answer = or_(and_(entry.set_kind != ALL_OF, of_hull), and_(entry.set_kind == ALL_OF, of_member))
        else:
            answer = of_hull
        return and_(entry.qualified == false(), entry.span_class != UNDATED, answer)
    if one_bound:
        return and_(entry.span_class != UNDATED, of_hull)
    by_hull = entry.set_kind == 0 if relation is TemporalRelation.OVERLAPS else entry.set_kind != ONE_OF
    answer = and_(of_hull, or_(by_hull, of_member))
    return and_(entry.span_class != UNDATED, answer)


def window(relation: TemporalRelation, a: int, b: int) -> StartRange:
    """Return the range in the order of beginnings that can hold matches."""
    if relation is TemporalRelation.CONTAINS:
        return StartRange(b, a)
    if relation is TemporalRelation.BEFORE:
        return StartRange(None, a - 1)
    if relation is TemporalRelation.AFTER:
        return StartRange(b + 1, None)
    return StartRange(a, b)


def asked_days(value: EdtfValue) -> tuple[int, int]:
    """Return the days [a, b] of a query: the hull of the value."""
    return value.span.bounds.s1, value.span.bounds.e2


class WhenFilter(CertaintyParameter, Filter):
    """`when`, `relation` and `certainty`: how a record's date relates to the days of an EDTF value."""

    when: Edtf = Field(
        None,
        description="An EDTF date; records match whose `date` stands in `relation` to it. Dates of names and geometries say when "
        "these held, and date no record: one without a `date` does not match.",
        examples=["1994"],
    )
    relation: Annotated[TemporalRelation | SkipJsonSchema[None], Needs("when")] = Field(
        None,
        description="How the record's date stands to `when`. Without it: `overlaps`.",
        examples=["within"],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Compare dates with the days."""
        del kind
        if self.when is None:
            return ()
        relation, certainty = self.relation or TemporalRelation.OVERLAPS, self.certainty or "possible"
        a, b = asked_days(self.when)
        sure = "certainly" if certainty == "certain" else "possibly"
        return (
            Condition(
                shape=("when", relation.value, certainty),
                clause=lambda: date_clause(relation, certainty, bindparam("when_a"), bindparam("when_b")),
                parameters={"when_a": a, "when_b": b},
                sentence=f"whose date {sure} {RELATION_WORDS[relation]} {self.when.label}",
                window=window(relation, a, b),
                span_classes=DATED,
                indexed=True,
                days=(a, b) if relation in AT_THE_TIME else None,
                # Most of the records in the range may overlap; with any other relation, next to none may.
                quick=relation is TemporalRelation.OVERLAPS and certainty == "possible",
            ),
        )


class DayOfYear(NamedTuple):
    """A month and a day."""

    month: int
    day: int


_DAY_OF_YEAR: Final = "^(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))$"


def _day_of_year(text: str) -> DayOfYear:
    if re.fullmatch(_DAY_OF_YEAR, text) is None:
        said = (text, f"{text}, year unknown")
        days = (re.fullmatch(r"[0-9X]{4}-([0-9]{2}-[0-9]{2})", suggested_edtf(one) or one) for one in said)
        suggestion = next((day[1] for day in days if day is not None), None)
        raise invalid_value("invalid_day", "Give a day of the year as MM-DD, such as 01-03.", suggestion)
    return DayOfYear(int(text[:2]), int(text[3:]))


class OnDayFilter(Filter):
    """`on_day`: anniversaries; 02-29 is a day."""

    on_day: Annotated[DayOfYear | None, ParsedBy(_day_of_year, pattern=_DAY_OF_YEAR)] = Field(
        None,
        description="A month and day (MM-DD): records whose date is known to the day, or to the day but not "
        "the year, and falls on it.",
        examples=["01-03"],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for what fell on the day."""
        del kind
        if self.on_day is None:
            return ()
        month, day = self.on_day
        return (
            Condition(
                shape=("on_day",),
                clause=_on_day,
                keys=lambda: select(entry.record).where(entry.view == bindparam("view"), _on_day()),
                parameters={"on_day": month * 100 + day},
                sentence=f"that fall on {day} {MONTHS[month - 1]}",
            ),
        )


def _on_day() -> ColumnElement[bool]:
    return entry.month_day == bindparam("on_day")


Known = Literal["known", "unknown"]


def _known(text: str) -> Known:
    if text == "known":
        return "known"
    if text == "unknown":
        return "unknown"
    raise invalid_value(
        "unknown_value",
        "Give `year=known`, which leaves out what is of no known year, or `year=unknown`, which leaves out all else; records of "
        "a year are asked for with `when`, as in `when=1994`.",
        "known",
    )


class YearFilter(Filter):
    """`year`: records whose date says a year, or at least a digit of one, or those whose date does not."""

    year: Annotated[Known | SkipJsonSchema[None], ParsedBy(_known, Known)] = Field(
        None,
        description="`known`: without undated records, and without those of which no digit of the year is known "
        "(`XXXX-01-03`), which may be of any year from 0000 to 9999. `unknown`: these alone.",
        examples=["known"],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for a known year, or for one that is not."""
        del kind
        if self.year is None:
            return ()
        known = self.year == "known"
        classes = YEAR_KNOWN if known else EVERY_SPAN_CLASS - YEAR_KNOWN
        return (
            Condition(
                shape=("year", self.year),
                clause=lambda: entry.span_class.in_([literal_column(str(one)) for one in sorted(classes)]),
                sentence="whose year is known" if known else "without a date, or of a year that is not known",
                # Undated records have no place in the order of beginnings.
                window=StartRange(None, None) if known else None,
                span_classes=classes,
                quick=True,
                indexed=True,
            ),
        )


class InForceOnFilter(CertaintyParameter, Filter):
    """`in_force_on`: agreements by when they were in force; lists of other kinds do not have it."""

    in_force_on: Edtf = Field(
        None, description="An EDTF date; agreements that were in force then.", examples=["2005-06-01"]
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Compare the time in force with the days."""
        if self.in_force_on is None or (kind is not None and kind.kind != "agreement"):
            return ()
        certainty = self.certainty or "possible"
        a, b = asked_days(self.in_force_on)
        sure = "certainly" if certainty == "certain" else "possibly"
        on = "on" if a == b else "in"
        return (
            Condition(
                shape=("in_force_on", certainty),
                clause=lambda: _in_force_clause(tables.in_force, certainty),
                parameters={"in_force_a": a, "in_force_b": b},
                sentence=f"that were {sure} in force {on} {self.in_force_on.label}",
            ),
        )


def _in_force_clause(table: FromClause, certainty: str) -> ColumnElement[bool]:
    clause = certain if certainty == "certain" else possible
    asked = clause(TemporalRelation.OVERLAPS, table.c, bindparam("in_force_a"), bindparam("in_force_b"))
    if certainty == "certain":
        asked = and_(asked, table.c.qualified == false())
    return exists(
        select(literal_column("1")).where(table.c.view == entry.view, table.c.record == entry.record, asked)
    )
