"""A record as one row of a table, and a row as a record: the rule of CSV and Parquet.

* A member of an object is a column of its own, named by its path with dots: `established_under.agreement`.
* A date is its EDTF text in the column of its field; `date.calendar`, `date.as_written` and `date.note` are
columns too, and so are its derived members (`date.start.earliest`, …, `date.label`), which are not read
back. Bounds that only follow from a year that is not known are empty.
* A list is one cell (see `cells`).
* `geometry` is GeoJSON, as text.
* `credits` says whom the sources of the evidence want named; it is not read back.
* What a record does not have is an empty cell.
* What is too long for a cell of a spreadsheet continues in the columns `NAME (2)`, `NAME (3)` and so on.

`flatten` and `unflatten` are inverse to each other, except for derived columns. Escaping cells that
spreadsheets would read as formulas is done for CSV alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, Literal

import orjson

from app.errors import Fault, quoted
from app.formats.tables.cells import SPACE, decode_cell, encode_cell, join_texts, split_texts
from app.formats.tables.formulas import unguard
from app.records.historical_date import with_known_bounds
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.other_names import nearest_field
from app.values.json_limits import MAX_CONTAINERS, MAX_VALUES, has_too_many_values
from app.values.json_pointer import escaped
from app.values.known_bounds import UNKNOWN_YEAR

Cell = str | int | float | bool | None
CellType = Literal["string", "integer", "boolean", "date", "geojson"]
_WORDS: Final = frozenset({"kind", "id", "revision", "created_at", "updated_at", "href", "type"})
_SAFE: Final = frozenset({"url", "accessed", "language", "same_as"})
_DATES: Final = frozenset({"date", "in_force"})
_TEXT_LISTS: Final = frozenset({"aliases", "same_as", "tags", "authors", "editors"})
_OBJECTS: Final = {"established_under": ("agreement", "provision"), "text": ("sha256", "characters")}

_PART_LISTS: Final = frozenset(
    {
        "names",
        "name_parts",
        "geometries",
        "places",
        "participants",
        "parties",
        "relations",
        "figures",
        "provisions",
        "evidence",
        "text.sections",
    }
)

_CONTINUED: Final = re.compile(r"(.+) \(([1-9]\d{0,4})\)")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: its name: the path of what it holds.
        field: the field of the record that it belongs to.
        type: the type of its cells; `date` is a whole day in ISO 8601, of any year.
        text: whether its cells are free text, which might begin like a formula.
        derived: whether it follows from others and is not read back.
        description: what it holds.
    """

    name: str
    field: str
    type: CellType = "string"
    text: bool = False
    derived: bool = False
    description: str = ""


CHOSEN_COLUMNS: Final = (
    Column("title_language", "title_language", description="The language of a title that was chosen."),
    Column("title_recorded", "title_recorded", text=True, description="The title as it was written."),
)
"""What is told beside a title that `lang` or `when` chose (`CHOSEN_TITLE`).

They are read back, so that no record is given the chosen title: what is not empty in them is refused.
"""


@lru_cache(maxsize=16)
def columns_of(kind: RecordKind | None) -> tuple[Column, ...]:
    """Return the columns of a kind of record, or of all kinds together, in order."""
    found: dict[str, Column] = {}
    for one in [kind] if kind is not None else RECORD_KINDS:
        for field, info in one.model.model_fields.items():
            for column in _columns(field, info.description or ""):
                found.setdefault(column.name, column)
    found["credits"] = Column(
        "credits",
        "evidence",
        text=True,
        derived=True,
        description="Whom the sources want named, and their terms.",
    )
    return tuple(found.values())


