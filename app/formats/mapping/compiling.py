"""From what a mapping says to functions of a row: values, objects, lists, and conditions."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from app.errors import Fault, nearest
from app.formats.mapping.cells import MappingFault, Row, Value, compiled
from app.formats.mapping.dates import KEYS as DATE_KEYS
from app.formats.mapping.dates import CellFault, compiled_date
from app.formats.mapping.steps import (
    distinct,
    located,
    looked_up,
    nothing,
    number,
    put_in_order,
    split,
    varies,
    words,
)
from app.records.cleaning import NUMERIC

VALUE_KEYS: Final = frozenset({"from", "look_up", "match", "default", "split", "is", "not"})
"""What can be done to a text on its way into a record."""

_CONTROLS: Final = frozenset({"each", "when", "in_order"})
_TIES: Final = frozenset({"actor", "place", "target", "source", "agreement"})
_COUNTED: Final = frozenset({"low", "best", "high", "text"})
_DATES: Final = frozenset({"date", "in_force"})
_MOST_ROWS: Final = 10_000

Rows = Callable[[Row], Iterator[Row]]


@dataclass(slots=True)
class Compiler:
    """Compiles one mapping, and collects what is wrong with it.

    Attributes:
        tables: the look-up tables that have a name.
        joins: the names of joined tables.
        empty: cells that stand for nothing.
        columns: the columns that are named, as far as they are the table's own.
        faults: what is wrong, with pointers into the mapping.
    """

    tables: dict[str, dict[str, str]]
    joins: frozenset[str]
    empty: frozenset[str]
    columns: set[str]
    faults: list[Fault]

    def refuse(self, pointer: str, detail: str, suggestion: str | None = None) -> None:
        """Note a fault of the mapping."""
        self.faults.append(Fault("invalid_mapping", detail, pointer, suggestion=suggestion))

    def text(self, said: Any, pointer: str) -> Value:
        """Compile a template."""
        if not isinstance(said, str):
            self.refuse(pointer, "Write text here, with columns in braces.")
            return nothing
        try:
            return compiled(said, self.columns, self.empty)
        except MappingFault as error:
            self.refuse(pointer, str(error), error.suggestion)
            return nothing

    def value(self, said: Any, pointer: str) -> Value:
        """Compile a text, or an object that says what is done to one."""
        if isinstance(said, dict):
            if "from" not in said:
                self.refuse(pointer, "Say `from` which columns the value comes.")
                return nothing
            return self._treated(said, pointer)
        return self.text(said, pointer)

    def column(self, said: Any, pointer: str) -> Value:
        """Compile a value that stands beside the columns; with `join`, of the first joined row that has one."""
        if not isinstance(said, dict) or "join" not in said:
            return self.value(said, pointer)
        table = said["join"]
        if table not in self.joins:
            self.refuse(f"{pointer}/join", "There is no such table in join.", nearest(str(table), self.joins))
        # The names are those of the joined table's columns.
        other = replace(self, columns=set())
        value = other.value({name: one for name, one in said.items() if name != "join"}, pointer)
        return lambda row: next(
            (found for one in row.get(f"join {table}", ()) if (found := value(one)) is not None), None
        )

    def _treated(self, said: dict[str, Any], pointer: str) -> Value:
        self._known(said, VALUE_KEYS, pointer)
        source = self.text(said["from"], f"{pointer}/from")
        found = source
        if "split" in said:
            separator = said["split"]
            found = split(source, separator)
        step = self._step(said, pointer)
        if step is None:
            return found
        if "split" not in said:
            return lambda row: None if (text := found(row)) is None else step(str(text))
        return lambda row: [one for text in found(row) if (one := step(text)) is not None]

    def _step(self, said: dict[str, Any], pointer: str) -> Callable[[str], str | None] | None:
        default = said.get("default")
        if "look_up" in said and "match" in said:
            self.refuse(pointer, "Give look_up or match, not both.")
        if "look_up" in said:
            table = said["look_up"]
            if isinstance(table, str):
                if table not in self.tables:
                    self.refuse(
                        f"{pointer}/look_up",
                        "There is no such table in look_up.",
                        nearest(table, self.tables),
                    )
                table = self.tables.get(table, {})
            if not isinstance(table, dict):
                self.refuse(f"{pointer}/look_up", "Give a mapping from cells to values, or the name of one.")
                return None
            return looked_up(dict(table), default)
        if "match" in said:
            return self._matched(said["match"], default, f"{pointer}/match")
        return None

    def _matched(self, said: Any, default: str | None, pointer: str) -> Callable[[str], str | None] | None:
        if not isinstance(said, dict):
            self.refuse(pointer, "Give a mapping from regular expressions to values.")
            return None
        rules = []
        for pattern, value in said.items():
            try:
                rules.append((re.compile(pattern), value))
            except re.error:
                self.refuse(f"{pointer}/{pattern}", "This is no regular expression.")
                continue
            try:
                re.sub(pattern, value, "")
            except (re.error, IndexError):
                self.refuse(
                    f"{pointer}/{pattern}", "The value names a group that the expression does not have."
                )

        def step(text: str) -> str | None:
            for pattern, value in rules:
                found = pattern.search(text)
                if found is not None:
                    return found.expand(value) or None
            if default is None:
                raise CellFault(
                    "no_such_entry", "None of the expressions matches this cell; add one, or a default."
                )
            return default or None

        return step

    def member(self, name: str, said: Any, pointer: str) -> Value:
        """Compile a member of a record: a text, an object, a list, or a date made of parts."""
        if isinstance(said, list):
            return self.items(name, said, pointer)
        if isinstance(said, dict):
            is_date = name in _DATES or name == "edtf"
            if is_date and DATE_KEYS & said.keys() and not {"edtf", "from"} & said.keys():
                return self._date(said, pointer)
            if name == "geometry" and "point" in said:
                return self._point(said["point"], f"{pointer}/point")
            if "from" in said:
                return self._numbered(name, self._treated(said, pointer), pointer)
            return self.object(said, pointer)
        return self._numbered(name, self.text(said, pointer), pointer)

    def _date(self, said: dict[str, Any], pointer: str) -> Value:
        self._known(said, DATE_KEYS, pointer)
        try:
            return compiled_date(said, lambda part, name: self.value(part, f"{pointer}/{name}"))
        except MappingFault as error:
            self.refuse(pointer, str(error))
            return nothing

    def _point(self, said: Any, pointer: str) -> Value:
        if not isinstance(said, list) or len(said) != 2:
            self.refuse(pointer, "Give longitude and latitude.")
            return nothing
        sides = [number(self.text(one, f"{pointer}/{at}")) for at, one in enumerate(said)]

        def point(row: Row) -> Any:
            found = [side(row) for side in sides]
            return None if None in found else {"type": "Point", "coordinates": found}

        return point

    def _numbered(self, name: str, value: Value, _pointer: str) -> Value:
        return number(value) if name in NUMERIC else value

    def object(self, said: dict[str, Any], pointer: str) -> Value:
        """Compile an object. It is empty where all that comes from columns is, or what it ties to or counts."""
        members = [
            (name, self.member(name, one, f"{pointer}/{name}"), varies(one))
            for name, one in said.items()
            if name not in _CONTROLS
        ]
        depends = any(varying for _, _, varying in members)
        in_order = said.get("in_order") == "true"
        counts = "measure" in said and not _COUNTED.isdisjoint(said)

        def made(row: Row) -> dict[str, Any] | None:
            found: dict[str, Any] = {}
            told = not depends
            for name, value, varying in members:
                try:
                    one = value(row)
                except CellFault as error:
                    raise located(error, name) from None
                if one is None or one == []:
                    if name in _TIES:
                        return None
                    continue
                found[name] = one
                told = told or varying
            if in_order:
                put_in_order(found)
            return found if told and not (counts and _COUNTED.isdisjoint(found)) else None

        return made

    def items(self, name: str, said: list[Any], pointer: str) -> Value:
        """Compile a list; items that split a cell, or that say `each`, give as many as there are."""
        parts: list[tuple[Rows | None, Value, Value | None]] = []
        for at, one in enumerate(said):
            here = f"{pointer}/{at}"
            steps, when = None, None
            if isinstance(one, dict):
                steps = self.each(one["each"], f"{here}/each") if "each" in one else None
                when = self.condition(one["when"], f"{here}/when") if "when" in one else None
            is_value = isinstance(one, str) or (isinstance(one, dict) and "from" in one)
            value = self.member(name, one, here) if is_value else self._object_item(one, here)
            parts.append((steps, value, when))

        def made(row: Row) -> list[Any]:
            found: list[Any] = []
            for at, (steps, value, when) in enumerate(parts):
                for inner in (row,) if steps is None else steps(row):
                    if when is not None and not when(inner):
                        continue
                    try:
                        one = value(inner)
                    except CellFault as error:
                        raise located(error, str(at)) from None
                    if isinstance(one, list):
                        found.extend(one)
                    elif one is not None:
                        found.append(one)
            # Two rows of a joined table may say the same.
            return found if len(found) < 2 else distinct(found)

        return made

    def _object_item(self, said: Any, pointer: str) -> Value:
        if not isinstance(said, dict):
            self.refuse(pointer, "Give text or an object.")
            return nothing
        return self.object(said, pointer)

    def condition(self, said: Any, pointer: str) -> Value:
        """Compile `when`: a template that must not be empty, or a value that `is` or is `not` among some."""
        if not isinstance(said, dict):
            text = self.text(said, pointer)
            return lambda row: text(row) is not None
        self._known(said, VALUE_KEYS, pointer)
        value = self.value({key: one for key, one in said.items() if key not in ("is", "not")}, pointer)
        among, without = (words(said.get(key)) for key in ("is", "not"))

        def holds(row: Row) -> bool:
            found = value(row)
            if among is not None:
                return found in among
            if without is not None:
                return found not in without
            return found is not None

        return holds

    def each(self, said: Any, pointer: str) -> Rows:
        """Compile `each`: rows of a joined table, or pieces of a cell, one within the other."""
        steps = [self._each(one, pointer) for one in (said if isinstance(said, list) else [said])]

        def rows(row: Row) -> Iterator[Row]:
            found = [row]
            for step in steps:
                found = [inner for outer in found for inner in step(outer)]
                if len(found) > _MOST_ROWS:
                    raise CellFault("too_many", f"More than {_MOST_ROWS:,} of one row are too many.")
            return iter(found)

        return rows

    def _each(self, said: Any, pointer: str) -> Rows:
        if not isinstance(said, dict) or not isinstance(said.get("as"), str):
            self.refuse(pointer, "Say what is gone through, and as what: `join` or `from`, and `as`.")
            return lambda row: iter([row])
        name = said["as"]
        if "join" in said:
            self._known(said, frozenset({"join", "as"}), pointer)
            table = said["join"]
            if table not in self.joins:
                self.refuse(
                    f"{pointer}/join", "There is no such table in join.", nearest(str(table), self.joins)
                )
            # The reader puts joined rows beside the row, under the name of the join.
            return lambda row: (
                {**row, **{f"{name}.{column}": cell for column, cell in other.items()}}
                for other in row.get(f"join {table}", ())
            )
        self._known(said, frozenset({"from", "split", "as"}), pointer)
        pieces = split(self.text(said.get("from"), f"{pointer}/from"), said.get("split", ";"))
        return lambda row: ({**row, name: piece} for piece in pieces(row))

    def _known(self, said: dict[str, Any], known: frozenset[str], pointer: str) -> None:
        for name in said:
            if name not in known:
                detail = f"There is no such word here; there are {', '.join(sorted(known))}."
                self.refuse(f"{pointer}/{name}", detail, nearest(name, known))
