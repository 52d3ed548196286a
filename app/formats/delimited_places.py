"""Linked Places delimited (LP-TSV 0.5): a row for each place, for gazetteers that take tables.

* A row has no time for names, shapes and relations of their own, and one source: that of the title. What else a place has is
  not said.
* Years are historical: -320 is 320 BCE. `start` and `end` are as precise as they are known, a vague end is given by its outer
  bound; `date_edtf` and `date_calendar`, columns of this service's own, have the date as it is.
* Lists are divided by semicolons, and no cell has tabs or line breaks: names with a semicolon are left out, as are aliases with an
  at sign, and white space becomes one space.
* `title_source` is empty where no source supports the title, though the format wants one. `ccodes` are not known.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from app.formats.date_parts import civil, is_interval, precise
from app.formats.format import About, Format, FormatItem
from app.formats.linked_places import FEATURE_TYPES, PREFIXES, Citations
from app.records.historical_date import HistoricalDate
from app.records.place import Place
from app.values.calendar import gregorian_from_days
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END, OPEN_START
from app.values.wkt import to_wkt

COLUMNS: Final = (
    "id",
    "title",
    "title_source",
    "title_uri",
    "attestation_year",
    "start",
    "end",
    "fclasses",
    "aat_types",
    "types",
    "matches",
    "variants",
    "parent_name",
    "parent_id",
    "lon",
    "lat",
    "geowkt",
    "geo_source",
    "geo_id",
    "description",
    "date_edtf",
    "date_calendar",
)
"""The columns of the format, and at the end two of this service's own."""


class DelimitedPlacesWriter:
    """Writes rows of places; other records have none."""

    held = 0

    def __init__(self, about: About) -> None:
        """Make addresses below that of the service."""
        self._base = about.base

    def begin(self) -> bytes:
        """Give the header row."""
        return _lines([COLUMNS])

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Give a row for each place."""
        rows = [_cells(item, item.record, self._base) for item in items if isinstance(item.record, Place)]
        return _lines([[_line(cells.get(name, "")) for name in COLUMNS] for cells in rows])

    def end(self) -> tuple[bytes, ...]:
        """Give nothing: a table just ends."""
        return ()


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, dialect="excel-tab", lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def _line(text: str) -> str:
    return " ".join(text.split())


def _cells(item: FormatItem, place: Place, base: str) -> dict[str, str]:
    citing = Citations(item, base)
    fclass, concept = FEATURE_TYPES.get(place.type or "", (None, None))
    names = [f"{label}@{tag}" for tag, label in place.labels.items() if ";" not in label]
    # An at sign would begin a language.
    names += [alias for alias in place.aliases if not {";", "@"} & set(alias)]
    cells = {
        "id": f"{base}/v1/{item.ref}",
        "title": place.title,
        "fclasses": fclass or "",
        "types": (place.type or "").replace("-", " "),
        "aat_types": concept or "",
        "matches": ";".join(_match(one) for one in place.same_as),
        "variants": ";".join(names),
        "description": place.summary or "",
    }
    for one in citing.of("title", None)[:1]:
        cells |= {"title_source": one["label"], "title_uri": one["@id"]}
        cells["attestation_year"] = str(civil(one["year"])) if "year" in one else ""
    for one in citing.of("geometry")[:1]:
        cells |= {"geo_source": one["label"], "geo_id": one["@id"]}
    parent = next((one.target for one in place.relations if one.type == "part-of"), None)
    if parent is not None:
        whole = item.linked.get(parent)
        cells |= {
            "parent_name": parent if whole is None else whole.title,
            "parent_id": citing.address(parent),
        }
    return cells | _dates(place.date) | _shape(place.geometry)


def _match(address: str) -> str:
    """Return an address with the prefix of its gazetteer, where it has one."""
    for prefix, base in PREFIXES.items():
        if address.startswith(base) and len(address) > len(base):
            return f"{prefix}:{address.removeprefix(base)}".replace(";", "%3B")
    return address.replace(";", "%3B")


def _dates(date: HistoricalDate | None) -> dict[str, str]:
    if date is None:
        return {}
    cells = {"date_edtf": date.edtf, "date_calendar": date.calendar or ""}
    bounds = known_bounds(date.value)
    if bounds is None:
        return cells
    if not is_interval(bounds) and precise(bounds.s1, bounds.e2) is not None:
        whole = _day(bounds.s1, bounds.e2, bounds.s1)
        return cells | {"start": whole, "end": whole}
    start = _day(bounds.s1, bounds.s2, bounds.s1)
    return cells | {"start": start, "end": _day(bounds.e1, bounds.e2, bounds.e2)}


def _day(first: int, last: int, outer: int) -> str:
    """Return the year, month or day that two days bound exactly, else the outer one of them."""
    parts = precise(first, last)
    if parts is None:
        if not OPEN_START < outer < OPEN_END:
            return ""
        year, *rest = gregorian_from_days(outer)
        parts = (civil(year), *rest)
    return "-".join((str(parts[0]), *(f"{part:02}" for part in parts[1:])))


def _shape(geometry: Mapping[str, object] | None) -> dict[str, str]:
    if geometry is None:
        return {}
    position = geometry.get("coordinates")
    if geometry["type"] == "Point" and isinstance(position, Sequence) and len(position) == 2:
        longitude, latitude = position
        return {"lon": repr(longitude), "lat": repr(latitude)}
    return {"geowkt": to_wkt(geometry)}


LP_TSV: Final = Format(
    name="lp-tsv",
    media_type="text/tab-separated-values",
    suffix=".lp.tsv",
    rule=(
        "Linked Places delimited (LP-TSV 0.5): a row for each place, with the source of its title, names without their times and but for those with a semicolon, one "
        "part-of relation and the geometry of no time; other records have no row. `start` and `end` are the outer bounds of "
        "a vague date, and -320 is 320 BCE; `date_edtf` and `date_calendar` have the date as it is. `title_source` is empty where no source supports "
        "the title. No limit unless one is given."
    ),
    writer=DelimitedPlacesWriter,
    streams=True,
    attachment=True,
    as_written=True,
    beside=("source", "place"),
    parameters="; charset=utf-8",
    has_addresses=True,
)
