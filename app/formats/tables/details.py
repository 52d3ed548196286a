"""The parts of records as tables of their own, a row for each part: for reading, counting and filtering.

Each row has the reference, the title and the date of its record, so that it can be understood by itself. The
tables of records (`app.formats.tables.columns`) have all of it as well, and are what is imported; these are not.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from app.formats.tables.columns import Cell
from app.records.base import Record
from app.records.place import Place

DETAILS: Final = " (details)"
"""The end of the names of sheets that have parts of records."""

_RECORD: Final = ("ref", "title", "date")

DETAIL_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "participants": (*_RECORD, "field", "actor", "actor_title", "role", "actions", "note"),
    "places": (
        *_RECORD,
        "place",
        "place_title",
        "role",
        "longitude",
        "latitude",
        "precision_m",
        "note",
    ),
    "figures": (*_RECORD, "id", "measure", "low", "best", "high", "unit", "group", "text"),
    "evidence": (
        *_RECORD,
        "id",
        "property",
        "stance",
        "source",
        "source_title",
        "page",
        "paragraph",
        "start",
        "end",
        "exact",
        "prefix",
        "suffix",
        "value",
        "rank",
        "basis",
        "note",
    ),
}
"""The columns of each table of parts, by its name."""

_ASSUMED: Final = {"stance": "supports", "rank": "normal", "basis": "stated"}


def detail_rows(
    ref: str, document: Mapping[str, Any], linked: Mapping[str, Record]
) -> Iterator[tuple[str, list[Cell]]]:
    """Yield the rows of the parts of a document, each with the name of its table."""
    of_record = {"ref": ref, "title": document.get("title"), "date": _edtf(document)}
    for name, parts in (
        ("participants", _actors(document, linked)),
        ("places", _places(document, linked)),
        ("figures", document.get("figures", ())),
        ("evidence", _evidence(document, linked)),
    ):
        for part in parts:
            members = {**of_record, **part}
            yield name, [members.get(column) for column in DETAIL_COLUMNS[name]]


def _edtf(part: Mapping[str, Any]) -> str | None:
    return part["date"]["edtf"] if "date" in part else None


def _title(ref: str | None, linked: Mapping[str, Record]) -> str | None:
    record = linked.get(ref) if ref is not None else None
    return None if record is None else record.title


def _actors(document: Mapping[str, Any], linked: Mapping[str, Record]) -> Iterator[dict[str, Any]]:
    for field in ("participants", "parties"):
        for part in document.get(field, ()):
            done = (f"{one['action']} {_edtf(one) or ''}".strip() for one in part.get("actions", ()))
            yield {
                **part,
                "field": field,
                "actor_title": _title(part["actor"], linked),
                "actions": "; ".join(done) or None,
            }


def _places(document: Mapping[str, Any], linked: Mapping[str, Record]) -> Iterator[dict[str, Any]]:
    for part in document.get("places", ()):
        yield {
            **part,
            "place_title": _title(part["place"], linked),
            **_point(linked.get(part["place"])),
        }


def _point(record: Record | None) -> dict[str, float]:
    if not isinstance(record, Place) or record.geometry is None or record.geometry["type"] != "Point":
        return {}
    longitude, latitude = record.geometry["coordinates"][:2]
    return {"longitude": longitude, "latitude": latitude}


def _evidence(document: Mapping[str, Any], linked: Mapping[str, Record]) -> Iterable[dict[str, Any]]:
    for part in document.get("evidence", ()):
        value = part.get("value")
        yield {
            **_ASSUMED,
            **part.get("selector", {}),
            **part,
            "source_title": _title(part.get("source"), linked),
            "value": value if value is None or isinstance(value, str) else orjson.dumps(value).decode(),
        }
