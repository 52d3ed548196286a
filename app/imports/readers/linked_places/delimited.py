"""Linked Places delimited (LP-TSV 0.4 and 0.5): a row for each place.

Of `start` and `end`, a negative year is one before the common era, -320 that of 320 BCE; a start alone means from then, with
an end that is not known. `title_source` is a source, of `attestation_year`, and evidence for the title.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from app.errors import Fault
from app.formats.delimited_places import COLUMNS, LP_TSV
from app.formats.linked_places import FEATURE_TYPES
from app.imports.documents import UNMAPPED, ImportedDocument, restored_members
from app.imports.readers.csv import read_rows
from app.imports.readers.file_format import FileFormat, Head
from app.imports.readers.linked_places.feature import TYPES, address_of, is_own, outline, reference_of
from app.records.scalars import split_reference
from app.values.coordinates import Circle
from app.values.edtf.text import year_text
from app.values.slug import slugify
from app.values.wkt import WktError, parse_wkt

_DATE: Final = re.compile(r"(-?[0-9]{1,6})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_VARIANT: Final = re.compile(r"(.*?)(?:@([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*))?", re.DOTALL)
_READ: Final = frozenset(
    [
        "id",
        "title",
        "title_source",
        "title_uri",
        "start",
        "end",
        "attestation_year",
        "matches",
        "variants",
        "types",
        "aat_types",
        "parent_name",
        "parent_id",
        "lon",
        "lat",
        "geowkt",
        "description",
    ]
)
_OWN_READ: Final = _READ.union(COLUMNS)
_ADDED: Final = frozenset({"aliases", "labels", "same_as", "relations"})
_REQUIRED: Final = frozenset({"id", "title", "title_source"})


def read_delimited(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read rows as places, each source of titles before the first of them, and at the end the places they are parts of.

    Raises:
        WrongEncoding: bytes do not fit the encoding, or it cannot be told.
    """
    sources: set[str] = set()
    seen: set[str] = set()
    wanted: dict[str, str] = {}
    for row in read_rows(chunks):
        if row.fault is not None:
            yield ImportedDocument(row.line, faults=(row.fault,))
            continue
        place = _Row({name: cell.strip() for name, cell in row.cells.items() if cell.strip()})
        raw = place.document()
        source = None if place.own else place.source()
        if source is not None and source["id"] not in sources:
            sources.add(source["id"])
            yield ImportedDocument(row.line, source, if_missing=True)
        seen.add(f"places/{raw.get('id')}")
        wanted |= place.wanted
        notes = (*row.notes, *((UNMAPPED,) if place.lost else ()))
        members = restored_members(raw) if place.own else frozenset(raw)
        added = _ADDED & members if place.own else frozenset()
        yield ImportedDocument(row.line, raw, tuple(place.faults), notes=notes, members=members, added=added)
    yield from (outline(ref, title) for ref, title in wanted.items() if ref not in seen)


