"""Dates as people write them: a table of six languages, the service's own labels, and whatever else is typed."""

import csv
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.values.calendar import Calendar
from app.values.date_text.reading import LANGUAGES, DateTextError, read_date_text
from app.values.edtf.value import EdtfError, parse_edtf

with (Path(__file__).parent / "date_texts.csv").open(newline="") as lines:
    CASES = list(csv.DictReader(lines))


def told(case, *, language=...):
    """Give what a text of the table is read as, in the form of its columns."""
    asked = (case["language"] or None) if language is ... else language
    try:
        readings = read_date_text(case["text"], asked, case["order"] or None).readings
    except DateTextError as error:
        return "", f"{error.position + 1}: {error.reason}"
    named = ("" if one.calendar is Calendar.GREGORIAN else f"{one.calendar} " for one in readings)
    said = (one.edtf or "no date" for one in readings)
    return " | ".join(map("".join, zip(named, said, strict=True))), ""


def test_the_table_is_large_and_of_every_language():
    assert len(CASES) >= 400
    assert {case["language"] for case in CASES} == {"", *LANGUAGES}


@pytest.mark.parametrize("language", ["", *LANGUAGES])
def test_every_text_of_the_table_is_read_or_refused_as_it_says(language):
    of_language = [case for case in CASES if case["language"] == language]
    found = [(case["text"], case["order"], *told(case)) for case in of_language]
    assert found == [(case["text"], case["order"], case["readings"], case["refused"]) for case in of_language]


def test_without_a_language_a_decided_reading_is_never_another_one():
    decided = [case for case in CASES if case["readings"] and " | " not in case["readings"]]
    for case in decided:
        found, refused = told(case, language=None)
        assert not refused, case
        assert case["readings"] in found.split(" | "), case


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("c. 1850", "c. 1850"),
        ("n.d.", "no date"),
        ("[1848]", "1848; brackets: supplied by an editor"),
        (
            "13th century",
            "a year between 1200 and 1299; taken by its digits, 1200 to 1299; by the usual reckoning it is 1201 to 1300",
        ),
        ("early 1920s", "one of 1920 to 1923; early: the first third of its years"),
        ("before 1900", "31 December 1899 or earlier"),
        (
            "15 Jan 1743/44",
            "15 January 1744 (Old Style); a year of two reckonings: the one that began on 1 January",
        ),
    ],
)
def test_what_was_understood_is_said(text, understood):
    assert read_date_text(text, "en").decided.understood == understood


def test_several_readings_are_told_and_none_is_decided():
    found = read_date_text("3/4/1848")
    assert [one.understood for one in found.readings] == ["3 April 1848", "4 March 1848"]
    assert found.decided is None


def test_words_mean_what_each_language_means_by_them():
    # `mar` is March or Tuesday, `a` is `to` in Spanish, and `um` is `about` in German alone.
    assert read_date_text("1914 a 1918", "es").decided.edtf == "1914/1918"
    assert read_date_text("um 1850", "de").decided.edtf == "1850~"
    with pytest.raises(DateTextError):
        read_date_text("um 1850", "pt")


YEARS = st.one_of(
    st.integers(0, 2100).map("{:04}".format),
    st.integers(1, 3000).map("-{:04}".format),
    st.integers(10_000, 10**9).map("Y{}".format),
    st.integers(10_000, 10**9).map("Y-{}".format),
    st.integers(0, 210).map("{:03}X".format),
    st.integers(0, 21).map("{:02}XX".format),
    st.integers(1, 210).map("-{:03}X".format),
    st.just("XXXX"),
)
MONTHS = st.integers(1, 12).map("-{:02}".format)
DAYS = st.integers(1, 31).map("-{:02}".format)
# Of masked months and days labels tell the days that are possible, not the digits: `between 10 and 19 May`.
REST = st.one_of(
    st.just(""),
    MONTHS,
    st.just("-XX"),
    st.just("-XX-XX"),
    MONTHS.map("{}-XX".format),
    st.tuples(MONTHS, DAYS).map("".join),
    DAYS.map("-XX{}".format),
    st.integers(21, 41).map("-{}".format),
)
MARKS = st.sampled_from(["", "?", "~", "%"])


@st.composite
def dates(draw):
    """Draw one date in EDTF."""
    year = draw(YEARS)
    rest = "" if year.startswith("Y") else draw(REST)
    if len(rest) == 6 and "X" not in rest and draw(st.booleans()):
        marks = [draw(MARKS) for _ in range(3)]
        return "-".join(mark + one for mark, one in zip(marks, (year, *rest[1:].split("-")), strict=True))
    return year + rest + draw(MARKS)


@st.composite
def values(draw):
    """Draw a value in EDTF that has a label of its own."""
    form = draw(
        st.sampled_from(
            [
                "{}",
                "{}/{}",
                "{}/..",
                "../{}",
                "{}/",
                "/{}",
                "[{},{}]",
                "{{{},{}}}",
                "[..{}]",
                "[{}..]",
                "[{}..{},{}]",
                "[{}]",
                "{{{}}}",
                "[{}..{}]",
                "{{{}..{}}}",
                "{{..{}}}",
            ]
        )
    )
    members = [draw(dates()) for _ in range(form.count("{}"))]
    return form.format(*members)