def _columns(field: str, description: str) -> list[Column]:
    if field in _DATES:
        day = "The {} day it can have {}; nothing where that is open, or the year is not known."
        return [
            Column(field, field, description=f"{description} In EDTF."),
            Column(f"{field}.calendar", field, description="The calendar that it was written in."),
            Column(f"{field}.as_written", field, text=True, description="The date in the words of a source."),
            Column(f"{field}.note", field, text=True, description="The editor's words on the date."),
            *(
                Column(
                    f"{field}.{side}.{bound}",
                    field,
                    "date",
                    derived=True,
                    description=day.format(bound, "begun" if side == "start" else "ended"),
                )
                for side in ("start", "end")
                for bound in ("earliest", "latest")
            ),
            Column(
                f"{field}.qualified", field, "boolean", derived=True, description="Uncertain or approximate."
            ),
            Column(
                f"{field}.label", field, text=True, derived=True, description="The date for people to read."
            ),
        ]
    if field in _OBJECTS:
        members = [Column(f"{field}.{name}", field, description=description) for name in _OBJECTS[field]]
        if field == "text":
            members[1] = Column("text.characters", field, "integer", description=description)
            members.append(Column("text.sections", field, description="Its parts, as JSON."))
        return members
    if field == "geometry":
        return [Column(field, field, "geojson", description=description)]
    if field == "revision":
        return [Column(field, field, "integer", description=description)]
    text = field not in _WORDS | _SAFE | _PART_LISTS
    return [Column(field, field, text=text, description=description)]


def choose(kind: RecordKind | None, fields: Sequence[str], *, has_names: bool = False) -> tuple[Column, ...]:
    """Return the columns of some fields of a kind, or of all kinds together; kind, id and href always come.

    All, where no fields are named. With `has_names` those of `CHOSEN_COLUMNS` come after the title.
    """
    kept = {"kind", "id", "href", *fields}
    chosen: list[Column] = []
    for column in columns_of(kind):
        if not fields or column.field in kept:
            chosen.append(column)
            if has_names and column.name == "title":
                chosen += CHOSEN_COLUMNS
    return tuple(chosen)


def flatten(document: Mapping[str, Any], columns: Sequence[Column]) -> list[Cell]:
    """Return the cells of a document, as it is stored; `credits` is left to the caller."""
    return [_cell(document, column) for column in columns]


def _cell(document: Mapping[str, Any], column: Column) -> Cell:
    value = document.get(column.field)
    if value is None or column.name == "credits":
        return None
    if column.field in _DATES:
        if column.type == "date" and UNKNOWN_YEAR in value["edtf"]:
            value = with_known_bounds(value)
        date_cell: Cell = value["edtf"] if column.name == column.field else _at(value, column.name)
        return date_cell
    if column.field in _OBJECTS:
        value = _at(value, column.name)
        member: Cell = encode_cell(column.name, value) if column.name in _PART_LISTS and value else value
        return member
    if column.field in _PART_LISTS:
        return encode_cell(column.field, value)
    if column.field in _TEXT_LISTS:
        return join_texts(value)
    if column.field == "labels":
        return join_texts([f"{tag}={text}" for tag, text in value.items()])
    if column.type == "geojson":
        return orjson.dumps(value).decode()
    cell: Cell = value
    return cell


def _at(value: Any, name: str) -> Any:
    for step in name.split(".")[1:]:
        value = value.get(step) if value is not None else None
    return value


def unflatten(cells: Mapping[str, str], kind: RecordKind) -> tuple[dict[str, Any], list[Fault]]:
    """Make the raw document of a row, by the names of its columns, and return what cannot be parsed.

    Empty cells, derived columns and unknown ones (`unknown_columns`) are ignored. The document is still to
    be validated as any other from outside (`app.records.validation.document.validate_document`).
    """
    columns = _read_columns(kind)
    document: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, cell in _joined(cells, columns).items():
        column = columns.get(name)
        if cell and column is not None and not column.derived:
            try:
                _put(document, column, unguard(cell) if column.text else cell)
            except ValueError as error:
                detail = f"This cell cannot be read: {_reason(error)}."
                faults.append(Fault("malformed_cell", detail, f"/{escaped(name)}", value=quoted(cell)))
    return document, faults


