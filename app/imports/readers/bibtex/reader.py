"""Entries of BibTeX and biblatex as sources: which member a field is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from app.formats.citation_terms import FIELDS, MONTHS, TYPES, TYPES_OF_ENTRIES, VARIABLES
from app.imports.documents import UNMAPPED, ImportedDocument, noted, read_as, unreadable_line
from app.imports.readers.bibtex.entries import (
    BrokenEntry,
    RawEntry,
    Strings,
    cut_entries,
    define_string,
    parse_fields,
)
from app.imports.readers.bibtex.latex import to_text
from app.imports.readers.bibtex.names import read_keywords, read_name_parts, read_names
from app.imports.readers.cited_sources import cited_source, id_of_key, is_own, known_parts
from app.imports.readers.encoding import UTF8, detect_encoding, to_utf8
from app.imports.readers.lines import Line, cut_lines, without_mark
from app.values.edtf.text import is_edtf

_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    **{member: (FIELDS[variable],) for member, variable in VARIABLES.items() if variable in FIELDS},
    "container": ("journaltitle", "journal", "booktitle", "maintitle"),
    "issue": ("number", "issue"),
    "publisher": ("publisher", "institution", "school", "organization"),
    "language": ("langid", "language"),
}
"""The fields that are a member that is plain text; the first that is there counts."""

_RANGE: Final = re.compile(r"(?<!-)--(?!-)")
_URL: Final = re.compile(r"\\url\{([^{}]*)\}|(https?://\S+)")
_DIGITS: Final = re.compile(r"[0-9]{4}")

# Sets of entries that are there too, and fields that others take over: no sources themselves (biblatex, 2.1.1 and 3.13.6).
_NO_SOURCES: Final = frozenset({"set", "xdata"})

# What says nothing of the source, or only how it is printed.
_IGNORED: Final = frozenset(
    [
        "entrysubtype",
        "sortkey",
        "sortname",
        "sorttitle",
        "presort",
        "shorthand",
        "options",
        "file",
        "timestamp",
        "date-added",
        "date-modified",
        "bdsk-url-1",
        "bdsk-file-1",
        "owner",
        "groups",
        "langidopts",
        "hyphenation",
    ]
)


def read_bibtex(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read entries as sources, one at a time.

    Raises:
        WrongEncoding: bytes do not fit the encoding, or it cannot be told.
    """
    encoding, whole = detect_encoding(chunks)
    notes = () if encoding == UTF8 else (read_as(encoding),)
    yield from noted(_read(cut_lines(without_mark(to_utf8(whole, encoding)))), notes)


def _read(lines: Iterable[Line]) -> Iterator[ImportedDocument]:
    strings = Strings()
    is_empty = True
    left_out = False
    held: ImportedDocument | None = None
    for entry in cut_entries(lines):
        is_empty = False
        try:
            if entry.fault is not None:
                raise entry.fault
            if entry.kind == "string":
                define_string(entry, strings)
                continue
            if entry.kind in _NO_SOURCES:
                left_out = True
                continue
            read = _source(entry, *parse_fields(entry, strings, _IGNORED))
        except BrokenEntry as error:
            read = unreadable_line(error.line, error.code, error.detail)
        if held is not None:
            yield held
        held = read
    if held is not None:
        yield replace(held, notes=tuple(dict.fromkeys((*held.notes, UNMAPPED)))) if left_out else held
    elif left_out:
        yield unreadable_line(
            1, "no_records", "There are sets and shared fields alone, and no source of its own."
        )
    if is_empty:
        yield unreadable_line(
            1, "invalid_bibtex", "Give entries such as @book{key, title = {…}}: there is none."
        )


