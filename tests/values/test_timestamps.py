import pytest

from app.values.timestamps import parse_rfc3339, rfc3339


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("2016-12-31T23:59:60.25Z", "2017-01-01T00:00:00.250000Z"),
        ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000000Z"),
        ("2020-01-01T23:59:59Z", "2020-01-01T23:59:59.000000Z"),
    ],
)
def test_a_leap_second_is_the_second_after_it(text, moment):
    assert rfc3339(parse_rfc3339(text)) == moment


@pytest.mark.parametrize(
    "text",
    ["2020-01-01T12:00:60Z", "2020-01-01T23:59:61Z", "2020-01-01T23:59:60-08:00", "2020-01-01T23:58:60Z"],
)
def test_there_is_none_within_a_day(text):
    with pytest.raises(ValueError, match=r"leap second|second must be"):
        parse_rfc3339(text)


def test_the_last_moment_of_the_calendar_may_be_one():
    assert parse_rfc3339("9999-12-31T23:59:60Z") == parse_rfc3339("9999-12-31T23:59:59Z") + 1_000_000
