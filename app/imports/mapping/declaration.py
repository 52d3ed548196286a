"""A mapping file, parsed and checked as a whole before any row is read."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.errors import Fault, InvalidDocument, nearest
from app.imports.json_values import object_of
from app.imports.mapping.compile import Compiler
from app.imports.mapping.constants import FixedTerm, FixedWords, unknown_terms
from app.imports.mapping.errors import MappingFault
from app.imports.mapping.guesses import Guess, unconfirmed_guesses
from app.imports.mapping.numbers import KEYS as NUMBER_KEYS
from app.imports.mapping.numbers import Notation
from app.imports.mapping.paths import ColumnPath, NamedColumns, parse_path, write_path
from app.imports.mapping.record_templates import Template, compiled_template
from app.imports.mapping.templates import Value
from app.imports.readers.encoding import ENCODINGS, parse_encoding
from app.records.vocabulary import Vocabulary
from app.values.failsafe_yaml import TextYamlError, load_failsafe_yaml
from app.values.json_pointer import escaped

MAX_BYTES: Final = 2**20
_MEMBERS: Final = frozenset({"about", "table", "join", "look_up", "columns", "records"})
_TABLE: Final = (
    frozenset({"delimiter", "encoding", "empty", "header", "items", "optional", "sheet", "skip"})
    | NUMBER_KEYS
)
_FEW: Final = re.compile("[0-9]{1,4}")
_JOIN: Final = frozenset({"file", "on", "key", "sheet"})


@dataclass(frozen=True, slots=True)
class TableJoin:
    """A second table: the rows whose `key` equals what `on` gives for the first table's row."""

    file: str
    on: str
    key: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping that can be applied.

    Attributes:
        about: the table that it is for, in words.
        folder: where its file is; joined tables are looked for there too. None where it is no file.
        delimiter: between cells; None: as the header shows.
        encoding: of the table; None: as its bytes show.
        header: the names of its columns, where it has none.
        skip: how many lines there are before the header.
        empty: cells that count as empty.
        joins: second tables by name.
        columns: computed columns, which are added to the table's own.
        named: the columns and paths that are named anywhere.
        optional: those of them that a table may be without; they are empty there.
        needs_row: whether it asks for the number of a row, or the digest of all its cells.
        sheet: of a spreadsheet; None: the only one with anything in it.
        items: the path to the array of documents in a JSON text; none: the array that the text is, or
            `items` or `features` of an object.
        templates: what is made of each row, in order.
        fixed_terms: the terms that it writes for every row.
    """

    about: str
    folder: Path | None
    delimiter: str | None
    encoding: str | None
    header: tuple[str, ...]
    skip: int
    empty: frozenset[str]
    joins: dict[str, TableJoin]
    columns: tuple[tuple[str, Value], ...]
    named: dict[str, ColumnPath]
    optional: frozenset[str]
    needs_row: bool
    sheet: str | None
    items: tuple[str, ...]
    templates: tuple[Template, ...]
    fixed_terms: tuple[FixedTerm, ...]

    @property
    def required(self) -> dict[str, ColumnPath]:
        """The columns and paths that a table must have."""
        return {name: path for name, path in self.named.items() if name not in self.optional}

    def check_terms(self, vocabulary: Vocabulary) -> None:
        """Check the fixed terms against the vocabulary of the database, before any row is read.

        Raises:
            InvalidDocument: with every term that is not in it.
        """
        faults = unknown_terms(self.fixed_terms, vocabulary)
        if faults:
            raise _invalid(faults)


def read_mapping(path: Path, *, accept_guesses: bool = False) -> Mapping:
    """Read a mapping file.

    Raises:
        InvalidDocument: with all of its faults, and where they are; an unconfirmed guess is a fault too,
            unless guesses are accepted.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    return parse_mapping(data, path.parent, accept_guesses=accept_guesses)


def parse_mapping(data: bytes, folder: Path | None = None, *, accept_guesses: bool = False) -> Mapping:
    """Parse the text of a mapping; `folder` is where tables that it joins are looked for. Raises as `read_mapping` does."""
    if len(data) > MAX_BYTES:
        raise _invalid([Fault("invalid_mapping", "A mapping may have 1 MiB.", "")])
    try:
        text = data.decode("utf-8-sig")
        loaded = load_failsafe_yaml(text)
    except UnicodeDecodeError:
        raise _invalid([Fault("invalid_mapping", "Write the mapping in UTF-8.", "")]) from None
    except TextYamlError as error:
        raise _invalid([Fault("invalid_mapping", f"{str(error).capitalize()}.", "")]) from None
    guesses = [] if accept_guesses else [_unconfirmed(guess) for guess in unconfirmed_guesses(text)]
    try:
        mapping = declared(loaded, folder)
    except InvalidDocument as error:
        raise _invalid([*error.faults, *guesses]) from None
    if guesses:
        raise _invalid(guesses)
    return mapping


def _unconfirmed(guess: Guess) -> Fault:
    detail = f"{guess.text}  {guess.remark}"
    return Fault("unconfirmed_guess", f"Line {guess.line} is a guess that nobody has confirmed: {detail}")


