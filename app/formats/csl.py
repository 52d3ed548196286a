"""CSL-JSON (1.0.2): citations.

* A record that is no source is an `entry` of this database: its title, its revision as `version`, the day
of that revision as `issued`, and as `URL` the permanent address of that revision, which never changes. `note` names
every source of its evidence, with the words and the licence that it asks for.
* A source is cited as what it is (a book, an article, a treaty, …) with its authors, publisher, date and
own address; without one, the permanent address of its record. A name is `family` and `given` where the record says
which part is which (`name_parts`), and else `literal`.
* `custom` has the permanent address, the revision, the licence, and the record's own date and type.
* Years before 1 CE are negative without a year 0 (44 BCE is -44). A date that date parts cannot express has
its label as `literal`; a qualified one is `circa`.

A single record is one object, as it is for a DOI; a list is an array.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from app.formats.citation_terms import LICENCE, TYPES, VARIABLES
from app.formats.credits import sources_line
from app.formats.date_parts import date_parts_of
from app.formats.format import About, Format, FormatItem
from app.records.base import Record
from app.records.historical_date import HistoricalDate
from app.records.source import NameParts, Source
from app.values.edtf.value import EdtfValue, parse_edtf

DATABASE: Final = "Annals"
"""What `source` says of a citation that was made here."""


class CslWriter:
    """Writes citations."""

    held = 0

    def __init__(self, about: About) -> None:
        """Write one object or an array."""
        self._about = about
        self._comma = b""

    def begin(self) -> bytes:
        """Open the array."""
        return b"" if self._about.one else b"["

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return a citation for each item."""
        cited = b",".join(orjson.dumps(citation(item, self._about.base)) for item in items)
        comma, self._comma = self._comma, b"," if items else self._comma
        return comma + cited if items else b""

    def end(self) -> tuple[bytes, ...]:
        """Close the array."""
        return () if self._about.one else (b"]",)


def permanent_address(base: str, ref: str, revision: int | None) -> str:
    """Return the address at which this very revision can always be read."""
    return f"{base}/v1/{ref}/revisions/{revision or 1}"


def citation(item: FormatItem, base: str) -> dict[str, Any]:
    """Cite a record."""
    record = item.record
    address = permanent_address(base, item.ref, record.revision)
    said: dict[str, Any] = {"permanent": address, "record": item.ref}
    if record.revision is not None:
        said["revision"] = record.revision
    if record.date is not None:
        said |= {"edtf": record.date.edtf, "date": record.date.value.label}
        if record.date.calendar is not None:
            said["calendar"] = record.date.calendar
    found: dict[str, Any] = {"id": item.ref, "type": "entry", "title": record.title}
    if record.summary:
        found["abstract"] = record.summary
    if record.tags:
        found["keyword"] = ", ".join(record.tags)
        if any("," in tag or ";" in tag for tag in record.tags):
            said["tags"] = list(record.tags)
    if isinstance(record, Source):
        if record.type is not None:
            said["type"] = record.type
        if record.accessed is not None:
            said["accessed"] = record.accessed
        if record.licence is not None:
            said[LICENCE] = record.licence
        return found | _source(record, address) | {"custom": said}
    drawn_from = sources_line(item)
    return (
        found
        | _entry(record, address)
        | ({"note": f"Drawn from: {drawn_from}"} if drawn_from else {})
        | {"custom": said}
    )


def plain_text(cited: Mapping[str, Any], variable: str) -> str | None:
    """Return a variable of a citation that is text, or what its `custom` has by that name."""
    text: str | None = cited.get(variable) or cited["custom"].get(variable)
    return text


def _entry(record: Record, address: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "container-title": DATABASE,
        "genre": record.type or record.kind,
        "version": str(record.revision or 1),
        "URL": address,
    }
    if record.updated_at:
        year, month, day = record.updated_at[:10].split("-")
        entry["issued"] = {"date-parts": [[int(year), int(month), int(day)]]}
    return entry


def _source(record: Source, address: str) -> dict[str, Any]:
    members: dict[str, Any] = {
        "type": TYPES.get(record.type or "", "document"),
        "author": _names(record, record.authors),
        "editor": _names(record, record.editors),
        "issued": _date(record.date),
        "accessed": None if record.accessed is None else _parts(parse_edtf(record.accessed)),
        "URL": record.url or address,
        "source": DATABASE,
        "archive_location": address,
    }
    texts = {name: getattr(record, member) for member, name in VARIABLES.items() if name != LICENCE}
    members |= {name: text for name, text in texts.items() if text}
    return {name: value for name, value in members.items() if value}


def _names(record: Source, names: Sequence[str]) -> list[dict[str, str]]:
    known = {one.name: one for one in record.name_parts}
    return [_name(known[name]) if name in known else {"literal": name} for name in names]


def _name(parts: NameParts) -> dict[str, str]:
    suffix = {} if parts.suffix is None else {"suffix": parts.suffix}
    return {"family": parts.family, "given": parts.given, **suffix}


def _date(date: HistoricalDate | None) -> dict[str, Any] | None:
    return None if date is None else _parts(date.value)


def _parts(value: EdtfValue) -> dict[str, Any]:
    known = date_parts_of(value.span)
    if known is None or not known.exact:
        return {"literal": value.label}
    parts = [list(known.start)] + ([list(known.end)] if known.end else [])
    return {"date-parts": parts} | ({"circa": True} if value.qualified else {})


CSL = Format(
    name="csl",
    media_type="application/vnd.citationstyles.csl+json",
    suffix=".csl.json",
    rule=(
        "A citation of this very revision, by its permanent address; a source is cited as what it is. A list is an "
        "array, a single record one object."
    ),
    writer=CslWriter,
    beside=("source",),
    as_written=True,
    has_addresses=True,
)
