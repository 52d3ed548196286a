"""Compiles a mapping to functions of a row: members, objects, lists, and conditions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from app.imports.mapping.date_texts import OF_A_TEXT
from app.imports.mapping.date_wikidata import OF_WIKIDATA
from app.imports.mapping.dates import KEYS as DATE_KEYS
from app.imports.mapping.dates import compiled_date
from app.imports.mapping.empty_members import Contents
from app.imports.mapping.errors import CellFault
from app.imports.mapping.geometries import KEYS as GEOMETRY_KEYS
from app.imports.mapping.geometries import compiled_geometry
from app.imports.mapping.record_matches import compiled_match, is_record_match
from app.imports.mapping.templates import OF_THE_ROW, ROWS_MADE, Row, Value, lone_column
from app.imports.mapping.transforms import Values, split
from app.records.validation.normalize import NUMERIC
from app.values.json_pointer import escaped

DATES: Final = frozenset({"date", "in_force", "edtf"})
"""Members that can be made of the parts or the ends of a date."""

OF_AN_ITEM: Final = frozenset({"each", "when"})
"""Keywords next to the members of an item of a list."""

IN_ORDER: Final = "in_order"
"""The keyword next to the members of a figure."""

_LOCATORS: Final = frozenset({"page", "paragraph"})
_MAX_ROWS: Final = 10_000
Rows = Callable[[Row], Iterator[Row]]


@dataclass(slots=True)
class Compiler(Values):
    """Compiles one mapping, and collects its faults; see `Values`."""

    def member(self, name: str, said: Any, pointer: str) -> Value:
        """Compile a member of a record: a text, an object, a list, or a date made of parts."""
        if isinstance(said, list):
            return self.items(name, said, pointer)
        if isinstance(said, dict):
            if name in DATES and is_made_date(said):
                return compiled_date(said, pointer, self, is_whole=name != "edtf")
            if name == "geometry" and not GEOMETRY_KEYS.isdisjoint(said):
                return compiled_geometry(said, pointer, self)
            if not OF_THE_ROW.isdisjoint(said):
                value = self.of_the_row(said, pointer)
            elif "from" not in said:
                return self.object(said, pointer)
            elif is_record_match(said):
                return compiled_match(name, said, pointer, self)
            else:
                value = self.treated(said, pointer)
        else:
            # What a source states (`value`) may be of any type; the other members are texts, or read as numbers.
            value = self.text(said, pointer, whole=True, typed=name == "value")
        if name in NUMERIC:
            return self.number(said, value, pointer, locator=name in _LOCATORS)
        self.refuse_notation(said, pointer)
        return value

    def object(self, said: dict[str, Any], pointer: str) -> Value:
        """Compile an object; `Contents` says when it is left out."""
        members = [
            (name, self.member(name, one, f"{pointer}/{escaped(name)}"))
            for name, one in said.items()
            if name != IN_ORDER
        ]
        in_order = self.flag(said, IN_ORDER, pointer)
        contents = Contents.of(said)
        needed = contents.needed

        def made(row: Row) -> dict[str, Any] | None:
            found: dict[str, Any] = {}
            for name, value in members:
                try:
                    one = value(row)
                except CellFault as error:
                    raise error.within(escaped(name)) from None
                if one is None or one == []:
                    if name in needed:
                        return None
                    continue
                found[name] = one
            if not contents.suffice(found):
                return None
            if in_order:
                _put_in_order(found)
            return found

        return made

    def items(self, name: str, said: list[Any], pointer: str) -> Value:
        """Compile a list; items that split a cell, or that say `each`, make as many as there are."""
        parts: list[tuple[Rows | None, Value, Value | None]] = []
        for at, one in enumerate(said):
            here = f"{pointer}/{at}"
            if not isinstance(one, str | dict):
                self.refuse(here, "Give text or an object.")
                continue
            item, steps, when = one, None, None
            with self.columns.scope():
                if isinstance(one, dict):
                    steps = self.each(one["each"], f"{here}/each") if "each" in one else None
                    when = self.condition(one["when"], f"{here}/when") if "when" in one else None
                    item = {key: value for key, value in one.items() if key not in OF_AN_ITEM}
                parts.append((steps, self.member(name, item, here), when))
        # Two rows of a joined table may say the same; a number may be there twice.
        may_repeat = name in NUMERIC
        has_each = any(steps is not None for steps, _, _ in parts)

        def made(row: Row) -> list[Any]:
            found: list[Any] = []
            if has_each:
                # Lists within lists make as many together as one may make alone.
                row = {ROWS_MADE: count(1), **row}
            for at, (steps, value, when) in enumerate(parts):
                try:
                    for inner in (row,) if steps is None else steps(row):
                        if when is not None and not when(inner):
                            continue
                        one = value(inner)
                        if isinstance(one, list):
                            found.extend(one)
                        elif one is not None:
                            found.append(one)
                except CellFault as error:
                    raise error.within(str(at)) from None
            return found if may_repeat or len(found) < 2 else _distinct(found)

        return made

    def condition(self, said: Any, pointer: str) -> Value:
        """Compile `when`: a template that must not be empty, or a value that `is` or is `not` among some.

        Among these, '' stands for an empty one.
        """
        if not isinstance(said, dict):
            text = self.text(said, pointer, whole=True)
            return lambda row: text(row) is not None
        value = self.value({key: one for key, one in said.items() if key not in ("is", "not")}, pointer)
        among, without = (self._words(said, key, pointer) for key in ("is", "not"))
        if among is not None and without is not None:
            self.refuse(pointer, "Say what it is or what it is not, not both.")

        def holds(row: Row) -> bool:
            found = value(row)
            if among is not None:
                return (found or "") in among
            if without is not None:
                return (found or "") not in without
            return found is not None

        return holds

    def each(self, said: Any, pointer: str) -> Rows:
        """Compile `each`: rows of a joined table, items of an array, or parts of a cell, one nested in the other.

        The names that `as` gives are in use until the scope of columns ends that this is called in.
        """
        steps = [self._each(one, pointer) for one in (said if isinstance(said, list) else [said])]

        def rows(row: Row) -> Iterator[Row]:
            found = iter([row])
            for step in steps:
                found = _within_each(step, found)
            made = row.get(ROWS_MADE, count(1))
            for inner in found:
                # Made one at a time: each has all cells of the row.
                if next(made) > _MAX_ROWS:
                    raise CellFault("too_many", f"More than {_MAX_ROWS:,} of one row are too many.")
                yield inner

        return rows

    def _each(self, said: Any, pointer: str) -> Rows:
        if not isinstance(said, dict) or not isinstance(said.get("as"), str):
            self.refuse(pointer, "Say what is gone through, and as what: `join` or `from`, and `as`.")
            return lambda row: iter([row])
        name = said["as"]
        if "join" in said:
            self.known(said, frozenset({"join", "as"}), pointer)
            table = self.joined_table(said, pointer)
            self.columns.item(name, ())
            # The reader adds joined rows to the row, under the name of the join.
            return lambda row: (
                {**row, **{f"{name}.{column}": cell for column, cell in other.items()}}
                for other in row.get(f"join {table}", ())
            )
        self.known(said, frozenset({"from", "split", "as"}), pointer)
        source, at = said.get("from"), f"{pointer}/from"
        if "split" in said:
            pieces = split(self.text(source, at), self.word(said, "split", pointer))
            self.columns.item(name, ())
        else:
            pieces = _items_or_parts(self.text(source, at, whole=True))
            column = lone_column(source)
            self.columns.item(name, self.columns.resolved(column) if column is not None else ())
        return lambda row: ({**row, name: piece} for piece in pieces(row))

    def _words(self, said: dict[str, Any], name: str, pointer: str) -> frozenset[str] | None:
        """Parse one word or several; None where there is none."""
        if name not in said:
            return None
        words = said[name] if isinstance(said[name], list) else [said[name]]
        if not all(isinstance(word, str) for word in words):
            self.refuse(f"{pointer}/{name}", "Write text here, or a list of texts.")
            return frozenset()
        return frozenset(words)


def _within_each(step: Rows, rows: Iterator[Row]) -> Iterator[Row]:
    return (inner for outer in rows for inner in step(outer))


def _items_or_parts(source: Value) -> Value:
    """Return the items of an array; an object is an array of it alone, and a text is split at semicolons."""

    def pieces(row: Row) -> list[Any]:
        found = source(row)
        if isinstance(found, list):
            return [one for one in found if one is not None]
        return [found] if isinstance(found, dict) else parts(row)

    parts = split(source, ";")
    return pieces


def is_made_date(said: dict[str, Any]) -> bool:
    """Return whether a date is made of parts or ends, rather than from one value."""
    return bool((DATE_KEYS | OF_A_TEXT | OF_WIKIDATA) & said.keys()) and not {"edtf", "from"} & said.keys()


def _put_in_order(figure: dict[str, Any]) -> None:
    """Widen the bounds of a figure so that its best estimate is between them."""
    if "best" not in figure:
        return
    given = [figure[name] for name in ("low", "best", "high") if name in figure]
    for name, bound in (("low", min), ("high", max)):
        if name in figure:
            figure[name] = bound(given)


def _distinct(found: list[Any]) -> list[Any]:
    """Remove duplicates."""
    kept: list[Any] = []
    for one in found:
        if one not in kept:
            kept.append(one)
    return kept
