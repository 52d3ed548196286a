"""What is known of a date, in sentences and as a drawing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.explorer.record_pages.date_drawing import WIDTH, drawing_of
from app.explorer.record_pages.date_words import sentences_on
from app.records.historical_date import HistoricalDate


def date(edtf, **more):
    return HistoricalDate.model_validate({"edtf": edtf, **more})


@pytest.mark.parametrize(
    ("edtf", "said"),
    [
        ("1967-10-09", "It was on 9 October 1967."),
        (
            "1967",
            "It was at some time between 1 January 1967 and 31 December 1967; for how long is not said.",
        ),
        ("-0043-03-15", "It was on 15 March 44 BCE."),
        (
            "1992/1994",
            (
                "It began between 1 January 1992 and 31 December 1992 and ended between 1 January 1994 and 31 December 1994. "
                "It certainly was from 31 December 1992 to 1 January 1994."
            ),
        ),
        (
            "1992/1992-12-31",
            (
                "It began between 1 January 1992 and 31 December 1992 and ended on 31 December 1992. "
                "It certainly was on 31 December 1992."
            ),
        ),
        ("1992-02-04/1994-03-26", "It began on 4 February 1992 and ended on 26 March 1994."),
        (
            "1962/..",
            (
                "It began between 1 January 1962 and 31 December 1962 and has no known end: it goes on. "
                "It certainly is from 31 December 1962 on."
            ),
        ),
        (
            "1962/",
            (
                "It began between 1 January 1962 and 31 December 1962 and ended at an unknown time, on 1 January 1962 at the "
                "earliest."
            ),
        ),
        (
            "/1967-05-01",
            "It began at an unknown time, by 1 May 1967 at the latest and ended on 1 May 1967. It certainly was on 1 May 1967.",
        ),
        (
            "../1967-05-01",
            "It has no known beginning and ended on 1 May 1967.",
        ),
        ("XXXX-01-03", "No year is known."),
        (
            "[1961,1967]",
            (
                "It is one of 2 dates or spans; these are the bounds of them together. It was at some time between "
                "1 January 1961 and 31 December 1967; for how long is not said."
            ),
        ),
        (
            "[..1984]",
            "It was at some time up to 31 December 1984; for how long is not said.",
        ),
        (
            "1992?/1994",
            (
                "It began between 1 January 1992 and 31 December 1992 and ended between 1 January 1994 and 31 December 1994. "
                "The date is uncertain, so nothing of it is certain."
            ),
        ),
        ("1967-10-09~", "It was on 9 October 1967. The date is approximate, so nothing of it is certain."),
        (
            "1967?/1968~",
            (
                "It began between 1 January 1967 and 31 December 1967 and ended between 1 January 1968 and 31 December 1968. "
                "The date is uncertain in one part and approximate in another, so nothing of it is certain."
            ),
        ),
    ],
)
def test_what_is_known_is_said(edtf, said):
    assert " ".join(sentences_on(date(edtf))) == said.replace(
        "one of 1 dates or spans", "one of 1 dates or spans"
    )


def test_the_calendar_is_told():
    assert "Julian" in sentences_on(date("1917-10-25", calendar="julian"))[-1]
    written = date("1799-11-09", calendar="french-republican", as_written="18 brumaire an VIII")
    assert "french-republican" in sentences_on(written)[-1]


@pytest.mark.parametrize("edtf", ["1967-10-09", "XXXX-01-03", "../..", "/"])
def test_what_shows_no_more_than_its_label_is_not_drawn(edtf):
    assert drawing_of(date(edtf)) is None


def test_what_is_certain_lies_within_what_is_possible():
    drawing = drawing_of(date("1992/1994"))
    possible, certain = drawing.bars
    assert not possible.certain
    assert certain.certain
    assert possible.x < certain.x
    assert certain.x + certain.width < possible.x + possible.width
    assert (drawing.first, drawing.last) == ("1 January 1992", "31 December 1994")
    assert len(drawing.ticks) == 4


@pytest.mark.parametrize("edtf", ["1992?/1994", "1967", "[1961,1967]"])
def test_nothing_is_drawn_as_certain_that_is_not(edtf):
    assert not any(bar.certain for bar in drawing_of(date(edtf)).bars)


def test_an_open_side_reaches_to_the_edge():
    drawing = drawing_of(date("1962/.."))
    assert drawing.last is None
    assert drawing.bars[0].x + drawing.bars[0].width == WIDTH
    assert drawing_of(date("../1962")).bars[0].x == 0


def test_the_members_of_a_set_are_drawn_apart():
    bars = drawing_of(date("{1961,1967}")).bars
    assert len([bar for bar in bars if not bar.certain]) == 2


years = st.one_of(
    st.integers(-9999, 9999).map(lambda year: f"{'-' if year < 0 else ''}{abs(year):04d}"),
    st.integers(10_000, 10**9).map(lambda year: f"Y{year}"),
)
ends = st.one_of(years, st.sampled_from(["", "..", "XXXX", "196X", "1967-XX-08", "1960-21"]))
texts = st.one_of(
    st.builds(lambda a, b, mark: f"{a}{mark}/{b}", ends, ends, st.sampled_from(["", "?", "~", "%"])),
    st.builds(lambda a, b: f"[{a},{b}]", years, years),
    st.builds(lambda a: f"{{..{a}}}", years),
    years,
)


@given(texts)
def test_every_date_can_be_told_and_drawn_within_its_frame(text):
    try:
        one = date(text)
    except ValidationError:
        return
    assert all(sentence.endswith(".") for sentence in sentences_on(one))
    drawing = drawing_of(one)
    if drawing is not None:
        for bar in drawing.bars:
            assert 0 <= bar.x <= WIDTH
            assert bar.x + bar.width <= WIDTH + 2
        assert all(0 <= tick <= WIDTH for tick in drawing.ticks)
