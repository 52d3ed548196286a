"""CSV (RFC 4180): UTF-8, with a byte order mark by choice, a header row, CRLF, a row for each record.

Which columns there are and what their cells hold is the rule of `app.formats.tables.columns` and
`app.formats.tables.cells`; `/v1/formats/csv/{collection}` tells it as a Frictionless Table Schema, and what
is written here can be imported again. `fields` chooses columns.

A cell of free text that a spreadsheet would take for a formula gets an apostrophe before it. Cells of a
fixed notation do not: ids, terms, references, numbers, addresses, times, JSON and EDTF, none of which can
hold a formula, so that the year `-0043` stays what it is.
"""

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.formats.credits import credit_line
from app.formats.format import ITEMS, About, Format, FormatItem, Use
from app.formats.schemas import TableField, TableSchema
from app.formats.tables.columns import Cell, Column, choose, flatten
from app.formats.tables.formulas import guard
from app.records.base import Record
from app.records.kinds import RecordKind


def rows(items: Sequence[FormatItem], columns: Sequence[Column]) -> list[list[Cell]]:
    """Flatten items; `credits`, where it is among the columns, is filled from their sources."""
    return [row(orjson.loads(item.document), item.linked, columns) for item in items]


def row(document: Mapping[str, Any], linked: Mapping[str, Record], columns: Sequence[Column]) -> list[Cell]:
    """Flatten a document, with whom its sources want named where `credits` is among the columns."""
    cells = flatten(document, columns)
    for at, column in enumerate(columns):
        if column.name == "credits":
            cells[at] = _credits(document, linked)
    return cells


def _credits(document: Mapping[str, Any], linked: Mapping[str, Record]) -> str | None:
    evidence = document.get("evidence", ())
    sources = [one["source"] for one in evidence if "source" in one and one.get("rank") != "deprecated"]
    return credit_line(list(dict.fromkeys(sources)), linked)


class CsvWriter:
    """Writes rows."""

    held = 0

    def __init__(self, about: About) -> None:
        """Choose the columns of a kind of record and of the fields that were asked for."""
        self._columns = choose(about.kind, about.fields, has_names=about.has_names)
        self._mark = codecs.BOM_UTF8 if about.bom else b""

    def begin(self) -> bytes:
        """Give the header row, after a byte order mark if one is wanted."""
        return self._mark + _lines([[column.name for column in self._columns]])

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Give a row for each item."""
        text = [column.text for column in self._columns]
        return _lines(
            [
                [_written(cell, text=is_text) for cell, is_text in zip(cells, text, strict=True)]
                for cells in rows(items, self._columns)
            ]
        )

    def end(self) -> tuple[bytes, ...]:
        """Give nothing: a table just ends."""
        return ()


def _written(cell: Cell, *, text: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return guard(cell) if text else cell
    return repr(cell)


def _lines(cells: list[list[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(cells)
    return buffer.getvalue().encode()


_CONSTRAINTS: dict[str, dict[str, Any]] = {
    "id": {"required": True, "pattern": "[a-z0-9]+(-[a-z0-9]+)*", "maxLength": 120},
    "kind": {"required": True},
}


def table_schema(kind: RecordKind, fields: Sequence[str] = (), *, has_names: bool = False) -> TableSchema:
    """Give the Frictionless Table Schema (v1) of a kind of record's table; `has_names` as `choose` has it.

    Days are strings: the `date` of Table Schema knows no year before 1 or after 9999.
    """
    return {
        "$schema": "https://datapackage.org/profiles/1.0/tableschema.json",
        "title": f"{kind.collection} as CSV",
        "fields": [_field(column) for column in choose(kind, fields, has_names=has_names)],
        "missingValues": [""],
        "primaryKey": "id",
    }


def _field(column: Column) -> TableField:
    field: Any = {"name": column.name, "description": column.description}
    match column.type:
        case "geojson":
            field["type"] = "geojson"
        case "date":
            field |= {"type": "string", "constraints": {"pattern": r"([+-]\d{5,}|-?\d{4})-\d{2}-\d{2}"}}
        case "integer":
            field |= {"type": "integer"}
        case "boolean":
            field |= {"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]}
        case _:
            field |= {"type": "string"}
    if column.name in _CONSTRAINTS:
        field["constraints"] = _CONSTRAINTS[column.name]
    described: TableField = field
    return described


CSV = Format(
    name="csv",
    media_type="text/csv",
    suffix=".csv",
    rule=(
        "A row for each record. Members of objects are columns named by their path; dates are EDTF with their "
        "bounds beside; lists are one cell, in short (`actors/x:role; …`, `deaths=10..20`, `part-of=events/y`) "
        "or as JSON. Text that begins like a formula has an apostrophe before it. No limit unless one is given. "
        "Of `/v1/timeline`, a row for each bucket: `bucket`, `start`, `end`, `certain`, `possible`. "
        "Of `/v1/density`, a row for each cell: `west`, `south`, `east`, `north`, `certain`, `possible`."
    ),
    writer=CsvWriter,
    streams=True,
    attachment=True,
    uses=ITEMS | {Use.TIMELINE, Use.DENSITY},
    beside=("source",),
    keeps=(),
    parameters="; charset=utf-8; header=present",
)