class _Row:
    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = cells
        self.faults: list[Fault] = []
        self.wanted: dict[str, str] = {}
        self.own = is_own(cells.get("id", ""))
        self.lost = not cells.keys() <= (_OWN_READ if self.own else _READ)

    def document(self) -> dict[str, Any]:
        said: dict[str, Any] = {"kind": "place", "id": self._id(), "title": self._cells.get("title")}
        self._names(said)
        self._types(said)
        matches = [address_of(one) for one in self._several("matches")]
        self.lost = self.lost or None in matches
        said["same_as"] = list(dict.fromkeys(one for one in matches if one is not None))
        said["date"] = self._date()
        said["summary"] = self._cells.get("description")
        said["geometry"] = self._geometry()
        said["relations"] = self._part_of()
        if not self.own and (source := self.source()) is not None:
            said["evidence"] = [{"source": f"sources/{source['id']}", "property": "title"}]
            year, uri = self._cells.get("attestation_year"), self._cells.get("title_uri")
            self.lost = self.lost or bool(year and "date" not in source) or bool(uri and "url" not in source)
        return {name: one for name, one in said.items() if one}

    def source(self) -> dict[str, Any] | None:
        """Return the source of the title."""
        title = self._cells.get("title_source", "")
        named = slugify(title)
        if named is None:
            return None
        uri, year = self._cells.get("title_uri", ""), self._cells.get("attestation_year", "")
        found = {
            "kind": "source",
            "id": named,
            "title": title,
            "url": uri if uri.startswith(("http://", "https://")) else None,
            "date": _edtf(year),
        }
        return {name: one for name, one in found.items() if one}

    def _several(self, name: str) -> list[str]:
        return [one.strip() for one in self._cells.get(name, "").split(";") if one.strip()]

    def _id(self) -> str | None:
        """Return the id that a row gives; with the title where it is a number, as each data set has a first row."""
        given = self._cells.get("id", "")
        if given.startswith("http"):
            ref = reference_of(given)
            return None if ref is None else split_reference(ref)[1]
        return slugify(f"{self._cells.get('title', '')} {given}" if given.isdecimal() else given)

    def _names(self, said: dict[str, Any]) -> None:
        labels: dict[str, str] = {}
        aliases: list[str] = []
        for one in self._several("variants"):
            found = _VARIANT.fullmatch(one)
            name, language = (one, None) if found is None else (found[1].strip(), found[2])
            if language is not None and language not in labels:
                labels[language] = name
            elif name != self._cells.get("title"):
                aliases.append(name)
        said |= {"labels": labels, "aliases": list(dict.fromkeys(aliases))}

    def _types(self, said: dict[str, Any]) -> None:
        if self.own:
            said["type"] = slugify(self._cells.get("types", ""))
            return
        known = [name for one in self._several("types") if (name := slugify(one)) in FEATURE_TYPES]
        known += [TYPES[one] for one in self._several("aat_types") if one in TYPES]
        said["type"] = next(iter(known), None)
        said["tags"] = [
            one for one in dict.fromkeys(self._several("types")) if slugify(one) not in FEATURE_TYPES
        ]
        self.lost = self.lost or any(one not in TYPES for one in self._several("aat_types"))

    def _date(self) -> str | dict[str, str] | None:
        if self.own:
            known = {"edtf": self._cells.get("date_edtf"), "calendar": self._cells.get("date_calendar")}
            return {name: one for name, one in known.items() if one}
        ends = [self._cells.get(name, "") for name in ("start", "end")]
        found = [_edtf(one) for one in ends]
        for name, text, edtf in zip(("start", "end"), ends, found, strict=True):
            if text and edtf is None:
                detail = f"Write {name} as a year, or as YYYY-MM-DD; -320 is 320 BCE."
                self.faults.append(Fault("invalid_date", detail, f"/{name}", value=text[:60]))
        if not any(ends) or self.faults:
            return None
        return found[0] if found[0] == found[1] else f"{found[0] or ''}/{found[1] or ''}"

    def _geometry(self) -> dict[str, Any] | None:
        text = self._cells.get("geowkt")
        if text is not None:
            try:
                return parse_wkt(text)
            except WktError as error:
                self.faults.append(
                    Fault("invalid_wkt", f"Write geowkt as well-known text. {error}", "/geowkt")
                )
                return None
        if "lon" not in self._cells and "lat" not in self._cells:
            return None
        try:
            Circle.parse(f"{self._cells['lat']},{self._cells['lon']}")
            position = [_number(self._cells[name]) for name in ("lon", "lat")]
        except (KeyError, ValueError):
            detail = "Give lon and lat together, in decimal degrees with a point: at most 180 and 90."
            self.faults.append(
                Fault("invalid_geometry", detail, "/lon", value=self._cells.get("lon", "")[:60])
            )
            return None
        return {"type": "Point", "coordinates": position}

    def _part_of(self) -> list[dict[str, str]]:
        name, address = self._cells.get("parent_name", ""), self._cells.get("parent_id", "")
        whole = address_of(address)
        ref = reference_of(whole) if whole is not None else None
        if ref is None and name and (named := slugify(name)) is not None:
            ref = f"places/{named}"
        self.lost = self.lost or (bool(address) and whole is None)
        if ref is None:
            return []
        self.wanted[ref] = name or address
        return [{"type": "part-of", "target": ref}]


def _number(text: str) -> int | float:
    """Return a number as it is written: whole numbers stay whole."""
    return int(text) if text.removeprefix("-").isdecimal() else float(text)


def _edtf(text: str) -> str | None:
    """Return a date of the format in EDTF, whose years are astronomical; None where it is none."""
    parts = _DATE.fullmatch(text)
    if parts is None or int(parts[1]) == 0:
        return None
    year = int(parts[1])
    return "-".join((year_text(year if year > 0 else year + 1), *(one for one in parts.groups()[1:] if one)))


def _recognises(head: Head) -> bool:
    """Return whether the first line has the columns that every such table must have."""
    if not head.lines:
        return False
    names = {one.strip().strip('"') for one in re.split(r"[\t,;]", head.lines[0])}
    return names >= _REQUIRED and bool(names & {"start", "attestation_year"})


FORMAT: Final = FileFormat(
    "lp-tsv",
    "Linked Places delimited",
    (LP_TSV.suffix,),
    (),
    lambda chunks, _: read_delimited(chunks),
    _recognises,
    within="csv",
)
