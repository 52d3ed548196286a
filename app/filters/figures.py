"""The filter by figures: `figure`."""

import math
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select

from app.database import tables
from app.database.index.derive import OPEN_HIGH
from app.filters.base import Condition, NamedTerm, among
from app.filters.dates import CERTAINTIES
from app.records.kinds import RecordKind
from app.records.scalars import MAX_NUMBER
from app.schemas.query import Parameter, Values

figure = tables.figure.c
entry = tables.entry.c

FIGURE = re.compile(
    r"([a-z0-9]+(?:-[a-z0-9]+)*)\s*(>=|<=|>|<|=)\s*([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
)

_HIGHEST = math.nextafter(OPEN_HIGH, 0)
WORDS = {">=": "at least", ">": "more than", "<=": "at most", "<": "fewer than", "=": "exactly"}


class FigureFilter:
    """`figure`: a measure and a bound, such as `deaths>=10`; any one figure of the measure suffices."""

    parameters = (
        Parameter(
            "figure",
            "A measure, one of >= > <= < = and a number; repeated: all of them. Possible if some value "
            "between low and high satisfies it, certain (`certainty=certain`) if all do.",
            example="deaths>=10",
            repeatable=True,
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse the comparisons."""
        del kind
        certainty = values.choice("certainty", CERTAINTIES, "possible")
        conditions = []
        for n, text in enumerate(values.all("figure")):
            found = FIGURE.fullmatch(text.strip())
            if found is None:
                values.refuse(
                    "figure", "invalid_figure", "Write a measure, a comparison and a number: deaths>=10."
                )
                continue
            if n >= 10:
                values.refuse("figure", "too_many", "Give at most 10 comparisons at once.")
                break
            conditions.append(_condition(n, found[1], found[2], found[3], certainty))
        return conditions


def _condition(n: int, measure: str, sign: str, number: str, certainty: str) -> Condition:
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


def _compare(sign: str, certainty: str, n: int) -> ColumnElement[bool]:
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
