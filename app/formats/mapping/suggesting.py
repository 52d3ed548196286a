"""A first draft of a mapping, guessed from the names of columns and the first rows."""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from app.errors import InvalidDocument
from app.formats.mapping.cells import as_text
from app.formats.reading.csv import read_rows
from app.formats.reading.geojson import read_features
from app.formats.reading.lines import WrongEncoding
from app.formats.reading.unpacking import BadArchive, unpack_if_packed
from app.values.slug import slugify

_ROWS: Final = 200
_WORDS: Final = {
    "id": r"^(id|.*_?id|key|code|no|nr|isqno|number)$",
    "title": r"^(title|name|label|headline|event|battle|treaty|conflict_name|.*name)$",
    "summary": r"(summary|description|abstract|notes?$|comment)",
    "start": r"(start|begin|from|datetime_min|since|signature|^date$|^day$)",
    "end": r"(end$|_end|until|^to$|datetime_max|term)",
    "year": r"^year$",
    "latitude": r"^(lat|latitude|y)$",
    "longitude": r"^(lon|lng|long|longitude|x)$",
    "place": r"(place|location|locn|where_coord|city|country$|^site)",
    "actor": r"(actor|side_[ab]$|belligerent|participant|party$|parties|country_[ab])",
    "low": r"(^low|_low|min_?deaths)",
    "best": r"(^best|deaths$|killed|fatalities|casualties)",
    "high": r"(^high|_high|max_?deaths)",
    "source": r"(source|reference|citation|url)",
    "tag": r"(region|category|type|war$|theater)",
}
_DATE: Final = re.compile(r"-?\d{4}(-\d{2}(-\d{2})?)?([T ].*)?")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_MOST_ACTORS: Final = 6


class _Table:
    """The columns of a table, and what its first rows have in them."""

    def __init__(self, rows: list[Mapping[str, Any]]) -> None:
        self.names = list(rows[0]) if rows else []
        self.cells = {
            name: [text for row in rows if (text := str(as_text(row.get(name, ""))).strip())]
            for name in self.names
        }

    def like(self, what: str) -> list[str]:
        return [
            name for name in self.names if self.cells[name] and re.search(_WORDS[what], name, re.IGNORECASE)
        ]

    def all_match(self, name: str, pattern: re.Pattern[str]) -> bool:
        return all(pattern.fullmatch(cell) for cell in self.cells[name])

    def is_unique(self, name: str) -> bool:
        return len(set(self.cells[name])) == len(self.cells[name])

    def first(self, names: Iterable[str]) -> str | None:
        return next(iter(names), None)


def suggest_mapping(name: str, form: str, pieces: Iterable[bytes]) -> str:
    """Draft a mapping for a table, in YAML with remarks on what to look at.

    Raises:
        InvalidDocument: not one row of it can be read.
    """
    try:
        rows = list(islice(_rows(form, unpack_if_packed(pieces)), _ROWS))
    except (BadArchive, WrongEncoding) as error:
        raise InvalidDocument(str(error)) from None
    if not rows:
        raise InvalidDocument("The table has no row that can be read.")
    return "\n".join(_draft(name, _Table(rows))) + "\n"


def _rows(form: str, pieces: Iterable[bytes]) -> Iterable[Mapping[str, Any]]:
    if form == "csv":
        return (row.cells for row in read_rows(pieces, repairs=True) if row.fault is None)
    return (read.raw["properties"] for read in read_features(pieces) if read.raw is not None)


def _draft(name: str, table: _Table) -> list[str]:
    stem = slugify(name.partition(".")[0]) or "table"
    dates = [one for one in table.names if table.cells[one] and table.all_match(one, _DATE)]
    titles = [one for one in table.like("title") if one not in dates and not table.all_match(one, _NUMBER)]
    ids = [one for one in table.like("id") if table.is_unique(one)]
    title = table.first(titles) or table.first(table.names) or ""
    lines = [
        f"# A draft for {name}: look at each line, then try it with annals import {name} --map THIS --dry-run.",
        f"about: {stem}",
        "records:",
        "  - kind: source",
        "    once: true",
        f"    id: {stem}",
        f'    title: "{stem}"  # what the table is called, by whom and under which licence',
        "    type: dataset",
    ]
    actors = [one for one in table.like("actor") if not table.all_match(one, _NUMBER)][:_MOST_ACTORS]
    for one in actors:
        lines += [
            "  - kind: actor",
            "    if_missing: true",
            f'    id: "{{{one}|slug}}"',
            f'    title: "{{{one}|line}}"',
        ]
    place = table.first(one for one in table.like("place") if not table.all_match(one, _NUMBER))
    if place is not None:
        lines += [
            "  - kind: place",
            "    if_missing: true",
            f'    id: "{{{place}|slug}}"',
            f'    title: "{{{place}|line}}"',
        ]
        where = table.first(table.like("longitude")), table.first(table.like("latitude"))
        if None not in where:
            lines += [f'    geometry: {{point: ["{{{where[0]}}}", "{{{where[1]}}}"]}}']
    lines += [
        "  - kind: event",
        f'    id: "{stem}-{{{ids[0] if ids else title}|slug}}"'
        + ("" if ids else "  # no column tells every row apart: add one that does"),
        f'    title: "{{{title}|line}}"',
        "    type: other  # or look_up from a column to terms of event-type",
        *_dates(table, dates),
    ]
    summary = table.first(one for one in table.like("summary") if one != title)
    if summary is not None:
        lines.append(f'    summary: "{{{summary}}}"')
    if place is not None:
        lines += ["    places:", f'      - {{place: "places/{{{place}|slug}}", role: site}}']
    if actors:
        lines += [
            "    participants:",
            *(f'      - {{actor: "actors/{{{one}|slug}}", role: participant}}' for one in actors),
        ]
    lines += _figures(table)
    tags = [
        one
        for one in table.like("tag")
        if len(set(table.cells[one])) <= 20 and not table.all_match(one, _NUMBER)
    ]
    if tags:
        lines += ["    tags:", *(f'      - "{{{one}|line}}"' for one in tags[:3])]
    source = table.first(table.like("source"))
    note = f', note: "{{{source}|line}}"' if source is not None else ""
    lines += ["    evidence:", f"      - {{source: sources/{stem}{note}}}"]
    used = "\n".join(lines)
    unused = [one for one in table.names if f"{{{one}" not in used]
    if unused:
        lines += ["# Not used: " + ", ".join(unused[:60])]
    return lines


def _dates(table: _Table, dates: list[str]) -> list[str]:
    start = table.first(one for one in table.like("start") if one in dates) or table.first(dates)
    end = table.first(one for one in table.like("end") if one in dates and one != start)
    if start is None:
        year = table.first(table.like("year"))
        return [f'    date: {{year: "{{{year}}}"}}'] if year is not None else []
    if end is None:
        return [f'    date: "{{{start}|day}}"']
    return ["    date:", f'      start: "{{{start}|day}}"', f'      end: "{{{end}|day}}"']


def _figures(table: _Table) -> list[str]:
    found = {
        bound: table.first(one for one in table.like(bound) if table.all_match(one, _NUMBER))
        for bound in ("low", "best", "high")
    }
    given = ", ".join(f'{bound}: "{{{one}}}"' for bound, one in found.items() if one is not None)
    return ["    figures:", f"      - {{measure: deaths, {given}}}"] if given else []
