"""Reading iCalendar (RFC 5545): each VEVENT an event, and each LOCATION a place of that name.

Days are as they are written, without a shift of time zone; DTEND, day or moment, is after the last (§3.6.1).
An event that has a time of day keeps it in `as_written`. Times are of no other component, and a recurring event is no
single one, which is a fault.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from app.errors import Fault
from app.imports.documents import ICALENDAR_OTHER, UNMAPPED, ImportedDocument, unreadable_line
from app.imports.readers.file_format import FileFormat
from app.imports.readers.lines import NOT_UTF8, TOO_LONG, cut_lines, without_mark
from app.values.slug import slugify

MAX_COMPONENT: Final = 2**20
"""The longest component that is read, in bytes."""

_MAX_PROPERTIES: Final = 1000
_TOO_MANY: Final = (
    f"An event may have {_MAX_PROPERTIES:,} properties and categories that are read; this one has more."
)
_NAME: Final = re.compile(rb"[A-Za-z0-9-]+(?=[;:])")

_CARRIED: Final = frozenset(
    [
        "UID",
        "SUMMARY",
        "DESCRIPTION",
        "DTSTART",
        "DTEND",
        "DURATION",
        "LOCATION",
        "GEO",
        "CATEGORIES",
        "URL",
        "STATUS",
    ]
)
_OF_THE_CALENDAR: Final = frozenset(
    ["DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "TRANSP", "CLASS", "PRIORITY"]
)
_RECURRING: Final = frozenset({"RRULE", "RDATE", "RECURRENCE-ID", "EXDATE"})
_BAD_TIME: Final = "Give DTSTART and DTEND as RFC 5545 has them: 19610417, or 19610417T050000."
_BAD_TYPE: Final = (
    "Give DTSTART, DTEND, DURATION and GEO once each, with days from year 1 to 9999, and CATEGORIES as text, each with a "
    "value of its own type (RFC 5545, 3.8)."
)

_Properties = Any
"""An event as icalendar has it: the types of its properties are a union of thirty."""


@dataclass(slots=True)
class _Component:
    """A component that is no part of another but the calendar.

    Attributes:
        line: where it begins, counted from 1.
        name: such as VEVENT; empty where it has no end, or that of another.
        kept: the lines of its own properties that are read, as far as they are not too long together.
        size: how many bytes it has.
        properties: how many properties are kept, and categories in them.
        left_out: whether it has properties that are not read.
        recurs: whether it stands for more than one occurrence.
    """

    line: int
    name: str = ""
    kept: list[bytes] = field(default_factory=list)
    size: int = 0
    properties: int = 0
    left_out: bool = False
    recurs: bool = False
    _name: str = ""

    def add(self, line: bytes) -> None:
        """Take in a line of its own, not of a component in it."""
        # A property goes on in lines that begin with a blank (3.1).
        if not line.startswith((b" ", b"\t")):
            found = _NAME.match(line)
            name = self._name = found[0].decode().upper() if found is not None else ""
            self.properties += name in _CARRIED
            self.recurs = self.recurs or name in _RECURRING
            self.left_out = self.left_out or (name not in _CARRIED and name not in _OF_THE_CALENDAR)
        if self._name == "CATEGORIES":
            self.properties += line.count(b",")
        if self._name in _CARRIED and self.size <= MAX_COMPONENT and self.properties <= _MAX_PROPERTIES:
            self.kept.append(line)

    def text(self) -> bytes:
        """Return what is read of it."""
        return b"\r\n".join((b"BEGIN:VEVENT", *self.kept, b"END:VEVENT", b""))


def read_icalendar(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read events and their places; a place gives way to one that is there.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    held: ImportedDocument | None = None
    other = 0
    for read in _read(chunks):
        if isinstance(read, int):
            other = other or read
            continue
        if held is not None:
            yield held
        held = read
    if held is not None:
        yield replace(held, notes=(*held.notes, ICALENDAR_OTHER)) if other else held
    elif other:
        detail = "There is no VEVENT in this calendar, and no other component is read."
        yield unreadable_line(other, "not_an_event", detail)


def _read(chunks: Iterable[bytes]) -> Iterator[ImportedDocument | int]:
    """Yield documents, and the lines of components that are no events."""
    places: set[str] = set()
    for component in _components(chunks):
        if component.size > MAX_COMPONENT:
            yield unreadable_line(component.line, "line_too_long", TOO_LONG)
        elif component.properties > _MAX_PROPERTIES:
            yield unreadable_line(component.line, "too_many_properties", _TOO_MANY)
        elif component.name == "VEVENT":
            yield from _read_event(component, places)
        elif component.name not in ("VTIMEZONE", ""):
            yield component.line
        elif not component.name:
            yield unreadable_line(
                component.line, "invalid_icalendar", "A component has no END, or one of another."
            )


def _components(chunks: Iterable[bytes]) -> Iterator[_Component]:
    """Yield the components of the calendar; what is no property of theirs, but of a component in them, is passed."""
    component, is_broken = _Component(1), False
    opened: list[bytes] = []
    for number, line in cut_lines(without_mark(chunks)):
        if line is None:
            component.size = MAX_COMPONENT + 1
            continue
        word = line.rstrip().upper()
        if not word or (word in (b"BEGIN:VCALENDAR", b"END:VCALENDAR") and not opened):
            continue
        if word.startswith(b"BEGIN:"):
            if not opened:
                component, is_broken = _Component(number), False
            opened.append(word[6:])
            continue
        if not opened:
            continue
        component.size += len(line) + 2
        if word.startswith(b"END:") and opened[-1] == word[4:]:
            name = opened.pop().decode("ascii", "replace")
            if not opened:
                component.name = "" if is_broken else name
                yield component
        elif word.startswith(b"END:"):
            is_broken = True
        elif len(opened) == 1:
            component.add(line)
    if opened:
        component.name = ""
        yield component


def _read_event(component: _Component, places: set[str]) -> Iterator[ImportedDocument]:
    line = component.line
    # The library is loaded with the first event: most imports have none.
    from icalendar import Event

    try:
        event: _Properties = Event.from_ical(component.text().decode())
    except UnicodeDecodeError:
        yield unreadable_line(line, "invalid_utf8", NOT_UTF8)
        return
    except (ValueError, TypeError) as error:
        yield unreadable_line(line, "invalid_icalendar", f"This is no VEVENT of RFC 5545: {error}")
        return
    faults = tuple(_faults(event, recurs=component.recurs))
    if faults:
        yield ImportedDocument(line, faults=faults)
        return
    try:
        date, tags = _date_of(event), _categories(event)
        place_at = _position(event)
    except (AttributeError, TypeError, ValueError, OverflowError):
        # The library gives a property the type that its VALUE names, and a list where it is there twice.
        yield unreadable_line(line, "invalid_icalendar", _BAD_TYPE)
        return
    raw: dict[str, Any] = {
        "kind": "event",
        "id": slugify(str(event.get("UID", ""))),
        "title": str(event.get("SUMMARY", "")),
        "summary": str(event.get("DESCRIPTION", "")).strip(),
        "date": date,
        "tags": tags,
        "same_as": [str(event["URL"])] if "URL" in event else [],
    }
    location = str(event.get("LOCATION", "")).strip()
    place = slugify(location)
    if place is not None:
        raw["places"] = [{"place": f"places/{place}"}]
        if place not in places:
            places.add(place)
            yield ImportedDocument(line, _place(place, location, place_at), if_missing=True)
    notes = (UNMAPPED,) if component.left_out else ()
    yield ImportedDocument(line, {name: one for name, one in raw.items() if one}, notes=notes)


def _faults(event: _Properties, *, recurs: bool) -> Iterator[Fault]:
    if recurs:
        detail = "Give each occurrence as an event of its own: this one recurs."
        yield Fault("recurring_event", detail, "/date")
    for name, _ in event.errors:
        if name in _CARRIED:
            yield Fault(
                "invalid_icalendar", _BAD_TIME if name.startswith("DT") else f"{name} cannot be read."
            )
    if not str(event.get("SUMMARY", "")).strip():
        yield Fault("missing", "Give the event a SUMMARY: its title.", "/title")


def _categories(event: _Properties) -> list[str]:
    said = event.get("CATEGORIES", [])
    lists = said if isinstance(said, list) else [said]
    return list(dict.fromkeys(str(one) for some in lists for one in some.cats))


def _date_of(event: _Properties) -> dict[str, str] | None:
    if "DTSTART" not in event:
        return None
    start = event["DTSTART"].dt
    end = event["DTEND"].dt if "DTEND" in event else None
    if end is None and "DURATION" in event:
        end = start + event["DURATION"].dt
    first, last = _day(start), _day(start)
    if isinstance(end, datetime):
        last = _day(end)
        if end.time() == time.min and last > first:
            last -= timedelta(days=1)
    elif isinstance(end, date):
        last = max(first, end - timedelta(days=1))
    said = {"edtf": str(first) if first == last else f"{first}/{last}"}
    if isinstance(start, datetime):
        texts = [event["DTSTART"].to_ical().decode()]
        texts += [event["DTEND"].to_ical().decode()] if "DTEND" in event else []
        said["as_written"] = "/".join(texts)
    if str(event.get("STATUS", "")).upper() == "TENTATIVE":
        said["edtf"] = "/".join(f"{one}?" for one in said["edtf"].split("/"))
    return said


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _position(event: _Properties) -> list[float] | None:
    return [event["GEO"].longitude, event["GEO"].latitude] if "GEO" in event else None


def _place(place: str, location: str, position: list[float] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "place", "id": place, "title": location}
    if position is not None:
        found["geometry"] = {"type": "Point", "coordinates": position}
    return found


FORMAT: Final = FileFormat(
    "icalendar",
    "iCalendar",
    (".ics",),
    ("text/calendar",),
    lambda chunks, _: read_icalendar(chunks),
    lambda head: head.text[:15].upper() == "BEGIN:VCALENDAR",
)
