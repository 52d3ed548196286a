"""Reading PeriodO: periods as scholars have defined them, each an event with the authority as its source.

The format is JSON-LD of a fixed shape (perio.do, "technical overview"): authorities by their ids, with their
periods by theirs. Years are astronomical, as here; an end that lies between two years is given by the digits that
both have in common, and exactly in a note.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from app.errors import AnnalsError, Fault
from app.imports.documents import UNMAPPED, ImportedDocument, unreadable_line
from app.imports.json_values import object_of, values_of
from app.imports.readers.file_format import FileFormat
from app.imports.readers.lines import without_mark
from app.imports.readers.ndjson import faults_of_json
from app.values.edtf.text import year_text
from app.values.json_limits import JsonLimits
from app.values.json_pointer import escaped
from app.values.slug import slugify
from app.values.strict_json import parse_with_faults
from app.values.year_masks import least_mask

MAX_BYTES: Final = 32 * 2**20
"""The largest file: authorities are members of one object, so it is held whole."""

ADDRESS: Final = "http://n2t.net/ark:/99152/"
"""What an id is completed with to the permanent address of an authority or period."""

_LIMITS: Final = JsonLimits(values=2_000_000, containers=500_000, wide_bytes=MAX_BYTES)
_TOO_LARGE: Final = f"A file of PeriodO may have {MAX_BYTES // 2**20} MiB; this one has more."
_YEAR: Final = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)
_CARRIED: Final = frozenset(
    [
        "id",
        "type",
        "label",
        "language",
        "languageTag",
        "localizedLabels",
        "start",
        "stop",
        "spatialCoverage",
        "spatialCoverageDescription",
        "note",
        "editorialNote",
        "source",
        "broader",
        "narrower",
        "derivedFrom",
        "derivedPeriods",
        "sameAs",
        "inScheme",
    ]
)
_OF_AUTHORITIES: Final = frozenset({"id", "type", "source", "periods", "inScheme"})
_OF_SOURCES: Final = frozenset(
    {"id", "@id", "type", "title", "citation", "locator", "partOf", "url", "creators", "yearPublished"}
)


def read_periodo(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read authorities as sources, their periods as events, and what these cover as places.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    text = bytearray()
    for chunk in without_mark(chunks):
        text += chunk
        if len(text) > MAX_BYTES:
            yield unreadable_line(1, "too_large", _TOO_LARGE)
            return
    try:
        said, faults = parse_with_faults(bytes(text), _LIMITS)
    except AnnalsError as error:
        faults = faults_of_json(error)
    if faults:
        yield ImportedDocument(1, faults=faults)
        return
    authorities = object_of(said).get("authorities")
    if not isinstance(authorities, Mapping):
        yield unreadable_line(
            1, "invalid_json", "Give an object with `authorities`, as PeriodO publishes it."
        )
        return
    del text, said
    known = {
        one
        for authority in authorities.values()
        if isinstance(authority, Mapping) and isinstance(authority.get("periods"), Mapping)
        for one in authority["periods"]
    }
    places: set[str] = set()
    number = 0
    for authority_id, authority in authorities.items():
        source = slugify(authority_id)
        periods = authority.get("periods") if isinstance(authority, Mapping) else None
        if source is None or not isinstance(authority, Mapping) or not isinstance(periods, Mapping):
            detail = "Give authorities as objects with `periods`."
            yield unreadable_line(1, "not_an_authority", detail, f"/authorities/{escaped(authority_id)}")
            continue
        notes = () if _is_source_carried(authority) else (UNMAPPED,)
        yield ImportedDocument(1, _source(source, authority), notes=notes)
        for period_id, period in periods.items():
            number += 1
            yield from _read_period(number, period_id, period, source, known, places)


def _source(source: str, authority: Mapping[str, Any]) -> dict[str, Any]:
    said = object_of(authority.get("source"))
    whole = object_of(said.get("partOf"))
    year = _year(said.get("yearPublished") or whole.get("yearPublished"))
    creators = _texts(said.get("creators") or whole.get("creators"), "name")
    title = said.get("title") or said.get("citation") or whole.get("title") or source
    address = said.get("url") or said.get("id") or whole.get("url") or whole.get("id")
    found = {
        "kind": "source",
        "id": source,
        "title": title,
        "authors": list(dict.fromkeys(creators)),
        "container": whole.get("title") if said.get("title") else None,
        "pages": said.get("locator"),
        "date": year_text(year) if year is not None else None,
        "url": address if isinstance(address, str) and address.startswith("http") else None,
        "same_as": [_address_of(str(authority.get("id", source)))],
    }
    return {name: one for name, one in found.items() if one}


def _is_source_carried(authority: Mapping[str, Any]) -> bool:
    said = object_of(authority.get("source"))
    described = (said, object_of(said.get("partOf")))
    return authority.keys() <= _OF_AUTHORITIES and all(one.keys() <= _OF_SOURCES for one in described)


def _read_period(
    number: int, period_id: str, period: Any, source: str, known: set[str], places: set[str]
) -> Iterator[ImportedDocument]:
    identifier = slugify(period_id)
    if not isinstance(period, Mapping) or identifier is None or not isinstance(period.get("label"), str):
        detail = "Give periods as objects with a label."
        yield ImportedDocument(1, faults=(Fault("not_a_period", detail),), number=number)
        return
    covered: dict[str, None] = {}
    for one in values_of(period.get("spatialCoverage")):
        label = object_of(one).get("label")
        place = slugify(label) if isinstance(label, str) else None
        if not isinstance(label, str) or place is None or place in covered:
            continue
        covered[place] = None
        if place not in places:
            places.add(place)
            yield ImportedDocument(
                1,
                _place(place, label, object_of(one).get("id") or object_of(one).get("@id")),
                if_missing=True,
            )
    labels, aliases = _labels(period)
    named = [
        (word, target)
        for name, word in (("broader", "part-of"), ("derivedFrom", "based-on"))
        for target in _ids(period.get(name))
    ]
    raw = {
        "kind": "event",
        "id": identifier,
        "type": "period",
        "title": period["label"],
        "labels": labels,
        "aliases": aliases,
        "summary": _paragraphs(period, "note", "editorialNote", "spatialCoverageDescription"),
        "date": _date(object_of(period.get("start")), object_of(period.get("stop"))),
        "same_as": list(dict.fromkeys([_address_of(period_id), *_addresses(period.get("sameAs"))])),
        "relations": [
            {"type": word, "target": f"events/{slugify(target)}"} for word, target in named if target in known
        ],
        "places": [{"place": f"places/{place}"} for place in covered],
        "evidence": [
            {"source": f"sources/{source}", **_note(object_of(period.get("source")).get("locator"))}
        ],
    }
    is_dated = raw["date"] is not None or not (period.get("start") or period.get("stop"))
    is_whole = is_dated and period.keys() <= _CARRIED and all(target in known for _, target in named)
    yield ImportedDocument(
        1,
        {name: one for name, one in raw.items() if one},
        notes=() if is_whole else (UNMAPPED,),
        number=number,
    )


def _labels(period: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Return one label for each language, and all others as aliases."""
    labels: dict[str, str] = {}
    aliases: list[str] = []
    for language, said in object_of(period.get("localizedLabels")).items():
        texts = [one for one in values_of(said) if isinstance(one, str)]
        has_title = period["label"] in texts
        for label in texts:
            if label == period["label"]:
                continue
            if language in labels or has_title:
                aliases.append(label)
            else:
                labels[language] = label
    known = frozenset(labels.values())
    return labels, [one for one in dict.fromkeys(aliases) if one not in known]


