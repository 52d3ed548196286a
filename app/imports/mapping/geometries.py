"""Geometries from cells: a point of two columns, a line of points, well-known text, and GeoJSON in a cell.

Whether a geometry is valid, and cut at the antimeridian, is the business of the record that it is for.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from app.errors import AnnalsError
from app.imports.mapping.empty_members import Contents
from app.imports.mapping.errors import CellFault
from app.imports.mapping.paths import NamedColumns
from app.imports.mapping.templates import Row, Value, columns_of
from app.imports.mapping.transforms import nothing
from app.values.strict_json import parse_json
from app.values.wkt import MAX_PARSED, WktError, parse_wkt

KEYS: Final = frozenset({"point", "line", "wkt", "geojson"})
"""The keywords of a geometry, of which it has one."""

_ORDERS: Final = ("lat,lon", "lon,lat")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_BETWEEN: Final = re.compile(r"\s*,\s*|\s+")
_TOO_MANY: Final = f"A line of more than {MAX_PARSED:,} points is not read."


class Compiler(Protocol):
    """The interface of what compiles the values that a geometry is made of."""

    columns: NamedColumns

    def value(self, said: Any, pointer: str) -> Value:
        """Compile a text, or an object that says how it is transformed."""

    def text(self, said: Any, pointer: str, *, whole: bool = False) -> Value:
        """Compile a template."""

    def number(self, said: Any, value: Value, pointer: str) -> Value:
        """Compile a value that is to be a number."""

    def each(self, said: Any, pointer: str) -> Callable[[Row], Iterator[Row]]:
        """Compile `each`."""

    def refuse(self, pointer: str, detail: str, suggestion: str | None = None) -> None:
        """Add a fault of the mapping."""

    def known(self, said: dict[str, Any], known: frozenset[str], pointer: str) -> None:
        """Refuse unknown keywords."""

    def word(self, said: dict[str, Any], name: str, pointer: str) -> str:
        """Parse a word: a text without columns."""


def compiled_geometry(said: dict[str, Any], pointer: str, compiler: Compiler) -> Value:
    """Compile a geometry that says one of `KEYS`."""
    if len(said) != 1:
        compiler.known(said, KEYS, pointer)
        compiler.refuse(pointer, f"Give one of {', '.join(sorted(KEYS))}.")
        return nothing
    (name,) = said
    here = f"{pointer}/{name}"
    if name == "point":
        return _with_type("Point", _position(said[name], here, compiler))
    if name == "line":
        return _with_type("LineString", _line(said[name], here, compiler))
    if name == "wkt":
        return _wkt(said[name], here, compiler)
    return _geojson(said[name], here, compiler)


def _with_type(kind: str, coordinates: Value) -> Value:
    def geometry(row: Row) -> Any:
        found = coordinates(row)
        return None if found is None else {"type": kind, "coordinates": found}

    return geometry


def _position(said: Any, pointer: str, compiler: Compiler) -> Value:
    if not isinstance(said, list) or len(said) != 2:
        compiler.refuse(pointer, "Give longitude and latitude.")
        return nothing
    places = [f"{pointer}/{at}" for at in range(2)]
    longitude, latitude = (
        compiler.number(one, compiler.value(one, at), at) for one, at in zip(said, places, strict=True)
    )
    contents = Contents.of({"longitude": said[0], "latitude": said[1]})
    columns = columns_of(said)

    def position(row: Row) -> Any:
        found = longitude(row), latitude(row)
        if None not in found:
            return list(found)
        names = zip(("longitude", "latitude"), found, strict=True)
        if contents.suffice({name: one for name, one in names if one is not None}):
            detail = "Half of this point is empty: give longitude and latitude, or neither."
            raise CellFault("half_a_point", detail, None, columns)
        return None

    return position


def _line(said: Any, pointer: str, compiler: Compiler) -> Value:
    if isinstance(said, dict) and "each" in said:
        compiler.known(said, frozenset({"each", "point"}), pointer)
        with compiler.columns.scope():
            steps = compiler.each(said["each"], f"{pointer}/each")
            position = _position(said.get("point"), f"{pointer}/point", compiler)
        return _line_of_points(steps, position, columns_of(said.get("point")))
    if not isinstance(said, dict) or not isinstance(said.get("from"), str):
        compiler.refuse(
            pointer, "Say `each` and the `point` of an item, or `from` which text and its `order`."
        )
        return nothing
    compiler.known(said, frozenset({"from", "order", "split"}), pointer)
    if said.get("order") not in _ORDERS:
        compiler.refuse(f"{pointer}/order", f"Say which number is first: {' or '.join(_ORDERS)}.")
    separator = compiler.word(said, "split", pointer) if "split" in said else ";"
    text = compiler.text(said["from"], f"{pointer}/from")
    return _line_of_text(
        text, separator or ";", columns_of(said["from"]), is_turned=said.get("order") == _ORDERS[0]
    )


def _line_of_points(
    steps: Callable[[Row], Iterator[Row]], position: Value, columns: tuple[str, ...]
) -> Value:
    def line(row: Row) -> Any:
        found = [position(one) for one in steps(row)]
        if None in found:
            raise CellFault(
                "half_a_point", "A point of this line is empty: fill it, or take it out.", None, columns
            )
        return found or None

    return line


def _line_of_text(text: Value, separator: str, columns: tuple[str, ...], *, is_turned: bool) -> Value:
    def line(row: Row) -> Any:
        said = text(row)
        if said is None:
            return None
        pieces = [piece.strip() for piece in said.split(separator, MAX_PARSED + 1)]
        if pieces and not pieces[-1]:
            # A separator may also end the text.
            pieces.pop()
        if len(pieces) > MAX_PARSED:
            raise CellFault("invalid_line", _TOO_MANY, None, columns)
        found = []
        for piece in pieces:
            numbers = _BETWEEN.split(piece)
            if len(numbers) != 2 or not all(map(_NUMBER.fullmatch, numbers)):
                detail = f"This is no list of points, each of two numbers, with {separator!r} between them."
                raise CellFault("invalid_line", detail, said, columns)
            first, second = map(float, numbers)
            found.append([second, first] if is_turned else [first, second])
        return found

    return line


def _wkt(said: Any, pointer: str, compiler: Compiler) -> Value:
    text, columns = compiler.value(said, pointer), columns_of(said)

    def geometry(row: Row) -> Any:
        found = text(row)
        if found is None:
            return None
        try:
            return parse_wkt(found)
        except WktError as error:
            raise CellFault("invalid_wkt", str(error), found, columns) from None

    return geometry


def _geojson(said: Any, pointer: str, compiler: Compiler) -> Value:
    text, columns = compiler.text(said, pointer, whole=True), columns_of(said)

    def geometry(row: Row) -> Any:
        found = text(row)
        if not isinstance(found, str):
            return found
        try:
            parsed = parse_json(found.encode("utf-8", "surrogatepass"))
        except AnnalsError:
            detail = "This cell holds no JSON: give a geometry of GeoJSON (RFC 7946, 3.1)."
            raise CellFault("invalid_json", detail, found, columns) from None
        if parsed is not None and not isinstance(parsed, dict):
            detail = "This cell holds no geometry of GeoJSON (RFC 7946, 3.1)."
            raise CellFault("not_a_geometry", detail, found, columns)
        return parsed

    return geometry
