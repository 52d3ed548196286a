"""Values: a text from columns, and its transformations: split, looked up, matched, parsed as a number."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from app.errors import Fault, nearest
from app.imports.json_values import object_of
from app.imports.mapping.constants import fixed_texts
from app.imports.mapping.errors import CellFault, MappingFault
from app.imports.mapping.expressions import Expression
from app.imports.mapping.numbers import KEYS as NUMBER_KEYS
from app.imports.mapping.numbers import Notation, read_number
from app.imports.mapping.paths import NamedColumns
from app.imports.mapping.row_keys import digest_of, digest_of_row, number_of_row
from app.imports.mapping.template_filters import MAX_CUT
from app.imports.mapping.templates import OF_THE_ROW, Row, Value, columns_of, compiled
from app.imports.mapping.text_verbs import cut, replaced
from app.values.json_pointer import escaped

VALUE_KEYS: Final = (
    frozenset({"from", "look_up", "match", "default", "split", "replace", "cut"}) | NUMBER_KEYS
)
"""The transformations of a text."""

_INSTEAD: Final = {
    "title": "as no record goes without a title",
    "measure": "or take the whole figure out",
}
"""What to do where a value is missing without which all around it means nothing."""

_LENGTH: Final = re.compile("[0-9]{1,7}")
Step = Callable[[str], str | None]


def nothing(_row: Row) -> None:
    """Stand in for what could not be compiled."""


def split(source: Value, separator: str) -> Value:
    """Return the parts of a cell, each once."""

    def pieces(row: Row) -> list[str]:
        text = source(row)
        if text is None:
            return []
        found = [piece.strip() for piece in text.split(separator)] if separator else [text]
        return list(dict.fromkeys(piece for piece in found if piece))

    return pieces


def looked_up(table: dict[str, str], default: str | None) -> Step:
    """Look cells up; a missing one raises `CellFault`, unless there is a default."""

    def step(text: str) -> str | None:
        found = table.get(text, default)
        if found is None:
            detail = "The look-up has no entry for this cell; add one, or a default."
            raise CellFault("no_such_entry", detail, text)
        return found or None

    return step


def matched(rules: list[Expression], default: str | None) -> Step:
    """Return the value of the first expression that matches; else the default, or `CellFault` is raised."""

    def step(text: str) -> str | None:
        for rule in rules:
            found = rule.found(text)
            if found is not None:
                return found or None
        if default is None:
            detail = "None of the expressions matches this cell; add one, or a default."
            raise CellFault("no_such_entry", detail, text)
        return default or None

    return step


@dataclass(slots=True)
class Values:
    """Compiles values, and collects faults.

    Attributes:
        tables: the named lookup tables.
        joins: the names of joined tables.
        empty: cells that count as empty.
        notation: how the tables write numbers; None: plainly.
        columns: the columns that are named.
        faults: what is wrong, with pointers into the mapping.
    """

    tables: dict[str, Any]
    joins: frozenset[str]
    empty: frozenset[str]
    notation: Notation | None
    columns: NamedColumns
    faults: list[Fault]

    def refuse(self, pointer: str, detail: str, suggestion: str | None = None) -> None:
        """Add a fault of the mapping."""
        self.faults.append(Fault("invalid_mapping", detail, pointer, suggestion=suggestion))

    def known(self, said: dict[str, Any], known: frozenset[str], pointer: str) -> None:
        """Refuse unknown keywords."""
        for name in said:
            if name not in known:
                detail = f"There is no such word here; there are {', '.join(sorted(known))}."
                self.refuse(f"{pointer}/{escaped(name)}", detail, nearest(name, known))

    def flag(self, said: dict[str, Any], name: str, pointer: str) -> bool:
        """Parse a boolean; it is false by default."""
        word = said.get(name, "false")
        if word not in ("true", "false"):
            self.refuse(f"{pointer}/{name}", "Write true or false.")
        return bool(word == "true")

    def one_of(self, said: Any, among: tuple[str, ...], pointer: str) -> None:
        """Refuse a constant that is none of these words."""
        for at, word in fixed_texts(said, self.tables, pointer):
            if word not in among:
                self.refuse(at, f"Choose one of {', '.join(among)}.", nearest(word, among))

    def text(self, said: Any, pointer: str, *, whole: bool = False, typed: bool = False) -> Value:
        """Compile a template; `whole` and `typed` as in `compiled`."""
        if not isinstance(said, str):
            self.refuse(pointer, "Write text here, with columns in braces.")
            return nothing
        if not said.strip():
            instead = _INSTEAD.get(pointer.rpartition("/")[2], "or take the line out")
            self.refuse(pointer, f"A choice is open here: write a text or a template, {instead}.")
            return nothing
        try:
            return compiled(said, self.columns, self.empty, whole=whole, typed=typed)
        except MappingFault as error:
            self.refuse(pointer, str(error), error.suggestion)
            return nothing

    def value(self, said: Any, pointer: str) -> Value:
        """Compile a text, or an object that says how it is transformed."""
        if not isinstance(said, dict):
            return self.text(said, pointer)
        if not OF_THE_ROW.isdisjoint(said):
            return self.of_the_row(said, pointer)
        if "split" in said:
            self.refuse(f"{pointer}/split", "Here is room for one value; split is for lists.")
        return self.treated(said, pointer)

    def column(self, said: Any, pointer: str) -> Value:
        """Compile a computed column; with `join`, of the first joined row that has a value."""
        if not isinstance(said, dict) or "join" not in said:
            return self.value(said, pointer)
        table = self.joined_table(said, pointer)
        # The names are those of the joined table's columns.
        other = replace(self, columns=NamedColumns())
        value = other.value({name: one for name, one in said.items() if name != "join"}, pointer)
        return lambda row: next(
            (found for one in row.get(f"join {table}", ()) if (found := value(one)) is not None), None
        )

    def of_the_row(self, said: dict[str, Any], pointer: str) -> Value:
        """Compile `row: true`, the number of the row, or `digest_of`: of some texts, or of all its cells."""
        if len(said) > 1:
            self.refuse(pointer, "Give one of row and digest_of, and nothing else.")
        if "row" in said:
            if said["row"] != "true":
                self.refuse(f"{pointer}/row", "Write true: it is the number of the row.")
            self.columns.needs_row = True
            return number_of_row
        texts = said["digest_of"]
        if texts == "row":
            self.columns.needs_row = True
            return digest_of_row
        if not isinstance(texts, list) or not texts:
            self.refuse(f"{pointer}/digest_of", "Give a list of texts, or the word row: all cells.")
            return nothing
        return digest_of([self.value(one, f"{pointer}/digest_of/{at}") for at, one in enumerate(texts)])

    def joined_table(self, said: dict[str, Any], pointer: str) -> str:
        """Parse the name of a joined table."""
        table = str(said["join"])
        if table not in self.joins:
            self.refuse(f"{pointer}/join", "There is no such table in join.", nearest(table, self.joins))
        return table

    def treated(self, said: dict[str, Any], pointer: str) -> Value:
        """Compile an object that says `from` which columns a text comes, and how it is transformed."""
        self.known(said, VALUE_KEYS, pointer)
        if "from" not in said:
            self.refuse(pointer, "Say `from` which columns the value comes.")
            return nothing
        source = self.text(said["from"], f"{pointer}/from")
        if "replace" in said:
            source = _mapped(source, _replacing(self._table(said["replace"], f"{pointer}/replace")))
        step = self._cutting(self._step(said, pointer), said, pointer)
        columns = columns_of(said["from"])
        if "split" in said:
            source = split(source, self.word(said, "split", pointer))
            if step is None:
                return source
            return lambda row: [
                one for text in source(row) if (one := _taken(step, text, columns)) is not None
            ]
        if step is None:
            return source
        return lambda row: None if (text := source(row)) is None else _taken(step, text, columns)

    def number(self, said: Any, value: Value, pointer: str, *, locator: bool = False) -> Value:
        """Compile a value that is to be a number.

        The results of lookup tables and constants are the mapping's own, and plain, however the table
        writes numbers.
        """
        words = object_of(said)
        notation = self._notation(words, pointer)
        if "look_up" in words and notation is not None:
            self.refuse(pointer, "A look-up gives plain numbers; it needs neither decimal nor thousands.")
        columns = columns_of(said)
        if notation is None and columns and "look_up" not in words:
            notation = self.notation

        def read(row: Row) -> Any:
            text = value(row)
            if text.__class__ is not str or (locator and not text.isdecimal()):
                return text
            try:
                return read_number(text, notation)
            except CellFault as error:
                raise error.found_in(columns) from None

        return read

    def refuse_notation(self, said: Any, pointer: str) -> None:
        """Refuse keywords for how numbers are written where no number is meant."""
        for name in NUMBER_KEYS & object_of(said).keys():
            self.refuse(f"{pointer}/{name}", "This is for numbers, and the member holds none.")

    def word(self, said: dict[str, Any], name: str, pointer: str) -> str:
        """Parse a word: a text without columns."""
        if not isinstance(said[name], str):
            self.refuse(f"{pointer}/{name}", "Write text here.")
            return ""
        return str(said[name])

    def _notation(self, words: dict[str, Any], pointer: str) -> Notation | None:
        try:
            return Notation.said(words)
        except MappingFault as error:
            self.refuse(pointer, str(error))
            return None

    def _step(self, said: dict[str, Any], pointer: str) -> Step | None:
        if "look_up" in said and "match" in said:
            self.refuse(pointer, "Give look_up or match, not both.")
        default = self.word(said, "default", pointer) if "default" in said else None
        if "look_up" in said:
            return looked_up(self._table(said["look_up"], f"{pointer}/look_up"), default)
        if "match" in said:
            return matched(self._rules(said["match"], f"{pointer}/match"), default)
        if default is not None:
            detail = "A default stands beside look_up or match: it is for cells that they do not provide for."
            self.refuse(f"{pointer}/default", detail)
        return None

    def _cutting(self, step: Step | None, said: dict[str, Any], pointer: str) -> Step | None:
        """Return the step, and after it that texts are cut, if that is said."""
        if "cut" not in said:
            return step
        word = self.word(said, "cut", pointer)
        if not _LENGTH.fullmatch(word) or not 1 < int(word) <= MAX_CUT:
            self.refuse(f"{pointer}/cut", f"Say how many characters there may be: 2 to {MAX_CUT:,}.")
            return step
        most = int(word)

        def shortened(text: str) -> str | None:
            found = text if step is None else step(text)
            return found if found is None else cut(found, most)

        return shortened

    def _table(self, said: Any, pointer: str) -> dict[str, str]:
        if isinstance(said, str):
            if said not in self.tables:
                self.refuse(pointer, "There is no such table in look_up.", nearest(said, self.tables))
            return _texts(self.tables.get(said))
        if not isinstance(said, dict):
            self.refuse(pointer, "Give a mapping from cells to values, or the name of one.")
        for cell, value in object_of(said).items():
            if not isinstance(value, str):
                self.refuse(f"{pointer}/{escaped(cell)}", "Write text here.")
        return _texts(said)

    def _rules(self, said: Any, pointer: str) -> list[Expression]:
        rules = []
        if not isinstance(said, dict):
            self.refuse(pointer, "Give a mapping from regular expressions to values.")
        for pattern, value in object_of(said).items():
            here = f"{pointer}/{escaped(pattern)}"
            if not isinstance(value, str):
                self.refuse(here, "Write text here.")
                continue
            try:
                rules.append(Expression(pattern, value))
            except MappingFault as error:
                self.refuse(here, str(error))
        return rules


def _replacing(table: dict[str, str]) -> Step:
    return lambda text: replaced(text, table).strip() or None


def _mapped(source: Value, step: Step) -> Value:
    return lambda row: None if (text := source(row)) is None else step(text)


def _texts(said: Any) -> dict[str, str]:
    """Return the entries of a lookup table that are texts; the others have been refused."""
    return {cell: one for cell, one in object_of(said).items() if isinstance(one, str)}


def _taken(step: Step, text: str, columns: tuple[str, ...]) -> str | None:
    try:
        return step(text)
    except CellFault as error:
        raise error.found_in(columns, text) from None
