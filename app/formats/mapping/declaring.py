"""A mapping file, read and checked as a whole before a row is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.errors import Fault, InvalidDocument, nearest
from app.formats.mapping.cells import Value
from app.formats.mapping.compiling import Compiler, Rows
from app.formats.reading.csv import UTF8
from app.records import RECORDS
from app.values.text_yaml import TextYamlError, load

MAX_BYTES: Final = 2**20

_MEMBERS: Final = frozenset({"about", "table", "join", "look_up", "columns", "records"})
_TABLE: Final = frozenset({"delimiter", "encoding", "empty"})
_JOIN: Final = frozenset({"file", "on", "key"})
_ENCODINGS: Final = (UTF8, "windows-1252", "latin-1")
_KINDS: Final = {kind.kind: kind for kind in RECORDS}
_CONTROLS: Final = frozenset({"kind", "once", "if_missing", "when", "each"})


@dataclass(frozen=True, slots=True)
class Join:
    """A second table: the rows whose `key` is what `on` says of the first table's row."""

    file: str
    on: str
    key: str


@dataclass(frozen=True, slots=True)
class Template:
    """One record to be made of a row, or several of them.

    Attributes:
        kind: the kind of record.
        once: whether it is made once, of no row.
        if_missing: whether it gives way to a record that is there.
        when: whether it is made of a row at all.
        each: the rows that it is made of, where one row gives several.
        make: makes its document.
    """

    kind: str
    once: bool
    if_missing: bool
    when: Value | None
    each: Rows | None
    make: Value


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping that can be followed.

    Attributes:
        folder: where its file is; joined tables are looked for there too.
        delimiter: between cells; None: as the header tells.
        encoding: of the table.
        joins: second tables by name.
        columns: values that are worked out first and then stand beside the columns.
        named: the columns that are named anywhere, which the table must have.
        templates: what is made of each row, in order.
    """

    folder: Path
    delimiter: str | None
    encoding: str
    joins: dict[str, Join]
    columns: tuple[tuple[str, Value], ...]
    named: frozenset[str]
    templates: tuple[Template, ...]


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        InvalidDocument: with everything that is wrong with it, and where.
    """
    if path.stat().st_size > MAX_BYTES:
        raise _invalid([Fault("invalid_mapping", "A mapping may have 1 MiB.", "")])
    try:
        loaded = load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise _invalid([Fault("invalid_mapping", "Write the mapping in UTF-8.", "")]) from None
    except TextYamlError as error:
        raise _invalid([Fault("invalid_mapping", f"{str(error).capitalize()}.", "")]) from None
    return declared(loaded, path.parent)


def declared(said: Any, folder: Path) -> Mapping:
    """Check and compile what a mapping says; raises as `read_mapping` does."""
    if not isinstance(said, dict) or not isinstance(said.get("records"), list) or not said["records"]:
        raise _invalid([Fault("invalid_mapping", "Say in `records` what is made of each row.", "/records")])
    table = _object(said.get("table"))
    empty = table.get("empty", [])
    compiler = Compiler(
        tables={name: _object(one) for name, one in _object(said.get("look_up")).items()},
        joins=frozenset(_object(said.get("join"))),
        empty=frozenset({"", *(empty if isinstance(empty, list) else [empty])}),
        columns=set(),
        faults=[],
    )
    _known(compiler, said, _MEMBERS, "")
    _known(compiler, table, _TABLE, "/table")
    encoding = table.get("encoding", UTF8)
    if encoding not in _ENCODINGS:
        compiler.refuse(
            "/table/encoding", f"Choose one of {', '.join(_ENCODINGS)}.", nearest(encoding, _ENCODINGS)
        )
    delimiter = table.get("delimiter")
    if delimiter is not None and len(delimiter) != 1:
        compiler.refuse("/table/delimiter", "Give one character.")
    joins = _joins(compiler, _object(said.get("join")))
    columns = tuple(
        (name, compiler.column(one, f"/columns/{name}")) for name, one in _object(said.get("columns")).items()
    )
    templates = tuple(_template(compiler, one, f"/records/{at}") for at, one in enumerate(said["records"]))
    if compiler.faults:
        raise _invalid(compiler.faults)
    own = {name for name in compiler.columns if not _is_made(name, said)} | {
        join.on for join in joins.values()
    }
    return Mapping(folder, delimiter, encoding, joins, columns, frozenset(own), templates)


def _is_made(name: str, said: dict[str, Any]) -> bool:
    """Say whether a name is not the table's own: worked out, of a joined row, or a piece of a cell."""
    return name in _object(said.get("columns")) or name.partition(".")[0] in _aliases(said)


def _aliases(said: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(said, dict):
        for name, one in said.items():
            if name == "as" and isinstance(one, str):
                found.add(one)
            found |= _aliases(one)
    elif isinstance(said, list):
        for one in said:
            found |= _aliases(one)
    return found


def _joins(compiler: Compiler, said: dict[str, Any]) -> dict[str, Join]:
    joins = {}
    for name, one in said.items():
        members = _object(one)
        _known(compiler, members, _JOIN, f"/join/{name}")
        if not all(isinstance(members.get(key), str) for key in ("file", "on")):
            compiler.refuse(f"/join/{name}", "Say in which file, and on which column.")
            continue
        joins[name] = Join(members["file"], members["on"], members.get("key", members["on"]))
    return joins


def _template(compiler: Compiler, said: Any, pointer: str) -> Template:
    members = _object(said)
    kind = members.get("kind")
    if kind not in _KINDS:
        compiler.refuse(f"{pointer}/kind", f"Choose one of {', '.join(_KINDS)}.", nearest(str(kind), _KINDS))
    else:
        # What the record cannot have is told here once, rather than of each row.
        known = set(_KINDS[kind].model.model_fields)
        _known(compiler, {name: 0 for name in members if name not in _CONTROLS}, frozenset(known), pointer)
    made = {name: one for name, one in members.items() if name not in _CONTROLS}
    when = compiler.condition(members["when"], f"{pointer}/when") if "when" in members else None
    each = compiler.each(members["each"], f"{pointer}/each") if "each" in members else None
    return Template(
        str(kind),
        members.get("once") == "true",
        members.get("if_missing") == "true",
        when,
        each,
        compiler.object(made, pointer),
    )


def _known(compiler: Compiler, said: dict[str, Any], known: frozenset[str], pointer: str) -> None:
    for name in said:
        if name not in known:
            compiler.refuse(f"{pointer}/{name}", "There is no such word here.", nearest(name, known))


def _object(said: Any) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def _invalid(faults: list[Fault]) -> InvalidDocument:
    count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
    return InvalidDocument(f"The mapping has {count}; nothing was read.", faults=faults)
