"""EDTF: the examples of the standard, cases agreed among implementations, and properties of any text."""

import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from steps import count_steps

from app.values.calendar import Calendar, days_from_gregorian, days_from_julian, days_in_month, iso_day
from app.values.edtf import value as edtf
from app.values.edtf.nodes import EdtfError
from app.values.edtf.parser import MAX_LENGTH
from app.values.edtf.pattern import EDTF_PATTERN
from app.values.edtf.value import EdtfValue, parse_edtf
from app.values.timespan import OPEN_END, OPEN_START

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "edtf_cases.jsonl"
OPEN = None
ISO_DAY = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|-[0-9]{4,16}-[0-9]{2}-[0-9]{2}|\+[1-9][0-9]{4,15}-[0-9]{2}-[0-9]{2}"
)


def describe(value: EdtfValue):
    bounds = value.span.bounds
    return {
        "start": {"earliest": edtf.shown(bounds.s1), "latest": edtf.shown(bounds.s2)},
        "end": {"earliest": edtf.shown(bounds.e1), "latest": edtf.shown(bounds.e2)},
        "qualified": value.qualified,
        "label": value.label,
    }


def shown(text, calendar=Calendar.GREGORIAN):
    answer = describe(parse_edtf(text, calendar))
    return (
        answer["start"]["earliest"],
        answer["start"]["latest"],
        answer["end"]["earliest"],
        answer["end"]["latest"],
    )


