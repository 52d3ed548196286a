"""The questions of a timespan, against brute force over every start and end that the bounds allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.edtf.value import parse_edtf
from app.values.timespan import OPEN_END, OPEN_START, Bounds, TemporalRelation, Timespan, certain, possible

TRUTH = {
    TemporalRelation.OVERLAPS: lambda s, e, a, b: s <= b and e >= a,
    TemporalRelation.WITHIN: lambda s, e, a, b: s >= a and e <= b,
    TemporalRelation.CONTAINS: lambda s, e, a, b: s <= a and e >= b,
    TemporalRelation.BEFORE: lambda _s, e, a, _b: e < a,
    TemporalRelation.AFTER: lambda s, _e, _a, b: s > b,
}


def everything_it_may_be(bounds):
    return [
        (s, e) for s in range(bounds.s1, bounds.s2 + 1) for e in range(bounds.e1, bounds.e2 + 1) if s <= e
    ]


small = st.integers(0, 9)


@st.composite
def closed_bounds(draw):
    s1, s2 = sorted((draw(small), draw(small)))
    e1, e2 = sorted((draw(small), draw(small)))
    return Bounds(s1, s2, max(e1, s1), max(e2, s1)).tighten()


@st.composite
def any_bounds(draw):
    """Bounds of which each side may be open (both bounds), unknown, or half known."""
    closed = draw(closed_bounds())
    start = draw(
        st.sampled_from(
            [
                (closed.s1, closed.s2),
                (OPEN_START, OPEN_START),
                (OPEN_START, OPEN_END),
                (OPEN_START, closed.s2),
                (closed.s1, OPEN_END),
            ]
        )
    )
    end = draw(
        st.sampled_from(
            [
                (closed.e1, closed.e2),
                (OPEN_END, OPEN_END),
                (OPEN_START, OPEN_END),
                (closed.e1, OPEN_END),
                (OPEN_START, closed.e2),
            ]
        )
    )
    return Bounds(*start, *end).tighten()


@st.composite
def queries(draw):
    a, b = sorted((draw(st.integers(-1, 10)), draw(st.integers(-1, 10))))
    return draw(st.sampled_from([a, a, a, OPEN_START])), draw(st.sampled_from([b, b, b, OPEN_END]))


@st.composite
def spans(draw, bounds):
    kind = draw(st.sampled_from(["single", "one-of", "all-of"]))
    qualified = draw(st.booleans())
    if kind == "single":
        return Timespan(draw(bounds), qualified=qualified)
    members = draw(st.lists(bounds, min_size=1, max_size=4))
    make = Timespan.one_of if kind == "one-of" else Timespan.all_of
    return make(members, qualified=qualified)


@given(closed_bounds(), small, small)
def test_closed_bounds_answer_exactly(bounds, one, other):
    a, b = sorted((one, other))
    truths = everything_it_may_be(bounds)
    for relation, holds in TRUTH.items():
        answers = [holds(s, e, a, b) for s, e in truths]
        assert possible(relation, Timespan(bounds), a, b) is any(answers)
        assert certain(relation, Timespan(bounds), a, b) is all(answers)


@given(spans(any_bounds()), queries(), st.sampled_from(list(TemporalRelation)))
def test_what_is_certain_is_possible(span, query, relation):
    assert possible(relation, span, *query) or not certain(relation, span, *query)


@given(any_bounds(), queries(), st.sampled_from(list(TemporalRelation)), st.data())
def test_certain_and_possible_bracket_the_truth(bounds, query, relation, data):
    def day(low, high):
        return data.draw(st.integers(max(low, -3), min(high, 12)) | st.sampled_from([low, high]))

    s = day(bounds.s1, bounds.s2) if bounds.s2 > OPEN_START else OPEN_START
    e = max(s, bounds.e1, day(bounds.e1, bounds.e2)) if bounds.e1 < OPEN_END else OPEN_END
    truth = TRUTH[relation](s, e, *query)
    if s <= e <= bounds.e2:
        assert (
            certain(relation, Timespan(bounds), *query)
            <= truth
            <= possible(relation, Timespan(bounds), *query)
        )


@given(spans(closed_bounds()), queries())
def test_sets_are_asked_member_by_member(span, query):
    for relation in TemporalRelation:
        alone = [Timespan(member) for member in span.members]
        if span.set_kind == "one-of":
            expected = (
                any(possible(relation, member, *query) for member in alone),
                all(certain(relation, member, *query) for member in alone),
            )
        elif span.set_kind == "all-of" and relation == TemporalRelation.OVERLAPS:
            expected = (
                any(possible(relation, member, *query) for member in alone),
                any(certain(relation, member, *query) for member in alone),
            )
        else:
            whole = Timespan(span.bounds)
            expected = possible(relation, whole, *query), certain(relation, whole, *query)
        assert possible(relation, span, *query) is expected[0]
        assert certain(relation, span, *query) is (expected[1] and not span.qualified)


@given(st.lists(closed_bounds(), min_size=1, max_size=3), queries())
def test_an_all_of_set_spans_from_its_first_start_to_its_last_end(members, query):
    span = Timespan.all_of(members)
    choices = [[]]
    for member in members:
        choices = [[*chosen, one] for chosen in choices for one in everything_it_may_be(member)[:6]]
    hulls = {(min(s for s, _ in chosen), max(e for _, e in chosen)) for chosen in choices[:500]}
    for s, e in hulls:
        for relation in (
            TemporalRelation.WITHIN,
            TemporalRelation.CONTAINS,
            TemporalRelation.BEFORE,
            TemporalRelation.AFTER,
        ):
            truth = TRUTH[relation](s, e, *query)
            assert certain(relation, span, *query) <= truth <= possible(relation, span, *query)


@given(any_bounds())
def test_tightened_bounds_are_ordered(bounds):
    assert bounds.s1 <= bounds.s2 <= bounds.e2
    assert bounds.s1 <= bounds.e1 <= bounds.e2
    assert bounds.tighten() == bounds


def test_an_end_before_every_start_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        Bounds(10, 20, 0, 9).tighten()
    assert Bounds(10, 20, 0, 10).tighten() == Bounds(10, 10, 10, 10)


def hull(query):
    bounds = parse_edtf(query).span.bounds
    return bounds.s1, bounds.e2


NEVER, MAYBE, SURE = "never", "possible", "certain"


@pytest.mark.parametrize(
    ("date", "relation", "query", "answer"),
    [
        ("1967", "within", "196X", SURE),
        ("1967", "overlaps", "1967-05", MAYBE),
        ("1967", "within", "1967-05", MAYBE),
        ("1967", "contains", "1967", MAYBE),
        ("1967~", "within", "196X", MAYBE),
        ("1967?", "overlaps", "1967", MAYBE),
        ("1962/1967", "contains", "1964", SURE),
        ("1962/1967", "contains", "1967", MAYBE),
        ("1962/1967", "before", "1967-06", MAYBE),
        ("1962/1967", "before", "1968", SURE),
        ("1962/1967", "after", "1961", SURE),
        ("1962/1967", "after", "1968", NEVER),
        # An open end goes on: it is never before or within what ends, and is certain on its side.
        ("1962/..", "overlaps", "1960/1970", SURE),
        ("1962/..", "overlaps", "1975", SURE),
        ("1962/..", "overlaps", "1962-05", MAYBE),
        ("1962/..", "overlaps", "1950", NEVER),
        ("1962/..", "contains", "1975", SURE),
        ("1962/..", "contains", "1962", MAYBE),
        ("1962/..", "before", "3000", NEVER),
        ("1962/..", "within", "1960/3000", NEVER),
        ("1962/..", "within", "1960/..", SURE),
        ("1962/..", "contains", "1975/..", SURE),
        ("1962/..", "after", "1961", SURE),
        ("1962/..", "overlaps", "1960/..", SURE),
        ("1962/..", "overlaps", "1975/..", SURE),
        # An unknown end came, at any time from the start on.
        ("1962/", "overlaps", "1960/1970", SURE),
        ("1962/", "overlaps", "1975", MAYBE),
        ("1962/", "overlaps", "1975/..", MAYBE),
        ("1962/", "within", "1960/1970", MAYBE),
        ("1962/", "within", "1960/..", SURE),
        ("1962/", "before", "1975", MAYBE),
        ("1962/", "contains", "1975", MAYBE),
        ("1962/", "contains", "1975/..", MAYBE),
        ("1962/", "after", "1961", SURE),
        ("2000-10-30/..", "overlaps", "2010", SURE),
        ("2000-10-30/..", "contains", "2010-07-01", SURE),
        ("2000-10-30/", "overlaps", "2010", MAYBE),
        ("2000-10-30/", "overlaps", "2000-10-30", SURE),
        ("../1967", "before", "1968", SURE),
        ("../1967", "after", "1900", NEVER),
        ("../1967", "overlaps", "1960/1970", SURE),
        ("../1967", "overlaps", "1950", SURE),
        ("../1967", "overlaps", "../1950", SURE),
        ("../1967", "within", "../1970", SURE),
        ("/1967", "after", "1900", MAYBE),
        ("/1967", "overlaps", "1950", MAYBE),
        ("/1967", "overlaps", "1967", SURE),
        ("/1967", "within", "../1970", SURE),
        ("/1967", "before", "1968", SURE),
        ("1962~/..", "overlaps", "1975", MAYBE),
        # Of these neither side has a bound: they read as open, as both are shown as null.
        ("../..", "overlaps", "1967", SURE),
        ("../..", "overlaps", "../..", SURE),
        ("/", "contains", "1967", SURE),
        ("/", "before", "1967", NEVER),
        ("[1961,1967]", "overlaps", "1964", NEVER),
        ("[1961,1967]", "overlaps", "1961", MAYBE),
        ("[1961,1967]", "within", "196X", SURE),
        ("[1961,1967]", "before", "1965", MAYBE),
        ("[..1984]", "before", "1985", SURE),
        ("[..1984]", "overlaps", "1950", MAYBE),
        ("[..1984]", "within", "../1985", SURE),
        # No side of it is open: it was either early or late.
        ("[..1950,1984..]", "overlaps", "1967", NEVER),
        ("[..1950,1984..]", "overlaps", "1940/1990", MAYBE),
        ("[..1950,1984..]", "within", "1940/1945", MAYBE),
        ("[..1950,1984..]", "before", "1967", MAYBE),
        ("[..1950,1984..]", "after", "1967", MAYBE),
        ("[..1950,1984..]", "within", "../..", SURE),
        ("[1984..]", "after", "1983", SURE),
        ("[1984..]", "before", "1990", MAYBE),
        ("{1961,1967}", "overlaps", "1964", NEVER),
        ("{1961,1967}", "overlaps", "1961", SURE),
        ("{1961,1967}", "contains", "1964", SURE),
        ("{1961,1967}", "before", "1965", NEVER),
        ("{1961,1967}", "within", "1961/1967", SURE),
        ("{1961..1967}", "overlaps", "1964", SURE),
        ("{1961..1967}", "overlaps", "1964-05", MAYBE),
        ("{1984..}", "before", "3000", NEVER),
        ("{1984..}", "after", "1983", SURE),
        ("{1984..}", "overlaps", "1990", SURE),
        ("{..1984}", "overlaps", "1950", SURE),
        ("{..1950,1984..}", "contains", "1967", SURE),
        ("{..1950,1984..}", "overlaps", "1967", NEVER),
        ("{..1984}", "before", "1985", SURE),
        ("{..1984}", "after", "1900", NEVER),
        # Longer ranges than are written out answer with the same caution.
        ("{1000..1967}", "overlaps", "1500-05", MAYBE),
        ("{1000..1967}", "overlaps", "1967", SURE),
        ("{1000..1967}", "contains", "1500", SURE),
        ("[1000..1967]", "within", "1000/1967", SURE),
        ("{1961,1967~}", "overlaps", "1961", MAYBE),
    ],
)
def test_answers(date, relation, query, answer):
    span, (a, b) = parse_edtf(date).span, hull(query)
    assert possible(TemporalRelation(relation), span, a, b) is (answer != NEVER)
    assert certain(TemporalRelation(relation), span, a, b) is (answer == SURE)
