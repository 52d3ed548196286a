"""Day arithmetic, against the standard library where that reaches and against known dates beyond."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.calendar import (
    Calendar,
    days_from_gregorian,
    days_from_julian,
    days_in_month,
    gregorian_from_days,
    is_leap_year,
    iso_day,
)

FAR = 10**15
UNIX_EPOCH = dt.date(1970, 1, 1).toordinal()


@given(st.dates())
def test_agrees_with_datetime(date):
    days = date.toordinal() - UNIX_EPOCH
    assert days_from_gregorian(date.year, date.month, date.day) == days
    assert gregorian_from_days(days) == (date.year, date.month, date.day)
    assert iso_day(days) == date.isoformat()


def test_agrees_with_datetime_on_every_day_of_four_centuries():
    for ordinal in range(dt.date(1799, 1, 1).toordinal(), dt.date(2201, 1, 1).toordinal()):
        date = dt.date.fromordinal(ordinal)
        assert gregorian_from_days(ordinal - UNIX_EPOCH) == (date.year, date.month, date.day)


@given(st.integers(-FAR * 365, FAR * 365))
def test_round_trip_of_days(days):
    year, month, day = gregorian_from_days(days)
    assert 1 <= day <= days_in_month(year, month)
    assert days_from_gregorian(year, month, day) == days


@given(st.integers(-FAR, FAR), st.integers(1, 12), st.sampled_from(list(Calendar)))
def test_a_month_is_as_long_as_it_says(year, month, calendar):
    to_days = days_from_julian if calendar == Calendar.JULIAN else days_from_gregorian
    following = to_days(year + (month == 12), month % 12 + 1, 1)
    assert following - to_days(year, month, 1) == days_in_month(year, month, calendar)


@pytest.mark.parametrize(
    ("julian", "gregorian"),
    [
        ((1582, 10, 5), (1582, 10, 15)),
        ((1582, 10, 4), (1582, 10, 14)),
        ((1917, 10, 25), (1917, 11, 7)),
        ((1752, 9, 3), (1752, 9, 14)),
        ((1900, 2, 29), (1900, 3, 13)),
        ((1, 1, 1), (0, 12, 30)),
        ((-43, 3, 15), (-43, 3, 13)),
        ((-4712, 1, 1), (-4713, 11, 24)),
        ((200, 3, 1), (200, 3, 1)),
    ],
)
def test_julian_days(julian, gregorian):
    assert days_from_julian(*julian) == days_from_gregorian(*gregorian)


@pytest.mark.parametrize(
    ("year", "gregorian", "julian"),
    [
        (1900, False, True),
        (2000, True, True),
        (1967, False, False),
        (0, True, True),
        (-100, False, True),
        (-4, True, True),
    ],
)
def test_leap_years(year, gregorian, julian):
    assert is_leap_year(year) is gregorian
    assert is_leap_year(year, Calendar.JULIAN) is julian
    assert days_in_month(year, 2) == 28 + gregorian


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "1970-01-01"),
        (-3653, "1960-01-01"),
        (days_from_gregorian(-43, 3, 15), "-0043-03-15"),
        (days_from_gregorian(0, 2, 29), "0000-02-29"),
        (days_from_gregorian(9999, 12, 31), "9999-12-31"),
        (days_from_gregorian(12345, 1, 1), "+12345-01-01"),
        (days_from_gregorian(-12345, 1, 1), "-12345-01-01"),
        (days_from_gregorian(-(10**9), 12, 31), "-1000000000-12-31"),
    ],
)
def test_iso_days(days, text):
    assert iso_day(days) == text