# The examples of the Library of Congress specification, section by section, with the hull of each:
# text, level, first day of the start, last day of the end.
STANDARD = [
    # Level 0: date; date and time; time interval.
    ("1985-04-12", 0, "1985-04-12", "1985-04-12"),
    ("1985-04", 0, "1985-04-01", "1985-04-30"),
    ("1985", 0, "1985-01-01", "1985-12-31"),
    ("1985-04-12T23:20:30", 0, "1985-04-12", "1985-04-12"),
    ("1985-04-12T23:20:30Z", 0, "1985-04-12", "1985-04-12"),
    ("1985-04-12T23:20:30-04", 0, "1985-04-12", "1985-04-12"),
    ("1985-04-12T23:20:30+04:30", 0, "1985-04-12", "1985-04-12"),
    ("1964/2008", 0, "1964-01-01", "2008-12-31"),
    ("2004-06/2006-08", 0, "2004-06-01", "2006-08-31"),
    ("2004-02-01/2005-02-08", 0, "2004-02-01", "2005-02-08"),
    ("2004-02-01/2005-02", 0, "2004-02-01", "2005-02-28"),
    ("2004-02-01/2005", 0, "2004-02-01", "2005-12-31"),
    ("2005/2006-02", 0, "2005-01-01", "2006-02-28"),
    # Level 1: letter-prefixed year; seasons; qualification of a date; unspecified digits from the right.
    ("Y170000002", 1, "+170000002-01-01", "+170000002-12-31"),
    ("Y-170000002", 1, "-170000002-01-01", "-170000002-12-31"),
    ("2001-21", 1, "2001-03-01", "2001-05-31"),
    ("2001-22", 1, "2001-06-01", "2001-08-31"),
    ("2001-23", 1, "2001-09-01", "2001-11-30"),
    ("2001-24", 1, "2001-12-01", "2002-02-28"),
    ("1984?", 1, "1984-01-01", "1984-12-31"),
    ("2004-06~", 1, "2004-06-01", "2004-06-30"),
    ("2004-06-11%", 1, "2004-06-11", "2004-06-11"),
    ("201X", 1, "2010-01-01", "2019-12-31"),
    ("20XX", 1, "2000-01-01", "2099-12-31"),
    ("2004-XX", 1, "2004-01-01", "2004-12-31"),
    ("1985-04-XX", 1, "1985-04-01", "1985-04-30"),
    ("1985-XX-XX", 1, "1985-01-01", "1985-12-31"),
    # Level 1: extended interval; negative year.
    ("1985-04-12/..", 1, "1985-04-12", OPEN),
    ("1985-04/..", 1, "1985-04-01", OPEN),
    ("1985/..", 1, "1985-01-01", OPEN),
    ("../1985-04-12", 1, OPEN, "1985-04-12"),
    ("../1985-04", 1, OPEN, "1985-04-30"),
    ("../1985", 1, OPEN, "1985-12-31"),
    ("1985-04-12/", 1, "1985-04-12", OPEN),
    ("1985-04/", 1, "1985-04-01", OPEN),
    ("1985/", 1, "1985-01-01", OPEN),
    ("/1985-04-12", 1, OPEN, "1985-04-12"),
    ("/1985-04", 1, OPEN, "1985-04-30"),
    ("/1985", 1, OPEN, "1985-12-31"),
    ("-1985", 1, "-1985-01-01", "-1985-12-31"),
    # Level 2: exponential year; significant digits.
    ("Y-17E7", 2, "-170000000-01-01", "-170000000-12-31"),
    ("1950S2", 2, "1900-01-01", "1999-12-31"),
    ("Y171010000S3", 2, "+171000000-01-01", "+171999999-12-31"),
    ("Y3388E2S3", 2, "+338000-01-01", "+338999-12-31"),
    # Level 2: sub-year groupings.
    ("2001-25", 2, "2001-03-01", "2001-05-31"),
    ("2001-26", 2, "2001-06-01", "2001-08-31"),
    ("2001-27", 2, "2001-09-01", "2001-11-30"),
    ("2003-28", 2, "2003-12-01", "2004-02-29"),
    ("2001-29", 2, "2001-09-01", "2001-11-30"),
    ("2001-30", 2, "2001-12-01", "2002-02-28"),
    ("2001-31", 2, "2001-03-01", "2001-05-31"),
    ("2001-32", 2, "2001-06-01", "2001-08-31"),
    ("2001-33", 2, "2001-01-01", "2001-03-31"),
    ("2001-34", 2, "2001-04-01", "2001-06-30"),
    ("2001-35", 2, "2001-07-01", "2001-09-30"),
    ("2001-36", 2, "2001-10-01", "2001-12-31"),
    ("2001-37", 2, "2001-01-01", "2001-04-30"),
    ("2001-38", 2, "2001-05-01", "2001-08-31"),
    ("2001-39", 2, "2001-09-01", "2001-12-31"),
    ("2001-40", 2, "2001-01-01", "2001-06-30"),
    ("2001-41", 2, "2001-07-01", "2001-12-31"),
    # Level 2: sets.
    ("[1667,1668,1670..1672]", 2, "1667-01-01", "1672-12-31"),
    ("[..1760-12-03]", 2, OPEN, "1760-12-03"),
    ("[1760-12..]", 2, "1760-12-01", OPEN),
    ("[1760-01,1760-02,1760-12..]", 2, "1760-01-01", OPEN),
    ("[1667,1760-12]", 2, "1667-01-01", "1760-12-31"),
    ("[..1984]", 2, OPEN, "1984-12-31"),
    ("{1667,1668,1670..1672}", 2, "1667-01-01", "1672-12-31"),
    ("{1960,1961-12}", 2, "1960-01-01", "1961-12-31"),
    ("{..1984}", 2, OPEN, "1984-12-31"),
    # Level 2: qualification, group and individual.
    ("2004-06-11%", 1, "2004-06-11", "2004-06-11"),
    ("2004-06~-11", 2, "2004-06-11", "2004-06-11"),
    ("2004?-06-11", 2, "2004-06-11", "2004-06-11"),
    ("?2004-06-~11", 2, "2004-06-11", "2004-06-11"),
    ("2004-%06-11", 2, "2004-06-11", "2004-06-11"),
    ("?2004-06%", 2, "2004-06-01", "2004-06-30"),
    ("2004?-06?", 2, "2004-06-01", "2004-06-30"),
    ("2004-06-~11~", 2, "2004-06-11", "2004-06-11"),
    ("~1984", 2, "1984-01-01", "1984-12-31"),
    # Level 2: unspecified digits; interval.
    ("156X-12-25", 2, "1560-12-25", "1569-12-25"),
    ("15XX-12-25", 2, "1500-12-25", "1599-12-25"),
    ("XXXX-12-XX", 2, "0000-12-01", "9999-12-31"),
    ("1XXX-XX", 2, "1000-01-01", "1999-12-31"),
    ("1XXX-12", 2, "1000-12-01", "1999-12-31"),
    ("1984-1X", 2, "1984-10-01", "1984-12-31"),
    ("2004-06-~01/2004-06-~20", 2, "2004-06-01", "2004-06-20"),
    ("2004-06-XX/2004-07-03", 2, "2004-06-01", "2004-07-03"),
    # What implementations agree on beyond the examples.
    ("-0001", 1, "-0001-01-01", "-0001-12-31"),
    ("0000", 0, "0000-01-01", "0000-12-31"),
    ("-0044-03-15", 1, "-0044-03-15", "-0044-03-15"),
    ("-192X", 1, "-1929-01-01", "-1920-12-31"),
    ("-000X", 1, "-0009-01-01", "-0001-12-31"),
    ("-0XX0", 2, "-0990-01-01", "-0010-12-31"),
    ("-1985-21", 1, "-1985-03-01", "-1985-05-31"),
    ("1952-23~/1953", 1, "1952-09-01", "1953-12-31"),
    ("2003-22/2003-23", 1, "2003-06-01", "2003-11-30"),
    ("2000-12-XX/2012", 2, "2000-12-01", "2012-12-31"),
    ("2004-06~/2004-06-%11", 2, "2004-06-01", "2004-06-11"),
    ("~-0100/~2020", 2, "-0100-01-01", "2020-12-31"),
    ("?-2004-06", 2, "-2004-06-01", "-2004-06-30"),
    ("XXXX-XX-XX", 1, "0000-01-01", "9999-12-31"),
    ("2X12-1X-X4", 2, "2012-10-04", "2912-12-24"),
    ("2X1X", 2, "2010-01-01", "2919-12-31"),
    ("20X0-10-02", 2, "2000-10-02", "2090-10-02"),
    ("15XX-X2", 2, "1500-02-01", "1599-12-31"),
    ("199X-02-29", 2, "1992-02-29", "1996-02-29"),
    ("XXXX-02-29", 2, "0000-02-29", "9996-02-29"),
    ("1XXX-02-29", 2, "1004-02-29", "1996-02-29"),
    ("XX00-02-29", 2, "0000-02-29", "9600-02-29"),
    ("-XX00-02-29", 2, "-9600-02-29", "-0400-02-29"),
    ("2016-01-3X", 2, "2016-01-30", "2016-01-31"),
    ("2020-04-3X", 2, "2020-04-30", "2020-04-30"),
    ("2020-05-X5", 2, "2020-05-05", "2020-05-25"),
    ("2017-02-X9", 2, "2017-02-09", "2017-02-19"),
    ("2016-X1", 2, "2016-01-01", "2016-11-30"),
    ("1967-XX-08", 2, "1967-01-08", "1967-12-08"),
    ("1967-XX-31", 2, "1967-01-31", "1967-12-31"),
    ("1967-0X-31", 2, "1967-01-31", "1967-08-31"),
    ("2016-02-28/2016-02-X9", 2, "2016-02-28", "2016-02-29"),
    ("196X-24", 2, "1960-12-01", "1970-02-28"),
    ("-1950S2", 2, "-1999-01-01", "-1900-12-31"),
    ("-0050S1", 2, "-0999-01-01", "-0001-12-31"),
    ("Y1234567890", 1, "+1234567890-01-01", "+1234567890-12-31"),
    ("Y-1E15", 2, "-1000000000000000-01-01", "-1000000000000000-12-31"),
    ("Y-171010000S2", 2, "-179999999-01-01", "-170000000-12-31"),
    ("{-1740-02-12..-1200-01-29}", 2, "-1740-02-12", "-1200-01-29"),
    ("[1760-01, 1760-02, 1760-12..]", 2, "1760-01-01", OPEN),
    ("{1970,1960}", 2, "1960-01-01", "1970-12-31"),
    ("2020-05-01T24:00:00Z", 0, "2020-05-01", "2020-05-01"),
    ("2016-05-02T16:54:59-12:00", 0, "2016-05-02", "2016-05-02"),
    ("2020-05-01T10:30:45+14:00", 0, "2020-05-01", "2020-05-01"),
    ("../..", 1, OPEN, OPEN),
    ("../", 1, OPEN, OPEN),
    ("/", 1, OPEN, OPEN),
]


