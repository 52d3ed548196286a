"""The filter by figures: `figure`."""

import math
import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, Field
from sqlalchemy import ColumnElement, Select, and_, bindparam, select

from app.database import tables
from app.database.index.derive import OPEN_HIGH
from app.filters.base import Condition, Filter, NamedTerm, among
from app.records.kinds import RecordKind
from app.records.scalars import MAX_NUMBER
from app.schemas.parameter_types import ParsedBy, invalid_value
from app.schemas.parameters import Certainty, CertaintyParameter

MAX_COMPARISONS: Final = 10
figure = tables.figure.c
entry = tables.entry.c

FIGURE = re.compile(
    r"([a-z0-9]+(?:-[a-z0-9]+)*)\s*(>=|<=|>|<|=)\s*([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
)

_HIGHEST = math.nextafter(OPEN_HIGH, 0)
WORDS = {">=": "at least", ">": "more than", "<=": "at most", "<": "fewer than", "=": "exactly"}


class Comparison(NamedTuple):
    """A measure, a sign and a number as it was written."""

    measure: str
    sign: str
    number: str


def _comparison(text: str) -> Comparison:
    found = FIGURE.fullmatch(text.strip())
    if found is None:
        raise invalid_value("invalid_figure", "Write a measure, a comparison and a number: deaths>=10.")
    return Comparison(found[1], found[2], found[3])


def _check_number_of(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) > MAX_COMPARISONS:
        raise invalid_value("too_many", f"Give at most {MAX_COMPARISONS} comparisons at once.")
    return texts


class FigureFilter(CertaintyParameter, Filter):
    """`figure`: a measure and a bound, such as `deaths>=10`; any one figure of the measure suffices."""

    figure: Annotated[
        tuple[Annotated[Comparison, ParsedBy(_comparison, pattern=rf"^\s*(?:{FIGURE.pattern})\s*$")], ...],
        BeforeValidator(_check_number_of),
    ] = Field(
        (),
        description="A measure, one of >= > <= < = and a number; repeated: all of them. Possible if some value "
        "between low and high satisfies it, certain (`certainty=certain`) if all do.",
        json_schema_extra={"maxItems": MAX_COMPARISONS},
        examples=[["deaths>=10"]],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Compare figures with the bounds."""
        del kind
        return [_condition(n, one, self.certainty or "possible") for n, one in enumerate(self.figure)]


def _condition(n: int, asked: Comparison, certainty: Certainty) -> Condition:
    measure, sign, number = asked
    sure = "certainly" if certainty == "certain" else "possibly"
    # Less than the sentinel of an open bound, and more than any number that a record may have.
    bound = min(max(float(number), -_HIGHEST), _HIGHEST)
    if abs(bound) <= MAX_NUMBER:
        number = f"{bound:g}" if bound != int(bound) else f"{int(bound):,}"

    def keys() -> Select[Any]:
        return select(figure.record).where(
            figure.view == bindparam("view"),
            figure.measure == bindparam(f"measure_{n}"),
            _compare(sign, certainty, n),
        )

    return Condition(
        shape=("figure", n, sign, certainty),
        clause=lambda: among(keys()),
        keys=keys,
        parameters={f"measure_{n}": measure, f"bound_{n}": bound},
        sentence=f"with {sure} {WORDS[sign]} {number} {measure}",
        terms=(NamedTerm("figure", measure, ("figure-measure",)),),
    )


def _compare(sign: str, certainty: Certainty, n: int) -> ColumnElement[bool]:
    bound: ColumnElement[float] = bindparam(f"bound_{n}")
    certain = certainty == "certain"
    low, high = figure.low, figure.high
    if sign == ">=":
        return (low if certain else high) >= bound
    if sign == ">":
        return (low if certain else high) > bound
    if sign == "<=":
        return (high if certain else low) <= bound
    if sign == "<":
        return (high if certain else low) < bound
    if certain:
        return and_(low == bound, high == bound)
    return and_(low <= bound, high >= bound)
