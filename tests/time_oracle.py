"""Dates of every sort with what follows from them, worked out without the code: in days, by hand, from the four bounds."""

import calendar
from dataclasses import dataclass
from datetime import date
from math import inf

from hypothesis import strategies as st

RELATIONS = ("overlaps", "within", "contains", "before", "after")


@dataclass(frozen=True)
class Dated:
    """A date as it is written, and its bounds (s1, s2, e1, e2): of the whole, and of each member of a set."""

    text: str
    bounds: tuple[float, float, float, float]
    members: tuple[tuple[float, float, float, float], ...] = ()
    one_of: bool = False
    qualified: bool = False
    year_known: bool = True

    def answers(self, relation, certainty, a, b):
        """Answer a question about [a, b]."""
        if certainty == "certain" and self.qualified:
            return False
        each = [holds(relation, certainty, member, a, b) for member in self.members]
        if self.members and self.one_of:
            return any(each) if certainty == "possible" else all(each)
        if self.members and relation == "overlaps":
            return any(each)
        return holds(relation, certainty, self.bounds, a, b)

    def place(self, *, descending):
        """Give the place in the order of dates, but for the id: dated, then of no known year."""
        sign = -1 if descending else 1
        return (0 if self.year_known else 1, sign * self.bounds[0], sign * self.bounds[3])


def holds(relation, certainty, bounds, a, b):
    """Answer a question about [a, b] of one pair of bounds, as the table of relations has it."""
    s1, s2, e1, e2 = bounds
    possible, certain = {
        "overlaps": (s1 <= b and e2 >= a, s2 <= b and e1 >= a),
        "within": (s2 >= a and e1 <= b and s1 <= b and e2 >= a, s1 >= a and e2 <= b),
        "contains": (s1 <= a and e2 >= b, s2 <= a and e1 >= b),
        "before": (e1 < a, e2 < a),
        "after": (s2 > b, s1 > b),
    }[relation]
    return possible if certainty == "possible" else certain


def days(year, month=None, day=None):
    """Give the first and last day of a year, a month or a day, counted as `date.toordinal` does."""
    first = date(year, month or 1, day or 1).toordinal()
    if day:
        return first, first
    last_month = month or 12
    return first, date(year, last_month, calendar.monthrange(year, last_month)[1]).toordinal()


@st.composite
def plain(draw):
    """One date: its text, its first and last day, whether it is qualified, whether its year is known."""
    year = draw(st.integers(1890, 1910))
    month, day = draw(st.integers(1, 12)), draw(st.integers(1, 28))
    form = draw(
        st.sampled_from(["year", "year", "month", "day", "day", "decade", "century", "XX", "XXXX", "season"])
    )
    known = True
    if form == "year":
        text, (first, last) = f"{year}", days(year)
    elif form == "month":
        text, (first, last) = f"{year}-{month:02}", days(year, month)
    elif form == "day":
        text, (first, last) = f"{year}-{month:02}-{day:02}", days(year, month, day)
    elif form == "decade":
        text, first, last = f"{year // 10}X", days(year // 10 * 10)[0], days(year // 10 * 10 + 9)[1]
    elif form == "century":
        text, first, last = f"{year // 100}XX", days(year // 100 * 100)[0], days(year // 100 * 100 + 99)[1]
    elif form == "XX":
        text, first, last = f"{year}-XX-{day:02}", days(year, 1, day)[0], days(year, 12, day)[1]
    elif form == "season":
        text, first, last = f"{year}-24", days(year, 12)[0], days(year + 1, 2)[1]
    else:
        known = False
        text = f"XXXX-{month:02}-{day:02}"
        # Year 0 is a leap year, as 4 is.
        first, last = days(4, month, day)[0] - 1461, days(9999, month, day)[1]
    mark = draw(st.sampled_from(["", "", "", "", "?", "~", "%"]))
    return text + mark, first, last, mark != "", known


@st.composite
def intervals(draw):
    """An interval, whose sides may be open or unknown."""
    one, other = draw(plain()), draw(plain())
    if one[1] > other[1]:
        one, other = other, one
    shape = draw(
        st.sampled_from(["closed", "closed", "open end", "unknown end", "open start", "unknown start"])
    )
    start, end = one[1:3], other[1:3]
    written = (one[0], other[0])
    dates = [one, other]
    if shape.endswith("end"):
        written, dates = (one[0], ".." if shape == "open end" else ""), [one]
        end = (inf, inf) if shape == "open end" else (-inf, inf)
    if shape.endswith("start"):
        written, dates = (".." if shape == "open start" else "", other[0]), [other]
        start = (-inf, -inf) if shape == "open start" else (-inf, inf)
    bounds = (start[0], min(start[1], end[1]), max(end[0], start[0]), end[1])
    return Dated(
        "/".join(written),
        bounds,
        qualified=any(one[3] for one in dates),
        year_known=any(one[4] for one in dates),
    )


@st.composite
def sets(draw):
    """A one-of or an all-of set, which may be open before the first and after the last."""
    dates = sorted(draw(st.lists(plain(), min_size=1, max_size=3)), key=lambda one: one[1])
    one_of = draw(st.booleans())
    members = [(first, last, first, last) for _, first, last, _, _ in dates]
    texts = [text for text, *_ in dates]
    if draw(st.integers(0, 3)) == 0:
        first, last = dates[0][1:3]
        texts[0] = f"..{texts[0]}"
        members[0] = (-inf, last, -inf, last) if one_of else (-inf, -inf, first, last)
    if draw(st.integers(0, 3)) == 0 and not texts[-1].startswith(".."):
        first, last = dates[-1][1:3]
        texts[-1] = f"{texts[-1]}.."
        members[-1] = (first, inf, first, inf) if one_of else (first, last, inf, inf)
    s1, s2, e1, e2 = zip(*members, strict=True)
    whole = (min(s1), max(s2), min(e1), max(e2)) if one_of else (min(s1), min(s2), max(e1), max(e2))
    brackets = "[]" if one_of else "{}"
    return Dated(
        f"{brackets[0]}{','.join(texts)}{brackets[1]}",
        whole,
        tuple(members),
        one_of,
        any(one[3] for one in dates),
        any(one[4] for one in dates),
    )


singles = plain().map(lambda one: Dated(one[0], (one[1], one[2]) * 2, qualified=one[3], year_known=one[4]))
dated = st.one_of(singles, intervals(), intervals(), sets())
asked = st.one_of(singles, singles, intervals(), sets())