@pytest.mark.parametrize(("text", "level", "first", "last"), STANDARD)
def test_standard(text, level, first, last):
    value = parse_edtf(text)
    assert (value.text, value.level) == (text, level)
    bounds = shown(text)
    assert (bounds[0], bounds[3]) == (first, last)
    assert value.qualified is any(sign in text for sign in "?~%")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0), (" 1967", 0), ("1967 ", 4), ("1967\n", 4), ("1967\0", 4), ("19-67", 2), ("196", 3), ("x967", 0), ("196x", 3),
        ("19670", 4), ("19850412", 4), ("+2006", 0), ("-", 1), ("-000", 4), ("-0000", 0), ("-0000-01", 0), ("１９６７", 0),
        ("1967-1", 4), ("1967-", 4), ("1967-00", 5), ("1967-13", 5), ("1967-20", 5), ("1967-42", 5), ("1967-2X", 5),
        ("1967-21-05", 8), ("1967-00-15", 5), ("1967-13-XX", 5), ("1967-01-00", 8), ("1967-01-32", 8), ("1967-XX-00", 8),
        ("1900-02-29", 8), ("1900-02-3X", 8), ("1999-02-39", 8), ("19XX-02-3X", 8), ("XXX1-02-29", 8), ("1900-?02-29", 9),
        ("-XX00-02-3X", 9), ("2016-11-31", 8), ("1967??", 5), ("??1967", 1), ("1967?~", 5), ("1967(", 4), ("(1967)?", 0),
        ("1967-(06)?", 4), ("2001-21^southernHemisphere", 7), ("1967u", 4), ("unknown/1967", 0), ("1967/open", 5),
        ("2008/1964", 5), ("1967-05/1967-04-30", 8), ("1985/2000/2010", 9), ("1985//", 5), ("1985/...", 7), ("....", 0),
        ("..", 0), ("1967..", 4), ("1967,1968", 4), ("1985-01-01/2000-13-01", 16),
        ("1985-04-12T23:20:30z", 19), ("1985-04-12t23:20:30", 10), ("1985-04-12T23:20:60", 11), ("1985-04-12T24:00:01", 11),
        ("1985-04-12T25:00:00", 11), ("1985-04-12T23:61:00", 11), ("1985-04-12T23:20", 10), ("1985-04-12T23:20:30.5", 19),
        ("1985-04-12T23:20:30+14:01", 19), ("1985-04-12T23:20:30-12:01", 19), ("1985-04-12T23:20:30-00", 19),
        ("1985-04-12T23:20:30-00:00", 19), ("1985-04-12T23:20:30+04:60", 19), ("1985-04-12T23:20:30-1201", 22),
        ("1985-04-12T23:20:30Z12:00", 20), ("1985-04T23:20:30", 7), ("1985-04-XXT23:20:30", 10), ("1985-04-12?T23:20:30", 11),
        ("1985-04-12T23:20:30/1986", 10), ("[1985-04-12T23:20:30]", 11),
        ("Y", 1), ("Y-", 2), ("Y1967", 1), ("Y9999", 1), ("Y-1960S5", 2), ("Y01967", 1), ("Y1E3", 1), ("Y12345-01", 6), ("Y12345X", 6),
        ("Y1E16", 1), ("Y1E1000000000", 1), ("Y10000000000000001", 1), ("Y12345E", 6), ("Y12345S", 6), ("Y12345S0", 7), ("Y12345S6", 7),
        ("y12345", 0), ("1950S", 4), ("1950S0", 5), ("1950S5", 5), ("1950S999999999", 5), ("195XS2", 4), ("1950S2-05", 6), ("1950p2", 4),
        ("[]", 1), ("{}", 1), ("[", 1), ("[1967", 5), ("[1967}", 5), ("{1999]", 5), ("[1967,]", 6), ("[,1967]", 1), ("[1967] ", 6),
        ("[1967 ,1968]", 5), ("[ 1967]", 1), ("[1 967]", 2), ("[1967..1966]", 7), ("[1967,..1968]", 6), ("[1967..,1968]", 7), ("[..]", 3),
        ("[1967/1968]", 5), ("[1967]/1968", 6), ("[[1967]]", 1), ("[1967,1900-02-29]", 14), ("1967]", 4),
        ("not a date", 0), ("\ud800", 0), ("1967\udfff", 4), ("1967\N{EN DASH}1968", 4), ("1967\N{HYPHEN}05", 4),
    ],
)  # fmt: skip
def test_refuses(text, position):
    with pytest.raises(EdtfError) as caught:
        parse_edtf(text)
    assert caught.value.position == position
    assert caught.value.reason
    assert caught.value.reason.isascii()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1967?~", "one qualifier is enough"),
        ("[1967,1968??]", "one qualifier is enough"),
        ("{1967,1968}?", "not with a set"),
        ("[1967..]~", "not with a set"),
        ("1967/..?", "an open end"),
        ("1967-05-12T10:30:00%", "a time of day"),
    ],
)
def test_says_where_a_qualifier_cannot_stand(text, reason):
    with pytest.raises(EdtfError, match=reason):
        parse_edtf(text)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("1967", ("1967-01-01", "1967-12-31", "1967-01-01", "1967-12-31")),
        ("1962/1967", ("1962-01-01", "1962-12-31", "1967-01-01", "1967-12-31")),
        ("1962/..", ("1962-01-01", "1962-12-31", OPEN, OPEN)),
        ("1962/", ("1962-01-01", "1962-12-31", "1962-01-01", OPEN)),
        ("../1967", (OPEN, OPEN, "1967-01-01", "1967-12-31")),
        ("/1967", (OPEN, "1967-12-31", "1967-01-01", "1967-12-31")),
        ("1967/1967-05", ("1967-01-01", "1967-05-31", "1967-05-01", "1967-05-31")),
        ("1967-05/1967", ("1967-05-01", "1967-05-31", "1967-05-01", "1967-12-31")),
        ("[1961,1967]", ("1961-01-01", "1967-12-31", "1961-01-01", "1967-12-31")),
        ("{1961,1967}", ("1961-01-01", "1961-12-31", "1967-01-01", "1967-12-31")),
        ("{1984..}", ("1984-01-01", "1984-12-31", OPEN, OPEN)),
        ("[..1984]", (OPEN, "1984-12-31", OPEN, "1984-12-31")),
    ],
)
def test_four_bounds(text, bounds):
    assert shown(text) == bounds