@pytest.mark.slow
@settings(max_examples=400)
@given(values(), st.sampled_from(Calendar))
@example("[0000,000X-01]", Calendar.GREGORIAN)
@example("{1848,18XX-01-03}", Calendar.GREGORIAN)
@example("[1848,XXXX-21]", Calendar.GREGORIAN)
def test_a_label_is_read_back_to_the_same_date(edtf, calendar):
    try:
        value = parse_edtf(edtf, calendar)
    except EdtfError:
        assume(False)
    decided = read_date_text(value.label, "en").decided
    assert decided is not None, value.label
    again = decided.value
    assert (again.label, again.calendar) == (value.label, calendar)
    if edtf[0] in "[{" and not any(sign in edtf for sign in (",", "..")):
        # A set of one date has the label of that date.
        assert again.span.bounds == value.span.bounds
    else:
        assert again.span == value.span


WORDS = st.sampled_from(
    [case["text"] for case in CASES]
    + [word for case in CASES for word in case["text"].split()]
    + list(".,/-–?~%[]()':+&")
)


@pytest.mark.slow
@settings(max_examples=500)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(WORDS, max_size=12).map(" ".join),
        st.lists(WORDS, max_size=8).map("".join),
    ),
    st.sampled_from([None, *LANGUAGES]),
    st.sampled_from([None, "dmy", "mdy", "ymd"]),
)
def test_whatever_is_typed_is_read_to_valid_edtf_or_refused_with_its_place(text, language, order):
    try:
        found = read_date_text(text, language, order)
    except DateTextError as error:
        assert 0 <= error.position <= len(text)  # noqa: PT017
        assert error.position < error.end  # noqa: PT017
        return
    assert found.readings
    assert len({(one.edtf, one.calendar) for one in found.readings}) == len(found.readings)
    for one in found.readings:
        assert one.understood
        assert (one.value is None) == (one.edtf is None)


UNITS = [
    *(
        "1848/9 e ",
        "1900s or ",
        "winter 1860 or ",
        "(",
        "[",
        "1/2/",
        "5-",
        "b. 1848 d. 1849, ",
        "10.000.",
        "1 000 ",
        "184-",
        "18--",
    ),
    *(
        "early to ",
        "mid-to-",
        "Q1",
        "± ",
        "* ",
        "c. ",
        "before ",
        "\x00",
        "\u200f",
        "½",
        "ﷺ",
        "9",
        "–",
        "XVI",
        "-500/-",
        "?-",
        "٣",
        "²",
        "１８",
    ),
    *(
        "5-5 Nisan 5708 ",
        "AH-",
        "5 Nisan - ",
        "3 Adar 5708 - ",
        "Guangxu 24/",
        "א׳",
        "תש״ח ",
        "١٨٤٨/",
        "ه",
        "光緒",
        "12 (24) ",
    ),
]


@pytest.mark.parametrize("length", [40, 200, 1000])
@pytest.mark.parametrize("unit", UNITS)
def test_repetitions_are_read_to_valid_edtf_or_refused(unit, length):
    text = (unit * length)[:length]
    for given_text in (text, f"{text[:-8]} 5708 AH", f"5 Nisan {text[:-8]}"):
        try:
            found = read_date_text(given_text)
        except DateTextError as error:
            assert 0 <= error.position < error.end  # noqa: PT017
            assert error.position <= len(given_text)  # noqa: PT017
            continue
        assert all(one.understood for one in found.readings)


def test_marks_that_are_not_seen_are_left_out():
    assert read_date_text("\u200f12\u200b May 1848\u200e\ufeff").decided.edtf == "1848-05-12"


def test_a_sign_for_not_less_than_is_not_read_as_less_than():
    assert read_date_text("<1848").decided.edtf == "[..1847-12-31]"
    with pytest.raises(DateTextError):
        read_date_text("≮1848")


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("fl. 1340", "1340; the date of an activity"),
        ("kurz nach 1500", "1 January 1501 or later; how soon after it is not kept"),
        ("18--", "a year between 1800 and 1899; two digits are not known"),
        ("n.d. [1848]", "1848; not dated itself; brackets: supplied by an editor"),
        ("12 (24) April 1848", "24 April 1848; one day in two calendars, the Julian and the Gregorian"),
        (
            "5-10 Nisan 5708",
            "14 April 1948 to 19 April 1948; 5 Nisan 5708 in the Hebrew calendar; 10 Nisan 5708 in the Hebrew calendar",
        ),
    ],
)
def test_what_is_not_in_the_value_is_said(text, notes):
    assert read_date_text(text).decided.understood == notes


@settings(max_examples=200)
@given(values())
def test_edtf_is_read_as_itself(edtf):
    try:
        parse_edtf(edtf)
    except EdtfError:
        assume(False)
    # A date alone in brackets is one that an editor supplied.
    found = [one.edtf for one in read_date_text(edtf).readings]
    assert edtf in found or edtf[1:-1] in found


def test_a_text_that_is_too_long_is_refused_unread():
    with pytest.raises(DateTextError, match="at most 1000 characters"):
        read_date_text("1" * 1001)
    with pytest.raises(DateTextError, match="at most 120 words"):
        read_date_text("1848 or " * 120)