def declared(said: Any, folder: Path | None) -> Mapping:
    """Check and compile a mapping; raises as `read_mapping` does."""
    if not isinstance(said, dict) or not isinstance(said.get("records"), list) or not said["records"]:
        raise _invalid([Fault("invalid_mapping", "Say in `records` what is made of each row.", "/records")])
    table = object_of(said.get("table"))
    compiler = Compiler(
        tables=object_of(said.get("look_up")),
        joins=frozenset(object_of(said.get("join"))),
        empty=frozenset(),
        notation=None,
        columns=NamedColumns(object_of(said.get("columns"))),
        faults=[],
    )
    compiler.known(said, _MEMBERS, "")
    compiler.known(table, _TABLE, "/table")
    delimiter, encoding, header, skip = _read_table(compiler, table)
    items = _path_of_items(compiler, table)
    sheet = compiler.word(table, "sheet", "/table") if "sheet" in table else None
    _check_tables(compiler)
    joins = _joins(compiler, object_of(said.get("join")))
    columns = tuple(
        (name, compiler.column(one, f"/columns/{escaped(name)}"))
        for name, one in object_of(said.get("columns")).items()
    )
    words = FixedWords(compiler.tables, compiler.faults)
    templates = tuple(
        compiled_template(compiler, words, one, f"/records/{at}") for at, one in enumerate(said["records"])
    )
    for join in joins.values():
        compiler.columns.add(join.on)
    optional = _optional(compiler, table)
    if compiler.faults:
        raise _invalid(compiler.faults)
    about = said.get("about")
    return Mapping(
        about if isinstance(about, str) else "",
        folder,
        delimiter,
        encoding,
        header,
        skip,
        compiler.empty,
        joins,
        columns,
        compiler.columns.paths,
        optional,
        compiler.columns.needs_row,
        sheet,
        items,
        templates,
        tuple(words.terms),
    )


def _read_table(
    compiler: Compiler, table: dict[str, Any]
) -> tuple[str | None, str | None, tuple[str, ...], int]:
    """Read how the table is written; returns its delimiter and encoding, its header, and how many lines are before it."""
    empty = table.get("empty", [])
    markers = empty if isinstance(empty, list) else [empty]
    if not all(isinstance(one, str) for one in markers):
        compiler.refuse("/table/empty", "Write text here, or a list of texts.")
    compiler.empty = frozenset({"", *(one for one in markers if isinstance(one, str))})
    try:
        compiler.notation = Notation.said(table)
    except MappingFault as error:
        compiler.refuse("/table", str(error))
    declared = table.get("encoding")
    encoding = None if declared is None else parse_encoding(str(declared))
    if declared is not None and encoding is None:
        near = nearest(str(declared), ENCODINGS)
        compiler.refuse("/table/encoding", f"Choose one of {', '.join(ENCODINGS)}.", near)
    header = table.get("header", [])
    if not isinstance(header, list) or not all(isinstance(name, str) and name.strip() for name in header):
        compiler.refuse("/table/header", "Give the names of all columns, in a list; none of them empty.")
        header = []
    if len(set(header)) < len(header):
        compiler.refuse("/table/header", "Name each column once.")
    skip = str(table.get("skip", "0"))
    if not _FEW.fullmatch(skip):
        compiler.refuse("/table/skip", "Say how many lines there are before the header: 0 to 9999.")
        skip = "0"
    delimiter = table.get("delimiter")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        compiler.refuse("/table/delimiter", "Give one character.")
    return delimiter, encoding, tuple(header), int(skip)


def _optional(compiler: Compiler, table: dict[str, Any]) -> frozenset[str]:
    """Read which columns a table may be without."""
    said = table.get("optional", [])
    names = said if isinstance(said, list) else [said]
    named = compiler.columns.paths
    for at, name in enumerate(names):
        if not isinstance(name, str) or name not in named:
            near = nearest(str(name), named)
            compiler.refuse(f"/table/optional/{at}", "Give columns that the mapping names.", near)
    return frozenset(name for name in names if isinstance(name, str))


def _path_of_items(compiler: Compiler, table: dict[str, Any]) -> tuple[str, ...]:
    """Read where in a JSON text the array of documents is; an empty path where that is not said."""
    if "items" not in table:
        return ()
    said = compiler.word(table, "items", "/table")
    path = parse_path(said)
    names = [step for step in path if isinstance(step, str)]
    is_no_path = path == (said,) and write_path(path) != said
    if not said.strip() or is_no_path or len(names) < len(path):
        compiler.refuse(
            "/table/items", "Give the names of members, one in the other, such as results.bindings."
        )
    return tuple(names)


def _check_tables(compiler: Compiler) -> None:
    for name, entries in compiler.tables.items():
        if not isinstance(entries, dict):
            compiler.refuse(f"/look_up/{escaped(name)}", "Give a mapping from cells to values.")
            continue
        for cell, value in entries.items():
            if not isinstance(value, str):
                compiler.refuse(f"/look_up/{escaped(name)}/{escaped(cell)}", "Write text here.")


def _joins(compiler: Compiler, said: dict[str, Any]) -> dict[str, TableJoin]:
    joins = {}
    for name, one in said.items():
        members = object_of(one)
        compiler.known(members, _JOIN, f"/join/{name}")
        if not all(isinstance(members.get(key), str) for key in ("file", "on")) or not all(
            isinstance(members.get(key, ""), str) for key in ("key", "sheet")
        ):
            compiler.refuse(f"/join/{name}", "Say in which file, and on which column.")
            continue
        joins[name] = TableJoin(
            members["file"], members["on"], members.get("key", members["on"]), members.get("sheet")
        )
    return joins


def _invalid(faults: list[Fault]) -> InvalidDocument:
    count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
    detail = f"The mapping has {count}; nothing was read."
    if any(fault.code == "unconfirmed_guess" for fault in faults):
        detail += (
            " Write # confirm at the end of each line that is a guess and is right, or in place of its remark; "
            "change the others. --accept-guesses takes them all."
        )
    return InvalidDocument(detail, faults=faults)