def test_open_ends_are_sentinels():
    bounds = parse_edtf("1962/..").span.bounds
    assert (bounds.e1, bounds.e2, bounds.end_open, bounds.start_open) == (OPEN_END, OPEN_END, True, False)
    bounds = parse_edtf("/").span.bounds
    assert (bounds.s1, bounds.s2, bounds.e1, bounds.e2) == (OPEN_START, OPEN_START, OPEN_END, OPEN_END)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("1917-10-25", ("1917-11-07",) * 4),
        ("1900-02-29", ("1900-03-13",) * 4),
        ("1900-02", ("1900-02-13", "1900-03-13", "1900-02-13", "1900-03-13")),
        ("1582", ("1582-01-11", "1583-01-10", "1582-01-11", "1583-01-10")),
        ("1900-02-2X", ("1900-03-04", "1900-03-13", "1900-03-04", "1900-03-13")),
        ("-XX00-02-29", ("-9901-12-14", "-0100-02-26", "-9901-12-14", "-0100-02-26")),
        ("1700-24", ("1700-12-12", "1701-03-11", "1700-12-12", "1701-03-11")),
        ("[1900-02-29,1900-03-01]", ("1900-03-13", "1900-03-14", "1900-03-13", "1900-03-14")),
    ],
)
def test_julian_digits(text, bounds):
    value = parse_edtf(text, Calendar.JULIAN)
    assert shown(text, Calendar.JULIAN) == bounds
    assert (value.text, value.calendar) == (text, Calendar.JULIAN)
    assert value.label.endswith(" (Old Style)")


