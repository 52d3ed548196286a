"""iCalendar, read by icalendar; TimelineJS, by what its own reader does with dates."""

import datetime as dt

import icalendar
import orjson
import pytest
from format_items import BASE, about, documents, make, write_whole
from hypothesis import given
from hypothesis import strategies as st

from app.formats import FORMATS
from app.formats.date_parts import date_parts_of, precise
from app.formats.icalendar import days_of
from app.values.calendar import days_from_gregorian
from app.values.edtf.value import parse_edtf


def calendar_of(*items):
    body = write_whole(FORMATS["ics"], items, about(None))
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert all(len(one) <= 75 for one in body.split(b"\r\n"))
    return icalendar.Calendar.from_ical(body)


@given(st.lists(documents(), max_size=3))
def test_every_day_is_an_event_and_the_rest_is_counted(drawn):
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)]
    calendar = calendar_of(*items)
    assert calendar.errors == []
    events = calendar.walk("VEVENT")
    kept = [item for item in items if days_of(item.record) is not None]
    assert int(calendar["X-ANNALS-LEFT-OUT"]) == len(items) - len(kept)
    assert [str(event["UID"]) for event in events] == [
        f"{item.ref.replace('/', '.')}@annals.example" for item in kept
    ]
    for event, item in zip(events, kept, strict=True):
        assert event.errors == []
        assert str(event["SUMMARY"]) == item.record.title
        first, last = days_of(item.record)
        assert (event["DTEND"].dt - event["DTSTART"].dt).days == last - first + 1
        assert event["DTSTART"].dt.isoformat() == item.record.date.start.earliest
        assert str(event["URL"]) == f"{BASE}/v1/{item.ref}"
        said = item.record.summary
        if said is not None:
            assert str(event["DESCRIPTION"]).startswith(said.replace("\r\n", "\n"))


@pytest.mark.parametrize(
    ("edtf", "is_event"),
    [
        ("1961-04-17", True),
        ("1961-04-17/1961-04-20", True),
        ("1961-04-17~", True),
        ("0001-01-01", True),
        ("0000-12-31", False),
        ("-0043-03-15", False),
        ("9999-12-31", False),
        ("1961", False),
        ("1961-04", False),
        ("XXXX-01-03", False),
        ("1961-04-17/..", False),
        ("[1961-04-17,1961-04-20]", False),
        ("{1961-04-17,1961-04-20}", False),
    ],
)
def test_only_days_of_this_era_are_events(edtf, is_event):
    assert len(calendar_of(make("event", {"title": "x", "date": edtf})).walk("VEVENT")) == is_event


def test_an_event_says_what_is_known(battle):
    (event,) = calendar_of(battle).walk("VEVENT")
    assert event["DTSTART"].dt == dt.date(1961, 4, 17)
    assert event["DTEND"].dt == dt.date(1961, 4, 21)
    assert str(event["LOCATION"]) == "Havana"
    assert event["GEO"].to_ical() == "23.13;-82.37"
    assert int(event["SEQUENCE"]) == 2
    assert "CC BY-SA 4.0" in str(event["DESCRIPTION"])
    (unsure,) = calendar_of(make("event", {"title": "x", "date": "1961-04-17~"})).walk("VEVENT")
    assert (str(event["STATUS"]), str(unsure["STATUS"])) == ("CONFIRMED", "TENTATIVE")


def timeline(*items, **options):
    return orjson.loads(write_whole(FORMATS["timelinejs"], items, about(None, **options)))


@given(st.lists(documents(), max_size=3))
def test_every_slide_has_a_date_and_the_rest_is_counted(drawn):
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)]
    whole = timeline(*items)
    assert len(whole["events"]) + whole["annals"]["left_out"] == len(items)
    for slide in whole["events"]:
        assert slide["start_date"]["year"] != 0
        assert "<script" not in slide["text"]["headline"] + slide["text"]["text"]
        if "end_date" in slide:
            assert (
                list(slide["end_date"].values()) > list(slide["start_date"].values())[:1] or slide["end_date"]
            )
        if whole["scale"] == "human":
            assert -271_821 < slide["start_date"]["year"] < 275_760


@pytest.mark.parametrize(
    ("edtf", "start", "end"),
    [
        ("-0043-03-15", (-44, 3, 15), None),
        ("0000", (-1,), None),
        ("0001", (1,), None),
        ("1961-04", (1961, 4), None),
        ("1961-04-17/1961-04-20", (1961, 4, 17), (1961, 4, 20)),
        ("1962/1967", (1962,), (1967,)),
        ("1962/..", (1962,), None),
        ("../1967", (1967,), None),
        ("196X", (1960,), (1969,)),
        ("2000-02", (2000, 2), None),
    ],
)
def test_dates_are_told_as_people_say_them(edtf, start, end):
    slide = timeline(make("event", {"title": "x", "date": edtf}))["events"][0]
    assert tuple(slide["start_date"].values()) == start
    assert (tuple(slide["end_date"].values()) if "end_date" in slide else None) == end
    assert slide["display_date"] == parse_edtf(edtf).label


@pytest.mark.parametrize("edtf", [None, "../..", "XXXX-01-03"])
def test_what_has_no_place_in_time_is_left_out(edtf):
    whole = timeline(make("event", {"title": "x"} | ({"date": edtf} if edtf else {})))
    assert (whole["events"], whole["annals"]["left_out"]) == ([], 1)


def test_deep_time_has_its_own_scale():
    assert timeline(make("event", {"title": "x", "date": "Y-4540000000"}))["scale"] == "cosmological"
    assert timeline(make("event", {"title": "x", "date": "1961"}))["scale"] == "human"


@given(st.integers(-(10**9), 10**9))
def test_a_day_is_told_exactly(day):
    (year, month, of_month) = precise(day, day)
    astronomical = year if year > 0 else year + 1
    assert days_from_gregorian(astronomical, month, of_month) == day


def test_nothing_known_is_nothing_told():
    assert date_parts_of(parse_edtf("../..").span) is None
