"""Events of iCalendar files as documents."""

import pytest

from app.imports.documents import ICALENDAR_OTHER, UNMAPPED
from app.imports.readers.icalendar import read_icalendar

LANDING = """\
BEGIN:VEVENT
UID:events.landing@example.org
DTSTAMP:20240101T000000Z
DTSTART;VALUE=DATE:19610417
DTEND;VALUE=DATE:19610421
SUMMARY:Landing\\, and
  defeat
DESCRIPTION:Exiles land.
LOCATION:Playa Girón
GEO:22.06;-81.03
CATEGORIES:landing,cold war
URL:https://example.org/landing
STATUS:CONFIRMED
END:VEVENT
"""


def calendar(*parts):
    text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n" + "".join(parts) + "END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def event(*lines):
    return "\n".join(("BEGIN:VEVENT", "UID:e@x", "SUMMARY:E", *lines, "END:VEVENT", ""))


def read(*parts):
    data = calendar(*parts)
    return list(read_icalendar([data[:50], data[50:]]))


def test_an_event_and_its_place_are_read():
    place, landing = read(LANDING)
    assert (place.raw, place.if_missing) == (
        {
            "kind": "place",
            "id": "playa-giron",
            "title": "Playa Girón",
            "geometry": {"type": "Point", "coordinates": [-81.03, 22.06]},
        },
        True,
    )
    assert landing.raw == {
        "kind": "event",
        "id": "events-landing-example-org",
        "title": "Landing, and defeat",
        "summary": "Exiles land.",
        "date": {"edtf": "1961-04-17/1961-04-20"},
        "tags": ["landing", "cold war"],
        "same_as": ["https://example.org/landing"],
        "places": [{"place": "places/playa-giron"}],
    }
    assert landing.notes == ()


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (["DTSTART;VALUE=DATE:19610417"], {"edtf": "1961-04-17"}),
        (["DTSTART;VALUE=DATE:19610417", "DTEND;VALUE=DATE:19610418"], {"edtf": "1961-04-17"}),
        (["DTSTART;VALUE=DATE:19610417", "DURATION:P2D"], {"edtf": "1961-04-17/1961-04-18"}),
        (
            ["DTSTART:19610417T050000", "DTEND:19610418T030000Z"],
            {"edtf": "1961-04-17/1961-04-18", "as_written": "19610417T050000/19610418T030000Z"},
        ),
        (
            ["DTSTART:19610417T000000", "DTEND:19610418T000000"],
            {"edtf": "1961-04-17", "as_written": "19610417T000000/19610418T000000"},
        ),
        (
            ["DTSTART:19610417T000000", "DTEND:19610417T000000"],
            {"edtf": "1961-04-17", "as_written": "19610417T000000/19610417T000000"},
        ),
        (["DTSTART;VALUE=DATE:19610417", "STATUS:TENTATIVE"], {"edtf": "1961-04-17?"}),
        ([], None),
    ],
)
def test_days_are_as_they_are_written(lines, date):
    assert read(event(*lines))[0].raw.get("date") == date


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (event("RRULE:FREQ=YEARLY"), "recurring_event"),
        (event("DTSTART:1961-04"), "invalid_icalendar"),
        ("BEGIN:VEVENT\nUID:e\nEND:VEVENT\n", "missing"),
        ("BEGIN:VEVENT\nSUMMARY:x\n", "invalid_icalendar"),
        ("BEGIN:VEVENT\nSUMMARY\nEND:VEVENT\n", "missing"),
        (event(f"DESCRIPTION:{'x' * 2**20}"), "line_too_long"),
        (event("END:VALARM"), "invalid_icalendar"),
        (event(*["DTSTART:x"] * 1001), "too_many_properties"),
        (event("CATEGORIES:a" + ",a" * 1001), "too_many_properties"),
        (event("CATEGORIES:a", *[" ,a"] * 1001), "too_many_properties"),
    ],
)
def test_what_cannot_be_read_is_a_fault_of_its_line(part, code):
    found = read(LANDING, part)
    assert [(one.line, [fault.code for fault in one.faults]) for one in found[2:]] == [(18, [code])]


def test_other_components_are_left_out_and_told():
    task = "BEGIN:VTODO\nSUMMARY:x\nEND:VTODO\n"
    assert [one.notes for one in read(task, LANDING)] == [(), (ICALENDAR_OTHER,)]
    assert [one.notes for one in read(LANDING, task)] == [(), (ICALENDAR_OTHER,)]
    (alone,) = read(task)
    assert [(alone.line, fault.code) for fault in alone.faults] == [(4, "not_an_event")]


def test_what_no_member_stands_for_is_noted():
    assert read(event("ATTENDEE:mailto:a@example.org"))[0].notes == (UNMAPPED,)


def test_what_no_member_stands_for_is_passed_however_much_it_is():
    (one,) = read(event(*["X:a"] * 5000, "no property", "DESCRIPTION:b"))
    assert (one.raw["summary"], one.notes) == ("b", (UNMAPPED,))


def test_a_line_that_goes_on_begins_no_component():
    (one,) = read(event("DESCRIPTION:It says:", " BEGIN:VALARM", " END:VEVENT"))
    assert one.raw["summary"] == "It says:BEGIN:VALARMEND:VEVENT"


def test_time_zones_are_no_events_and_alarms_belong_to_theirs():
    zone = "BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
    alarm = event(
        "DTSTART;TZID=X:20000101T100000", "BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER:-PT1M", "END:VALARM"
    )
    found = read(zone, alarm)
    assert [(one.raw["date"]["edtf"], one.faults) for one in found] == [("2000-01-01", ())]


def test_events_are_imported_and_imported_again(importer, stored):
    report = importer(calendar(LANDING), "icalendar")
    assert (report.faults, report.counts.created) == ([], 2)
    assert importer(calendar(LANDING), "icalendar").counts.unchanged == 2
    assert {one["kind"] for one in stored()} == {"event", "place"}


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20000101", "DTSTART:20000102"),
        ("DTSTART;VALUE=FLOAT:20000101",),
        ("DTSTART:20000101", "DURATION:-P999999999D"),
        ("DTSTART:20000101", "DTEND:00010101"),
        ("DTSTART:20000101/20000102", "DURATION:P1D"),
        ("LOCATION:x", "GEO:1;2", "GEO:1;2"),
        ("CATEGORIES;VALUE=FLOAT:1",),
        ("CATEGORIES;VALUE=BINARY;ENCODING=BASE64:eA==",),
    ],
)
def test_properties_of_another_type_are_faults(lines):
    (one,) = read(event(*lines))
    assert one.raw is None
    assert [fault.code for fault in one.faults] == ["invalid_icalendar"]