@pytest.mark.parametrize(
    ("text", "calendar", "month_day"),
    [
        ("1960-01-03", "gregorian", (1, 3)),
        ("1960-01-03~", "gregorian", (1, 3)),
        ("2026?-01-03", "gregorian", (1, 3)),
        ("1985-04-12T23:20:30Z", "gregorian", (4, 12)),
        ("XXXX-01-03", "gregorian", (1, 3)),
        ("196X-01-03", "gregorian", (1, 3)),
        ("XXXX-02-29", "gregorian", (2, 29)),
        ("1917-10-25", "julian", (11, 7)),
        ("191X-10-25", "julian", None),
        ("1960-01", "gregorian", None),
        ("1960-01-XX", "gregorian", None),
        ("1960-XX-03", "gregorian", None),
        ("1960-01-03/1960-01-03", "gregorian", None),
        ("[1960-01-03]", "gregorian", None),
    ],
)
def test_month_and_day(text, calendar, month_day):
    assert parse_edtf(text, Calendar(calendar)).month_day == month_day


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("1960", True), ("1960-XX-XX", True), ("1962/..", True), ("/1967", True), ("Y-17E7", True), ("1960S4", True), ("1960~", True),
        ("196X", False), ("XXXX-01-03", False), ("196X/1970", False), ("1960/197X", False), ("[1960,197X]", False), ("1960S2", False),
    ],
)  # fmt: skip
def test_year_in_full(text, known):
    assert parse_edtf(text).year_in_full is known


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("1960", True), ("196X", True), ("1XXX-01-03", True), ("XXX7", True), ("1960S1", True), ("Y-17E7", True), ("1967?", True),
        ("XXXX-01-03", False), ("XXXX", False), ("XXXX-XX-03", False), ("-XXXX", False), ("XXXX-01~", False), ("XXXX-21", False),
        ("1962/XXXX", True), ("XXXX/1962", True), ("XXXX-01/XXXX-02", False), ("XXXX/..", False), ("../XXXX", False),
        ("XXXX/", False), ("/XXXX-05", False), ("../..", True), ("../", True), ("1962/..", True),
        ("[XXXX-05,XXXX-07]", False), ("{XXXX-05,1999}", True), ("[..XXXX]", False), ("{1999..}", True), ("[..1950,1984..]", True),
    ],
)  # fmt: skip
def test_year_known(text, known):
    assert parse_edtf(text).year_known is known


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1994-12-14", "14 December 1994"),
        ("1994-12", "December 1994"),
        ("0044", "44 CE"),
        ("0000", "1 BCE"),
        ("-0043~", "c. 44 BCE"),
        ("-0043-03-15", "15 March 44 BCE"),
        ("1967?", "1967 (uncertain)"),
        ("1967%", "c. 1967 (uncertain)"),
        ("~1967-05~", "c. May 1967"),
        ("2026?-01-03", "3 January 2026 (year uncertain)"),
        ("2004?-06-~11", "11 June 2004 (day approximate, year uncertain)"),
        ("2004-06?-11", "11 June 2004 (year and month uncertain)"),
        ("2004-06-11%", "c. 11 June 2004 (uncertain)"),
        ("2004-?06-11~", "11 June 2004 (year and day approximate, month approximate and uncertain)"),
        ("196X", "1960s"),
        ("19XX", "a year between 1900 and 1999"),
        ("2X1X", "a year of the form 2X1X"),
        ("-004X", "a year between 50 BCE and 41 BCE"),
        ("XXXX", "year unknown"),
        ("XXXX-01-03", "3 January, year unknown"),
        ("196X-01-03", "3 January, 1960s"),
        ("15XX-12-25", "25 December of a year between 1500 and 1599"),
        ("1967-XX-08", "day 8, 1967, month unknown"),
        ("XXXX-XX-08", "day 8, month and year unknown"),
        ("1500-1X-25", "day 25, between October and December 1500"),
        ("1985-04-XX", "April 1985, day unknown"),
        ("2016-02-X1", "1, 11 or 21 February 2016"),
        ("2016-01-3X", "30 or 31 January 2016"),
        ("1960-21", "spring 1960"),
        ("1960-24", "winter 1960–1961"),
        ("-0043-24", "winter 44 BCE to 43 BCE"),
        ("1960-30", "summer 1960–1961 (Southern Hemisphere)"),
        ("XXXX-21", "spring of an unknown year"),
        ("19XX-34", "second quarter of a year between 1900 and 1999"),
        ("196X-24", "winter 1960s"),
        ("1960-34", "second quarter of 1960"),
        ("1960-41", "second half of 1960"),
        ("1950S2", "c. 1950 (between 1900 and 1999)"),
        ("Y170000002", "170,000,002"),
        ("1962/1967", "1962–1967"),
        ("1962/1967~", "1962 to c. 1967"),
        ("1962/..", "from 1962 onwards"),
        ("1962/", "from 1962, end unknown"),
        ("../1967", "until 1967"),
        ("/1967", "until 1967, start unknown"),
        ("../", "start open, end unknown"),
        ("[1961,1967]", "one of 1961, 1967"),
        ("{1961,1967..1969}", "all of 1961, 1967 to 1969"),
        ("[1961-XX,1967]", "one of 1961, month unknown; 1967"),
        ("[..1984]", "1984 or earlier"),
        ("{1984..}", "all from 1984 onwards"),
        ("1985-04-12T23:20:30+05:30", "12 April 1985, 23:20:30 UTC+05:30"),
    ],
)
def test_labels(text, label):
    assert parse_edtf(text).label == label