def _date(start: Mapping[str, Any], stop: Mapping[str, Any]) -> dict[str, str] | None:
    notes: list[str] = []
    texts = [_end("start", start, notes), _end("end", stop, notes)]
    if not any(texts):
        return None
    edtf = texts[0] if texts[0] == texts[1] and len(texts[0].strip("-")) == len("1900") else "/".join(texts)
    written = " – ".join(str(one.get("label") or "?") for one in (start, stop))
    return {"edtf": edtf, "as_written": written} | ({"note": " ".join(notes)} if notes else {})


def _end(side: str, said: Mapping[str, Any], notes: list[str]) -> str:
    if str(said.get("label")).lower() == "present":
        return ".."
    years = object_of(said.get("in"))
    first, last = _year(years.get("earliestYear")), _year(years.get("latestYear"))
    if (year := _year(years.get("year"))) is not None:
        first = last = year
    if first is None or last is None:
        return ""
    if first != last:
        notes.append(f"The {side} lies between {year_text(first)} and {year_text(last)}.")
    return least_mask(first, last) or ""


def _year(said: Any) -> int | None:
    """Return an astronomical year, given as a number or as text."""
    return int(said) if isinstance(said, str | int) and _YEAR.fullmatch(str(said)) else None


def _address_of(identifier: str) -> str:
    """Return the address of an identifier, which PeriodO gives below its own where it is no address itself."""
    return identifier if identifier.startswith(("http://", "https://")) else f"{ADDRESS}{identifier}"


def _place(place: str, label: str, address: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "place", "id": place, "title": label}
    return found | {"same_as": list(_addresses(address))} if address else found


def _addresses(said: Any) -> Iterator[str]:
    for one in values_of(said):
        text = one.get("id") if isinstance(one, Mapping) else one
        if isinstance(text, str) and text.startswith(("http://", "https://")):
            yield text


def _ids(said: Any) -> Iterator[str]:
    for one in values_of(said):
        text = one.get("id") if isinstance(one, Mapping) else one
        if isinstance(text, str):
            yield text


def _texts(said: Any, member: str) -> Iterator[str]:
    for one in values_of(said):
        text = object_of(one).get(member)
        if isinstance(text, str):
            yield text


def _note(said: Any) -> dict[str, str]:
    return {"note": said} if isinstance(said, str) and said else {}


def _paragraphs(period: Mapping[str, Any], *names: str) -> str:
    return "\n\n".join(str(period[name]) for name in names if isinstance(period.get(name), str))


_BEGINS: Final = re.compile(r'\{(?s:.*?)"authorities"\s*:\s*\{')

FORMAT: Final = FileFormat(
    "periodo",
    "PeriodO",
    (),
    (),
    lambda chunks, _: read_periodo(chunks),
    lambda head: _BEGINS.match(head.text) is not None,
    within="json",
)
