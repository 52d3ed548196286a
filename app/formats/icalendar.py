"""iCalendar (RFC 5545): a VEVENT for each record that is dated to the day.

* Dated to the day means: first and last day are known, in 1 CE or later and before the year 9999 ends.
  Everything else is left out, and `X-ANNALS-LEFT-OUT` says how many: a year is no day, and the calendar of
  RFC 5545 has four digits to a year and no BCE. So are sets, which are no single stretch.
* Days are whole days of the proleptic Gregorian calendar (VALUE=DATE); DTEND is the day after the last
  (§3.6.1). A qualified date (`1961-04-17~`) is STATUS:TENTATIVE.
* UID is the reference and the host, the same whenever it is asked; SEQUENCE counts revisions; DTSTAMP is
  when the record was last written.
* Lines are folded at 75 octets (§3.1), between characters; text is escaped (§3.3.11).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from app.formats.credits import Credits, credits_of
from app.formats.date_parts import dated
from app.formats.format import About, Format, FormatItem
from app.formats.geojson import geometry_of
from app.records.base import Record
from app.values.calendar import days_from_gregorian, gregorian_from_days
from app.values.geojson import representative_point
from app.values.portions import batched

_FIRST: Final = days_from_gregorian(1, 1, 1)
_LAST: Final = days_from_gregorian(9999, 12, 30)
_WIDTH: Final = 75
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})
_UNSAID: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NO_STAMP: Final = "19700101T000000Z"


def escaped(text: str) -> str:
    """Escape a TEXT value (§3.3.11)."""
    return _UNSAID.sub("", text.replace("\r\n", "\n").translate(_ESCAPES))


def folded(line: str) -> str:
    """Fold a content line at 75 octets (§3.1), never within a character."""
    octets = line.encode()
    if len(octets) <= _WIDTH:
        return line + "\r\n"
    pieces: list[str] = []
    start = 0
    while start < len(octets):
        # A continuation begins with a space, which is an octet too.
        end = min(start + (_WIDTH if not pieces else _WIDTH - 1), len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[start:end].decode())
        start = end
    return "\r\n ".join(pieces) + "\r\n"


def days_of(record: Record) -> tuple[int, int] | None:
    """Return the first and the last day of a record, where it is dated to the day; else None."""
    span = dated(record)
    if span is None or span.set_kind != "single":
        return None
    bounds = span.bounds
    if bounds.s1 != bounds.s2 or bounds.e1 != bounds.e2 or not _FIRST <= bounds.s1 <= bounds.e2 <= _LAST:
        return None
    return bounds.s1, bounds.e1


class IcsWriter:
    """Collects events: how many were left out comes before them."""

    def __init__(self, about: About) -> None:
        """Write for the service at an address."""
        self._about = about
        self._host = urlsplit(about.base).hostname or "annals"
        self._events: list[bytes] = []
        self._left_out = 0
        self._credits = Credits()
        self.held = 0

    def begin(self) -> bytes:
        """Return nothing yet."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Collect an event for each item dated to the day."""
        for item in items:
            days = days_of(item.record)
            if days is None:
                self._left_out += 1
            else:
                event = "".join(map(folded, self._event(item, *days))).encode()
                self._events.append(event)
                self.held += len(event)
                self._credits.add(item)
        return b""

    def end(self) -> Iterator[bytes]:
        """Yield the whole calendar."""
        credit = "; ".join(one.text for one in self._credits)
        head = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Annals//Historical events//EN",
            "CALSCALE:GREGORIAN",
            f"NAME:{escaped(self._about.title)}",
            f"X-WR-CALNAME:{escaped(self._about.title)}",
            f"X-ANNALS-LEFT-OUT:{self._left_out}",
            *([f"X-ANNALS-CREDITS:{escaped(credit)}"] if credit else []),
        ]
        yield "".join(map(folded, head)).encode()
        yield from map(b"".join, batched(self._events))
        yield b"END:VCALENDAR\r\n"

    def _event(self, item: FormatItem, first: int, last: int) -> Iterator[str]:
        record = item.record
        yield "BEGIN:VEVENT"
        yield f"UID:{item.ref.replace('/', '.')}@{self._host}"
        yield f"DTSTAMP:{_stamp(record.updated_at)}"
        yield f"DTSTART;VALUE=DATE:{_day(first)}"
        yield f"DTEND;VALUE=DATE:{_day(last + 1)}"
        yield f"SUMMARY:{escaped(record.title)}"
        said = [record.summary or "", *(f"Source: {credit.text}" for credit in credits_of(item))]
        description = "\n\n".join(filter(None, said))
        if description:
            yield f"DESCRIPTION:{escaped(description)}"
        names = [item.linked[link.place].title for link in record.place_links() if link.place in item.linked]
        if names:
            yield f"LOCATION:{escaped(', '.join(dict.fromkeys(names)))}"
        geometry = geometry_of(item)
        if geometry is not None:
            point = representative_point(geometry)
            yield f"GEO:{point.lat:.6f};{point.lon:.6f}"
        words = [*([record.type] if record.type else []), *record.tags]
        if words:
            yield f"CATEGORIES:{','.join(map(escaped, words))}"
        yield f"URL:{self._about.base}/v1/{item.ref}"
        yield f"SEQUENCE:{max(0, (record.revision or 1) - 1)}"
        if record.created_at:
            yield f"CREATED:{_stamp(record.created_at)}"
        yield f"LAST-MODIFIED:{_stamp(record.updated_at)}"
        yield "TRANSP:TRANSPARENT"
        yield f"STATUS:{'TENTATIVE' if record.date and record.date.value.qualified else 'CONFIRMED'}"
        yield "END:VEVENT"


def _day(days: int) -> str:
    year, month, day = gregorian_from_days(days)
    return f"{year:04d}{month:02d}{day:02d}"


def _stamp(moment: str | None) -> str:
    if moment is None:
        return _NO_STAMP
    return moment[:19].replace("-", "").replace(":", "") + "Z"


ICS = Format(
    name="ics",
    media_type="text/calendar",
    suffix=".ics",
    rule=(
        "An all-day event for each record dated to the day and 1 CE or later; the rest is left out and counted in "
        "X-ANNALS-LEFT-OUT. DTEND is the day after the last; uncertain dates are TENTATIVE."
    ),
    writer=IcsWriter,
    attachment=True,
    most=50_000,
    beside=("place", "source"),
    keeps=("title", "date"),
    parameters="; charset=utf-8",
    has_addresses=True,
)
