"""Time spans: what is known of when something began and ended, and which queries that matches.

Four whole days bound a date: its start lies in [s1, s2], its end in [e1, e2] (day 0 is 1970-01-01).
Open ends are sentinels, never None, so that a database compares four integers and nothing else:

====================  ===========================================  ============================
EDTF                  s1, s2                                       e1, e2
====================  ===========================================  ============================
`1962/..` (ongoing)   the first and last day of 1962               OPEN_END, OPEN_END
`1962/` (unknown)     the first and last day of 1962               s1, OPEN_END
`../1967`             OPEN_START, OPEN_START                       the first and last day of 1967
`/1967`               OPEN_START, e2                               the first and last day of 1967
`../..`, `/`          OPEN_START, OPEN_START                       OPEN_END, OPEN_END
`[..1984]`            OPEN_START, the last day of 1984             OPEN_START, the last day of 1984
`{1984..}`            the first and last day of 1984               OPEN_END, OPEN_END
====================  ===========================================  ============================

So `s2 = OPEN_START` says that the start is open, `e1 = OPEN_END` that the end is. An end of which
neither bound is known is open as well (`/`): both are shown as two nulls, so they are not distinguished.

What is possible and what is certain follows from these four numbers alone. So an open end matches certainly
on its side: `1962/..` is ongoing and certainly overlaps 1975. An unknown one only possibly matches there:
`1962/` may have ended in 1962.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

OPEN_START = -(2**62)
"""The bound of a start that is open or unknown: before every day."""

OPEN_END = 2**62
"""The bound of an end that is open or unknown: after every day."""

SetKind = Literal["single", "one-of", "all-of"]


class TemporalRelation(StrEnum):
    """How a date may relate to the days [a, b] of a query."""

    OVERLAPS = "overlaps"
    WITHIN = "within"
    CONTAINS = "contains"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The earliest and latest start (s1, s2) and the earliest and latest end (e1, e2), in days."""

    s1: int
    s2: int
    e1: int
    e2: int

    @property
    def start_open(self) -> bool:
        """Whether it never began, as far as is known (`../1967`)."""
        return self.s2 == OPEN_START

    @property
    def end_open(self) -> bool:
        """Whether it goes on (`1962/..`)."""
        return self.e1 == OPEN_END

    def tighten(self) -> Self:
        """Tighten the bounds by what follows from start <= end.

        A side of which neither bound is known becomes open. Raises ValueError where the end would come
        before the start can.
        """
        if self.e2 < self.s1:
            message = "it ends before it can begin"
            raise ValueError(message)
        s2 = min(self.s2, self.e2)
        e1 = max(self.e1, self.s1)
        if self.s1 == OPEN_START and s2 == OPEN_END:
            s2 = OPEN_START
        if self.e2 == OPEN_END and e1 == OPEN_START:
            e1 = OPEN_END
        return type(self)(self.s1, s2, e1, self.e2)


@dataclass(frozen=True, slots=True)
class Timespan:
    """A date as queries compare it: one pair of bounds, or a set of them.

    `bounds` is the hull of all, by which dates are sorted; `members` is empty unless it is a set. A
    `qualified` date (uncertain or approximate) matches possibly and never certainly.
    """

    bounds: Bounds
    set_kind: SetKind = "single"
    members: tuple[Bounds, ...] = ()
    qualified: bool = False

    @classmethod
    def one_of(cls, members: Iterable[Bounds], *, qualified: bool = False) -> Self:
        """Make the date that is one of the members, unknown which: each bound ranges over all."""
        kept = tuple(members)
        hull = Bounds(
            min(m.s1 for m in kept), max(m.s2 for m in kept), min(m.e1 for m in kept), max(m.e2 for m in kept)
        )
        # It is not tightened: of `[..1950, 1984..]` every bound is unknown, and no side is open.
        return cls(hull, "one-of", kept, qualified)

    @classmethod
    def all_of(cls, members: Iterable[Bounds], *, qualified: bool = False) -> Self:
        """Make the date that is all of the members: it starts with the first and ends with the last."""
        kept = tuple(members)
        hull = Bounds(
            min(m.s1 for m in kept), min(m.s2 for m in kept), max(m.e1 for m in kept), max(m.e2 for m in kept)
        )
        return cls(hull.tighten(), "all-of", kept, qualified)


def possible(relation: TemporalRelation, span: Timespan, a: int, b: int) -> bool:
    """Return whether the date may stand in that relation to the days a to b, both included.

    Of a one-of set any member suffices; of an all-of set too, for `overlaps`, while the other relations
    compare its first start and last end.
    """
    asked = _POSSIBLE[relation]
    if span.set_kind == "one-of" or (span.set_kind == "all-of" and relation == TemporalRelation.OVERLAPS):
        return any(asked(member, a, b) for member in span.members)
    return asked(span.bounds, a, b)


def certain(relation: TemporalRelation, span: Timespan, a: int, b: int) -> bool:
    """Return whether the date stands in that relation to the days a to b whatever the unknown days are.

    Every certain match is a possible one. A qualified date is never certain; a one-of set is if all its
    members are; an all-of set is compared as in `possible`.
    """
    if span.qualified:
        return False
    asked = _CERTAIN[relation]
    if span.set_kind == "one-of":
        return all(asked(member, a, b) for member in span.members)
    if span.set_kind == "all-of" and relation == TemporalRelation.OVERLAPS:
        return any(asked(member, a, b) for member in span.members)
    return asked(span.bounds, a, b)


_Question = Callable[[Bounds, int, int], bool]

_POSSIBLE: dict[TemporalRelation, _Question] = {
    TemporalRelation.OVERLAPS: lambda t, a, b: t.s1 <= b and t.e2 >= a,
    TemporalRelation.WITHIN: lambda t, a, b: t.s2 >= a and t.e1 <= b and t.s1 <= b and t.e2 >= a,
    TemporalRelation.CONTAINS: lambda t, a, b: t.s1 <= a and t.e2 >= b,
    TemporalRelation.BEFORE: lambda t, a, _: t.e1 < a,
    TemporalRelation.AFTER: lambda t, _, b: t.s2 > b,
}

_CERTAIN: dict[TemporalRelation, _Question] = {
    TemporalRelation.OVERLAPS: lambda t, a, b: t.s2 <= b and t.e1 >= a,
    TemporalRelation.WITHIN: lambda t, a, b: t.s1 >= a and t.e2 <= b,
    TemporalRelation.CONTAINS: lambda t, a, b: t.s2 <= a and t.e1 >= b,
    TemporalRelation.BEFORE: lambda t, a, _: t.e2 < a,
    TemporalRelation.AFTER: lambda t, _, b: t.s1 > b,
}