def _read_columns(kind: RecordKind) -> dict[str, Column]:
    return {column.name: column for column in (*columns_of(kind), *CHOSEN_COLUMNS)}


def continuation(name: str, number: int) -> str:
    """Return the name of the column that has the second, third, … part of the cells of another."""
    return f"{name} ({number})"


def _continues(name: str) -> tuple[str, int] | None:
    match = _CONTINUED.fullmatch(name)
    return None if match is None else (match[1], int(match[2]))


def _joined(cells: Mapping[str, str], columns: Mapping[str, Column]) -> Mapping[str, str]:
    """Return cells with the parts that continue them."""
    parts = sorted(
        (*continues, cell)
        for name, cell in cells.items()
        if name not in columns and cell and (continues := _continues(name)) and continues[0] in columns
    )
    if not parts:
        return cells
    joined = dict(cells)
    for name, together in groupby(parts, lambda part: part[0]):
        joined[name] = joined.get(name, "") + "".join(part for _, _, part in together)
    return joined


def unknown_columns(names: Iterable[str], kind: RecordKind) -> list[str]:
    """Return the names that no column of a kind of record has."""
    known = _read_columns(kind)
    return [
        name
        for name in names
        if name not in known and not ((continues := _continues(name)) and continues[0] in known)
    ]


def unknown_column(name: str, kind: RecordKind) -> Fault:
    """Make the fault for a column that a kind of record does not have."""
    near = nearest_field(name, [column.name for column in columns_of(kind)])
    detail = "Records of this kind have no such column; rename it, or leave it out. It is told once."
    return Fault("unknown_column", detail, f"/{escaped(name)}", suggestion=near)


def spoken_of(names: Iterable[str], kind: RecordKind) -> frozenset[str]:
    """Return the members that columns of these names set, as in `ImportedDocument.members`; not derived ones."""
    columns = _read_columns(kind)
    return frozenset(
        f"{name}.edtf" if name in _DATES else name
        for name in names
        if name in columns and not columns[name].derived
    )


def _reason(error: ValueError) -> str:
    # The message of a JSON or number parser may repeat its input.
    own = not isinstance(error, orjson.JSONDecodeError) and "literal" not in str(error)
    return str(error) if own else "it is not well-formed"


def _put(document: dict[str, Any], column: Column, cell: str) -> None:
    value: Any = cell
    if column.type == "geojson" or column.name in _PART_LISTS | _TEXT_LISTS | {"labels"}:
        _refuse_too_many(cell)
    if column.name in _PART_LISTS:
        value = decode_cell(column.name, cell)
    elif column.field in _TEXT_LISTS:
        value = split_texts(cell)
    elif column.field == "labels":
        value = dict(_label(text) for text in split_texts(cell))
    elif column.type == "integer":
        value = int(cell)
    elif column.type == "geojson":
        value = orjson.loads(cell)
    if column.field in _DATES:
        document.setdefault(column.field, {})[
            "edtf" if column.name == column.field else column.name.split(".")[1]
        ] = value
    elif column.field in _OBJECTS:
        document.setdefault(column.field, {})[column.name.split(".")[1]] = value
    else:
        document[column.field] = value


def _refuse_too_many(cell: str) -> None:
    """Refuse a cell of many values before they are made: each takes up to a hundred times the memory of its text."""
    if len(cell) > MAX_CONTAINERS and (
        cell.count(";") > MAX_VALUES or has_too_many_values(cell.encode(errors="replace"))
    ):
        raise ValueError(f"it has more than {MAX_VALUES:,} values, or {MAX_CONTAINERS:,} lists and objects")


def _label(text: str) -> tuple[str, str]:
    tag, equals, title = text.partition("=")
    if not equals:
        raise ValueError("labels are a language tag, an equals sign and the title")
    return tag.strip(SPACE), title.strip(SPACE)


def column_letters(column: int) -> str:
    """Return the letters of a column that is counted from 0."""
    letters = ""
    column += 1
    while column:
        column, last = divmod(column - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters
