"""`when` of Linked Places: time spans as EDTF.

A side is `in`, or lies between `earliest` and `latest`. A single date that lies between two is a set of EDTF, which is
exact; the side of an interval can be none, and has the digits that both have in common, with the bounds in a note.
Years are astronomical, as ISO 8601 has them.
"""

import re
from typing import Any, Final

from app.imports.json_values import object_of
from app.values.date_text.errors import DateTextError
from app.values.date_text.reading import read_date_text
from app.values.edtf.nodes import EdtfError
from app.values.edtf.text import is_edtf, year_text
from app.values.edtf.value import parse_edtf
from app.values.year_masks import least_mask

_DATE: Final = re.compile(r"([+-]?[0-9]{1,9})(?:-([0-9]{2})(?:-([0-9]{2})(?:T.*)?)?)?")


def read_when(said: Any, *, own: bool = False, lasts: bool = False) -> dict[str, Any] | None:
    """Return the date that a `when` says; None where it says none that can be read.

    With `own` it is one that this service wrote, whose label means the very same date. Of what `lasts`, as a life does, a
    start alone is that of an interval whose end is not known.
    """
    when = object_of(said)
    label = when.get("label")
    if own and isinstance(label, str) and (restored := _of_label(label)) is not None:
        return restored
    spans = when.get("timespans")
    notes: list[str] = []
    texts = (
        [text for one in spans if (text := _span(one, notes, lasts=lasts))] if isinstance(spans, list) else []
    )
    if not texts:
        return None
    edtf = texts[0] if len(texts) == 1 else _all_of(texts, notes)
    if when.get("certainty") in ("less-certain", "uncertain"):
        edtf = _doubted(edtf, notes)
    if not is_edtf(edtf):
        return None
    found: dict[str, Any] = {"edtf": edtf}
    if isinstance(label, str) and label.strip():
        found["as_written"] = label
    return found | ({"note": " ".join(notes)} if notes else {})


def _of_label(label: str) -> dict[str, Any] | None:
    try:
        read = read_date_text(label).decided
    except DateTextError:
        return None
    if read is None or read.edtf is None:
        return None
    calendar = read.calendar.value
    return {"edtf": read.edtf} | ({"calendar": calendar} if calendar != "gregorian" else {})


def _span(said: Any, notes: list[str], *, lasts: bool) -> str | None:
    span = object_of(said)
    start, end = _side(span.get("start")), _side(span.get("end"))
    if start is None:
        return None if end is None else f"/{_in_interval('end', end, notes)}"
    if end is None and lasts:
        return f"{_in_interval('start', start, notes)}/"
    if end is None or end == start:
        return _single(*start)
    return f"{_in_interval('start', start, notes)}/{_in_interval('end', end, notes)}"


def _side(said: Any) -> tuple[str, str] | None:
    """Return the earliest and the latest date of a side, empty where it is not known; None where neither is."""
    side = object_of(said)
    exact = _text(side.get("in"))
    bounds = (exact, exact) if exact else (_text(side.get("earliest")), _text(side.get("latest")))
    return bounds if any(bounds) else None


def _text(said: Any) -> str:
    parts = _DATE.fullmatch(said.strip()) if isinstance(said, str) else None
    if isinstance(said, int) and not isinstance(said, bool):
        return year_text(said)
    if parts is None:
        return ""
    return "-".join((year_text(int(parts[1])), *(one for one in parts.groups()[1:] if one)))


def _single(first: str, last: str) -> str:
    return first if first == last else _unit(first, last) or f"[{first}..{last}]"


def _unit(first: str, last: str) -> str | None:
    """Return the year or month whose first and last day these are; None where they are no such days."""
    for unit in (first[:-3], first[:-6]):
        if unit and first.count("-", 1) == 2:
            try:
                bounds = parse_edtf(unit).span.bounds
                whole = (parse_edtf(first).span.bounds.s1, parse_edtf(last).span.bounds.e2)
            except EdtfError:
                return None
            if (bounds.s1, bounds.e2) == whole:
                return unit
    return None


def _in_interval(side: str, bounds: tuple[str, str], notes: list[str]) -> str:
    first, last = bounds
    if first == last:
        return first
    if first and last:
        if (unit := _unit(first, last)) is not None:
            return unit
        notes.append(f"The {side} lies between {first} and {last}.")
        return least_mask(_year(first), _year(last)) or ""
    notes.append(
        f"The {side} is not earlier than {first}." if first else f"The {side} is not later than {last}."
    )
    return ""


def _year(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    return sign * int(text.lstrip("-").removeprefix("Y").split("-")[0])


def _all_of(texts: list[str], notes: list[str]) -> str:
    members = [text.replace("/", "..") for text in texts]
    whole = f"{{{','.join(members)}}}"
    if all("/" not in text or text.count("/") == 1 for text in texts) and "[" not in whole and is_edtf(whole):
        return whole
    notes.append(f"Time spans: {'; '.join(texts)}.")
    return f"{texts[0].partition('/')[0]}/{texts[-1].rpartition('/')[2]}"


def _doubted(edtf: str, notes: list[str]) -> str:
    if edtf.startswith(("[", "{")):
        notes.append("Less certain.")
        return edtf
    return "/".join(f"{one}?" if one and one != ".." else one for one in edtf.split("/"))
