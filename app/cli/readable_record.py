"""Documents of records in words, for people to look at: dates with their labels, links, figures, evidence."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from pydantic import ValidationError

from app.records.historical_date import HistoricalDate
from app.values.counted import counted

MAX_VALUE_LENGTH: Final = 200
"""A value is cut at this many characters."""

_MAX_ITEMS: Final = 10
_DATES: Final = frozenset({"date", "in_force"})
_GEOMETRIES: Final = frozenset({"geometry"})
_JOINED: Final = frozenset({"tags", "aliases", "authors", "editors"})

# Of an item these say what it is, and need no name before them.
_UNNAMED: Final = frozenset(
    {"name", "place", "actor", "type", "action", "target", "agreement", "role", "source", "language", "label"}
)


def values_in_words(member: str, value: Any) -> list[str]:
    """Return the value of a member of a record in words, each item of a list by itself.

    Long texts are cut, and so are long lists, with how many items more there are.
    """
    if isinstance(value, list) and member not in _JOINED:
        lines = [_cut(_item(member, one)) for one in value[:_MAX_ITEMS]]
        more = len(value) - len(lines)
        return [*lines, f"and {more:,} more"] if more else lines
    return [_cut(_value(member, value))]


def _value(member: str, value: Any) -> str:
    if member in _DATES:
        return date_in_words(value)
    if member in _GEOMETRIES and isinstance(value, dict):
        return _geometry(value)
    if member == "labels" and isinstance(value, dict):
        return ", ".join(f"{language}: {text}" for language, text in value.items())
    if isinstance(value, list):
        return ", ".join(_value("", one) for one in value)
    if isinstance(value, dict):
        return _members(value)
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def date_in_words(value: Any) -> str:
    """Return the label of a date, with its EDTF where that says it otherwise, and what else it has."""
    members = value if isinstance(value, dict) else {"edtf": value}
    edtf, calendar = members.get("edtf"), members.get("calendar")
    written = members.get("as_written")
    try:
        label = HistoricalDate.model_validate(
            {"edtf": edtf, "calendar": calendar, "as_written": written}
        ).label
    except ValidationError:
        label = None
    text = f"{label} ({edtf})" if label and label != edtf else str(edtf)
    if calendar:
        text += f", {calendar}"
    if written:
        text += f', written "{written}"'
    return text + _note(members)


def _item(member: str, one: Any) -> str:
    if not isinstance(one, dict):
        return _value("", one)
    return _figure(one) if member == "figures" else _members(one, is_evidence=member == "evidence")


def _members(item: Mapping[str, Any], *, is_evidence: bool = False) -> str:
    parts = []
    if is_evidence:
        parts = [" on ".join(str(item[name]) for name in ("source", "property") if name in item)]
    for name, value in item.items():
        if name in ("id", "note") or (is_evidence and name in ("source", "property")):
            continue
        if name in _UNNAMED:
            parts.append(str(value))
        elif name in _DATES:
            parts.append(_value(name, value))
        elif name == "selector" and isinstance(value, dict):
            parts += [f"{key} {_quoted(one)}" for key, one in value.items()]
        elif name in _GEOMETRIES:
            parts.append(_value(name, value))
        elif isinstance(value, list):
            parts.append(f"{name} {'; '.join(_item(name, one) for one in value)}")
        else:
            parts.append(f"{name} {_quoted(value)}")
    return ", ".join(parts) + _note(item)


def _note(members: Mapping[str, Any]) -> str:
    return f', note "{members["note"]}"' if members.get("note") else ""


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else orjson.dumps(value).decode()


def _figure(figure: Mapping[str, Any]) -> str:
    """Write a figure: `deaths 12 to 20, best 15, of civilians`."""
    low, best, high = figure.get("low"), figure.get("best"), figure.get("high")
    parts = [str(figure.get("measure"))]
    if low is not None and high is not None:
        parts[0] += f" {low:,}" if low == high else f" {low:,} to {high:,}"
    elif low is not None:
        parts[0] += f" {low:,} or more"
    elif high is not None:
        parts[0] += f" {high:,} or fewer"
    if best is not None and low is None and high is None:
        parts[0] += f" {best:,}"
    elif best is not None and not low == best == high:
        parts.append(f"best {best:,}")
    if figure.get("unit"):
        parts[-1] += f" {figure['unit']}"
    if figure.get("group"):
        parts.append(f"of {figure['group']}")
    if figure.get("text"):
        parts.append(f'"{figure["text"]}"')
    return ", ".join(parts) + _note(figure)


def _geometry(geometry: Mapping[str, Any]) -> str:
    """Write a point with its position, which is longitude and latitude, and of other shapes how many they have."""
    form, positions = geometry.get("type"), geometry.get("coordinates")
    if form == "Point" and isinstance(positions, list) and len(positions) >= 2:
        return f"Point at longitude {positions[0]}, latitude {positions[1]}"
    if positions is None:
        return str(form)
    count = sum(1 for _ in _positions(positions))
    return f"{form} of {counted(count, 'position')}"


def _positions(coordinates: Any) -> Iterable[Any]:
    if isinstance(coordinates, list) and coordinates and isinstance(coordinates[0], list):
        for one in coordinates:
            yield from _positions(one)
    else:
        yield coordinates


def _cut(text: str) -> str:
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[: MAX_VALUE_LENGTH - 1]}…"