def test_describe():
    assert describe(parse_edtf("1962~/..")) == {
        "start": {"earliest": "1962-01-01", "latest": "1962-12-31"},
        "end": {"earliest": None, "latest": None},
        "qualified": True,
        "label": "from c. 1962 onwards",
    }


def test_members_of_a_set_are_kept():
    assert parse_edtf("{1670..1672}").span.members == parse_edtf("{1670,1671,1672}").span.members
    assert (
        parse_edtf("[1670-11..1671-02]").span.members
        == parse_edtf("[1670-11,1670-12,1671-01,1671-02]").span.members
    )
    assert (
        parse_edtf("[1999-12-31..2000-01-01]").span.members
        == parse_edtf("[1999-12-31,2000-01-01]").span.members
    )
    assert parse_edtf("{-0001..0001}").span.members == parse_edtf("{-0001,0000,0001}").span.members
    assert len(parse_edtf("[" + ",".join(["0001..9999"] * 90) + "]").span.members) == 90
    assert len(parse_edtf("{" + ",".join(["1900..1999"] * 90) + "}").span.members) < 500


def pytest_generate_tests(metafunc):
    if "agreed" in metafunc.fixturenames and CASES.exists():
        lines = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
        metafunc.parametrize("agreed", lines, ids=[line["edtf"] for line in lines])