def _source(entry: RawEntry, key: str, fields: dict[str, str]) -> ImportedDocument:
    permanent = to_text(fields.get("annotation", ""))
    own = is_own(key, permanent)
    used = set(_IGNORED)
    said: dict[str, Any] = {"title": _title(fields, used)}
    subtype = fields.get("entrysubtype", "")
    said["type"] = (
        subtype if own and (subtype in TYPES or subtype == "other") else TYPES_OF_ENTRIES.get(entry.kind)
    )
    if not own and subtype in ("magazine", "newspaper") and entry.kind == "article":
        said["type"] = "news-article" if subtype == "newspaper" else "article"
    left_out = _read_lists(fields, used, said)
    for member, names in _MEMBERS.items():
        name = next((one for one in names if fields.get(one, "").strip()), None)
        if name is not None and not (member == "attribution" and not own):
            used.add(name)
            said[member] = _text_of(member, fields[name])
    said["url"] = _url(fields, used)
    if own and said["url"] == permanent:
        del said["url"]
    said["date"] = _date(fields, used, own=own)
    said["accessed"] = fields.get("urldate", "").strip()
    summary = [
        to_text(fields[name])
        for name in ("abstract", "note", "annotation", "annote")
        if name in fields and not (own and name in ("note", "annotation"))
    ]
    said["summary"] = "\n\n".join(one for one in summary if one)
    whole = id_of_key(to_text(fields.get("crossref", "")))
    if whole is not None:
        used.add("crossref")
        said["relations"] = [{"type": "part-of", "target": f"sources/{whole}"}]
    used |= {"urldate", "abstract", "note", "annotation", "annote", "shorttitle"}
    short = to_text(fields.get("shorttitle", ""))
    said["aliases"] = [short] if short and short != said["title"] else []
    left_out = left_out or not fields.keys() <= used or (said["type"] is None and entry.kind != "misc")
    return cited_source(entry.line, key or None, said, own=own, left_out=left_out and not own)


def _title(fields: Mapping[str, str], used: set[str]) -> str:
    used |= {"title", "subtitle"}
    return ": ".join(one for name in ("title", "subtitle") if (one := to_text(fields.get(name, ""))))


def _read_lists(fields: Mapping[str, str], used: set[str], said: dict[str, Any]) -> bool:
    """Read authors, editors and keywords; returns whether somebody is among them without a name."""
    has_others = False
    for field, member in (("author", "authors"), ("editor", "editors")):
        if field in fields:
            said[member], others = read_names(fields[field])
            has_others = has_others or others
            said["name_parts"] = known_parts((*said.get("name_parts", ()), *read_name_parts(fields[field])))
    if "keywords" in fields:
        said["tags"] = read_keywords(fields["keywords"])
    used |= {"author", "editor", "keywords"}
    return has_others


def _text_of(member: str, value: str) -> str:
    if member == "pages":
        return to_text(_RANGE.sub("-", value))
    if member == "doi" and "\\" not in value:
        return value.strip()
    return to_text(value)


def _url(fields: Mapping[str, str], used: set[str]) -> str:
    for name in ("url", "howpublished"):
        found = _URL.search(fields.get(name, ""))
        if found is not None:
            used.add(name)
            address = found[1] or found[2]
            return re.sub(r"\\([%#&_~])", r"\1", address)
    return ""


def _date(fields: Mapping[str, str], used: set[str], *, own: bool) -> str | dict[str, str]:
    used |= {"date", "year", "month", "day"}
    if date := fields.get("date", "").strip():
        return {"edtf": date} if is_edtf(date) else to_text(date)
    year, month, day = (to_text(fields.get(name, "")) for name in ("year", "month", "day"))
    if not _DIGITS.fullmatch(year):
        return year if own else " ".join(one for one in (day, month, year) if one)
    number = _month(month)
    if not month:
        return {"edtf": year}
    if number is None:
        return " ".join(one for one in (day, month, year) if one)
    if not day:
        return {"edtf": f"{year}-{number:02d}"}
    return (
        {"edtf": f"{year}-{number:02d}-{int(day):02d}"}
        if day.isdecimal() and len(day) <= 2
        else f"{day} {month} {year}"
    )


def _month(text: str) -> int | None:
    name = text[:3].lower()
    if text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= len(MONTHS):
        return int(text)
    return MONTHS.index(name) + 1 if len(text) == len(name) and name in MONTHS else None
