"""Times of Wikidata as EDTF: both ways of counting years, every precision, both calendars."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.calendar import Calendar
from app.values.edtf.value import parse_edtf
from app.values.wikidata_time import WikidataTimeError, read_wikidata_time, years_of

GREGORIAN = "http://www.wikidata.org/entity/Q1985727"
JULIAN = "Q1985786"


@pytest.mark.parametrize(
    ("time", "precision", "edtf"),
    [
        ("+1950-03-07T00:00:00Z", 11, "1950-03-07"),
        ("+1950-03-00T00:00:00Z", 10, "1950-03"),
        ("+1950-00-00T00:00:00Z", 9, "1950"),
        ("+1950-01-01T00:00:00Z", 9, "1950"),
        ("-0044-00-00T00:00:00Z", 9, "-0043"),
        ("-0001-00-00T00:00:00Z", 9, "0000"),
        ("+12000-00-00T00:00:00Z", 9, "Y12000"),
        ("+1950-00-00T00:00:00Z", 8, "195X"),
        ("-0044-00-00T00:00:00Z", 8, "[-0048..-0039]"),
        ("-0005-00-00T00:00:00Z", 8, "[-0008..0000]"),
        ("+1901-00-00T00:00:00Z", 7, "19XX"),
        ("+2000-00-00T00:00:00Z", 7, "19XX"),
        ("+1900-00-00T00:00:00Z", 7, "18XX"),
        ("-0400-00-00T00:00:00Z", 7, "-03XX"),
        ("-0001-00-00T00:00:00Z", 7, "[-0099..0000]"),
        ("-0100-00-00T00:00:00Z", 7, "[-0099..0000]"),
        ("-0101-00-00T00:00:00Z", 7, "-01XX"),
        ("+2000-00-00T00:00:00Z", 6, "1XXX"),
        ("-0400-00-00T00:00:00Z", 6, "[-0999..0000]"),
        ("-1001-00-00T00:00:00Z", 6, "-1XXX"),
        ("+40000-00-00T00:00:00Z", 5, "Y40000S1"),
        ("-13798000000-00-00T00:00:00Z", 3, "Y-13797999999S5"),
    ],
)
def test_every_precision_has_its_edtf(time, precision, edtf):
    assert read_wikidata_time(time, precision, GREGORIAN, "json") == (edtf, Calendar.GREGORIAN)
    parse_edtf(edtf)


def test_years_before_our_era_are_counted_in_two_ways():
    assert read_wikidata_time("-0044-03-15T00:00:00Z", 11, JULIAN, "json") == ("-0043-03-15", Calendar.JULIAN)
    # In RDF the day is Gregorian already: 15 March of the Julian calendar is 13 March.
    assert read_wikidata_time("-0043-03-13T00:00:00Z", 11, JULIAN, "rdf") == (
        "-0043-03-13",
        Calendar.GREGORIAN,
    )
    assert read_wikidata_time("-0043-01-01T00:00:00Z", 9, JULIAN, "rdf") == ("-0043", Calendar.JULIAN)
    assert read_wikidata_time("0000-01-01T00:00:00Z", 9, GREGORIAN, "rdf").edtf == "0000"


@pytest.mark.parametrize(
    ("time", "years"),
    [
        ("+1950-01-01T00:00:00Z", "json"),
        ("1950-00-00T00:00:00Z", "json"),
        ("-0044-03-15T00:00:00Z", None),
        ("1950-03-15T00:00:00Z", None),
    ],
)
def test_a_time_may_show_how_its_years_are_counted(time, years):
    assert years_of(time) == years


@pytest.mark.parametrize(
    ("time", "precision", "model"),
    [
        ("1950", 9, GREGORIAN),
        ("+0000-00-00T00:00:00Z", 9, GREGORIAN),
        ("+1950-00-00T00:00:00Z", 11, GREGORIAN),
        ("+1950-00-00T00:00:00Z", 10, GREGORIAN),
        ("+1950-00-00T00:00:00Z", 12, GREGORIAN),
        ("+1950-00-00T00:00:00Z", -1, GREGORIAN),
        ("+3000-00-00T00:00:00Z", 5, GREGORIAN),
        ("+12000-00-00T00:00:00Z", 7, GREGORIAN),
        ("-12000-00-00T00:00:00Z", 8, GREGORIAN),
        ("+1950-03-15T14:00:00Z", 11, GREGORIAN),
        ("+1950-03-15T00:00:00Z", 11, "Q12138"),
    ],
)
def test_what_is_no_time_of_wikidata_is_refused(time, precision, model):
    with pytest.raises(WikidataTimeError):
        read_wikidata_time(time, precision, model, "json")


@given(
    st.integers(-(10**10), 10**10).filter(bool),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 11),
    st.sampled_from(["json", "rdf"]),
)
def test_what_is_read_is_edtf_that_has_the_year_in_it(year, month, day, precision, years):
    time = f"{'-' if year < 0 else '+'}{abs(year):04}-{month:02}-{day:02}T00:00:00Z"
    try:
        found = read_wikidata_time(time, precision, GREGORIAN, years)
    except WikidataTimeError:
        return
    bounds = parse_edtf(found.edtf).span.bounds
    astronomical = year + 1 if years == "json" and year < 0 else year
    # A century or millennium by its digits ends a year before the usual one.
    first, last = (
        parse_edtf(f"Y{one}" if abs(one) > 9999 else f"{'-' * (one < 0)}{abs(one):04}").span.bounds
        for one in (astronomical - 1, astronomical + 1)
    )
    assert bounds.s1 <= last.e2
    assert bounds.e2 >= first.s1