@pytest.fixture
def agreed():
    pytest.skip("the file of agreed cases is not here")


# Suites put these lower than the standard's letter, which has negative years at level 1 and a qualifier
# to the left at level 2. They do so to -0999, but not to -1985, and to ~1984, but not to ~-0100/~2020.
LEVELS_IN_DISPUTE = {"-0999", "-9999", "~1984"}


def test_agreed_cases(agreed):
    if not agreed["valid"]:
        with pytest.raises(EdtfError):
            parse_edtf(agreed["edtf"])
        return
    value = parse_edtf(agreed["edtf"])
    if agreed["level"] is not None and agreed["edtf"] not in LEVELS_IN_DISPUTE:
        assert value.level == agreed["level"]
    if agreed["min_state"] == "date":
        assert iso_day(value.span.bounds.s1) == agreed["min"]
    if agreed["max_state"] == "date":
        assert iso_day(value.span.bounds.e2) == agreed["max"]


signs = st.sampled_from("0123456789X?~%-./[]{},YEST:Z+ ")
any_sign = st.characters(exclude_categories=())
marks = st.sampled_from(["", "", "", "", "?", "~", "%"])
masked_digit = st.sampled_from("0123456789X")


@st.composite
def dates(draw):
    """Text that is mostly one date by its form, whether or not it exists."""
    year = draw(
        st.sampled_from(["", "", "-"]).flatmap(
            lambda sign: st.text(masked_digit, min_size=4, max_size=4).map(lambda digits: sign + digits)
        )
        | st.integers(-(10**10), 10**10).map(lambda n: f"Y{n}")
        | st.tuples(st.integers(0, 9999), st.integers(1, 4)).map(lambda pair: f"{pair[0]:04d}S{pair[1]}")
    )
    parts = [draw(marks) + year + draw(marks)]
    for most in draw(st.sampled_from([(), (12,), (41,), (12, 31), (12, 31)])):
        digits = draw(
            st.integers(1, most).map("{:02d}".format) | st.text(masked_digit, min_size=2, max_size=2)
        )
        parts.append(draw(marks) + digits + draw(marks))
    return "-".join(parts)


values = (
    dates()
    | st.tuples(dates() | st.sampled_from(["", ".."]), dates() | st.sampled_from(["", ".."])).map("/".join)
    | st.lists(dates() | st.tuples(dates(), dates()).map("..".join), min_size=1, max_size=5).flatmap(
        lambda members: st.sampled_from(["[{}]", "{{{}}}", "[..{}]", "[{}..]", "{{{}..}}"]).map(
            lambda form: form.format(",".join(members))
        )
    )
)
calendars = st.sampled_from(list(Calendar))


def parse_if_valid(text, calendar):
    try:
        return parse_edtf(text, calendar)
    except EdtfError as error:
        refusal = error
    assert 0 <= refusal.position <= len(text)
    assert refusal.reason
    return None


@given(st.text(any_sign) | st.text(signs) | values, calendars)
@example("\ud800", Calendar.GREGORIAN)
@example("[" * 1000, Calendar.GREGORIAN)
@example("Y" + "9" * 999, Calendar.GREGORIAN)
@example("-" + "0" * 999, Calendar.GREGORIAN)
@example("-XX00-02-29", Calendar.JULIAN)
def test_any_text_is_understood_or_refused(text, calendar):
    value = parse_if_valid(text, calendar)
    if value is None:
        return
    assert re.fullmatch(EDTF_PATTERN, text)
    assert value.text == text
    assert value.level in {0, 1, 2}
    assert value.label.strip()
    assert value.label == edtf._parse(text, calendar).label
    for bounds in (value.span.bounds, *value.span.members):
        assert bounds.tighten() == bounds
        assert OPEN_START <= bounds.s1 <= bounds.s2 <= OPEN_END
        assert OPEN_START <= bounds.e1 <= bounds.e2 <= OPEN_END
    described = describe(value)
    for side in ("start", "end"):
        for day in described[side].values():
            assert day is None or ISO_DAY.fullmatch(day)


@given(
    century=st.text(masked_digit, min_size=2, max_size=2),
    year=st.sampled_from(["XX", "0X", "X0", "00", "04", "96", "X1", "1X", "X6"]),
    month=st.sampled_from(["02", "XX", "0X", "1X", "X2", "X4", "06", "11"]),
    day=st.sampled_from(["XX", "0X", "1X", "2X", "3X", "X0", "X1", "X9", "29", "30", "31", "15"]),
    negative=st.booleans(),
    calendar=calendars,
)
def test_masked_days_are_the_hull_of_every_choice(*, century, year, month, day, negative, calendar):
    def numbers(pattern):
        return [
            int("".join(d)) for d in itertools.product(*("0123456789" if c == "X" else c for c in pattern))
        ]

    to_days = days_from_julian if calendar == Calendar.JULIAN else days_from_gregorian
    months = [m for m in numbers(month) if 1 <= m <= 12]
    days = [d for d in numbers(day) if d >= 1]
    years = [-y if negative else y for y in numbers(century + year) if y or not negative]
    edge_years = [] if not years else sorted(years)[:450] + sorted(years)[-450:]
    choices = [
        to_days(y, m, d)
        for y in edge_years
        for m in months
        for d in days
        if d <= days_in_month(y, m, calendar)
    ]
    value = parse_if_valid(f"{'-' if negative else ''}{century}{year}-{month}-{day}", calendar)
    if value is None:
        assert not choices
    else:
        assert (value.span.bounds.s1, value.span.bounds.e2) == (min(choices), max(choices))


@pytest.mark.parametrize(
    "text",
    [
        "Y1E1000000000", "9" * 10**6, "Y" + "9" * 999, "Y-1E" + "0" * 990, "1950S" + "9" * 990, "?" * 1000, "[" * 1000,
        "[1967," + " " * 994, "{" + "XXXX-02-29," * 90 + "1967}", "{" + "0001..9999," * 90 + "1967}", "../" * 333,
        "1967-" * 200, "[" + "..," * 333, "T" * 1000, "1985-04-12T" * 90,
    ],
)  # fmt: skip
def test_hostile_texts_are_little_work(text):
    assert count_steps(lambda: parse_if_valid(text, Calendar.GREGORIAN)) < 500_000


def test_length_is_refused_unread():
    with pytest.raises(EdtfError, match="1000 characters"):
        parse_edtf("1" * (MAX_LENGTH + 1))
    assert parse_edtf("[" + "1967," * 198 + "1967-1X]").level == 2
