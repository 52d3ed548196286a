"""SQL statements compiled once for each dialect, so that no request pays for it."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import BindParameter, ColumnElement, Connection, Executable, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join
from sqlalchemy.types import ARRAY, BigInteger, Boolean, Text, TypeEngine

from app.database.engine import raw_sql as direct


class _SqliteCompiler(SQLiteCompiler):
    """Writes limits so that SQLite does not plan a statement anew for each value.

    It does so whenever a parameter changes whose value the planner has looked at, as it does at `LIMIT ?`;
    that takes ten times as long as reading a row. It does not look behind a unary plus.
    """

    def limit_clause(self, select: Any, **kw: Any) -> str:
        text: str = super().limit_clause(select, **kw)  # type: ignore[no-untyped-call]
        return text.replace("LIMIT ", "LIMIT +").replace("OFFSET ", "OFFSET +")


def _sqlite_dialect() -> Dialect:
    dialect = sqlite.dialect()
    dialect.statement_compiler = _SqliteCompiler
    return dialect


DIALECTS: dict[str, Dialect] = {
    "sqlite": _sqlite_dialect(),
    "postgresql": postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
}


class AnyOf(ColumnElement[bool]):
    """`column IN` the list parameter `name`, however many values it has.

    The list is one parameter (a JSON array on SQLite, an array on Postgres), so that the statement's text
    does not depend on its length.
    """

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], name: str, of: TypeEngine[Any]) -> None:
        """Compare `column` with the list parameter `name`, whose items are of type `of`."""
        self.column = column
        self.parameter: BindParameter[Any] = bindparam(name, type_=ARRAY(of))

    def self_group(self, against: object = None) -> "AnyOf":
        """Return itself: SQLAlchemy would write `(…) = 1` on SQLite, which then does not use the index."""
        del against
        return self

    @classmethod
    def texts(cls, column: ColumnElement[Any], name: str) -> "AnyOf":
        """Compare a text column."""
        return cls(column, name, Text())

    @classmethod
    def keys(cls, column: ColumnElement[Any], name: str) -> "AnyOf":
        """Compare an integer column."""
        return cls(column, name, BigInteger())


@compiles(AnyOf, "sqlite")
def _sqlite_any_of(element: AnyOf, compiler: SQLCompiler, **kw: Any) -> str:
    text: BindParameter[Any] = bindparam(element.parameter.key, type_=Text())
    return (
        f"{compiler.process(element.column, **kw)} IN "
        f"(SELECT value FROM json_each({compiler.process(text, **kw)}))"
    )


@compiles(AnyOf, "postgresql")
def _postgres_any_of(element: AnyOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} = ANY ({compiler.process(element.parameter, **kw)})"


class OrderedJoin(Join):
    """A join whose order SQLite's planner keeps, written as CROSS JOIN."""

    inherit_cache = True


@compiles(OrderedJoin, "sqlite")
def _sqlite_driven(element: Join, compiler: SQLCompiler, **kw: Any) -> str:
    kw.update(asfrom=True)
    on: Any = element.onclause
    left, right = compiler.process(element.left, **kw), compiler.process(element.right, **kw)
    kw.pop("from_linter", None)
    return f"{left} CROSS JOIN {right} ON {compiler.process(on, **kw)}"


ParameterMarks = tuple[Mapping[str, Any], Sequence[str]]
"""Default values of a text's parameters, and the names of its placeholders in order."""


def _on_sqlite(clause: Executable, **options: Any) -> tuple[str, ParameterMarks]:
    compiled: Any = clause.compile(dialect=DIALECTS["sqlite"], **options)  # type: ignore[attr-defined]
    return compiled.string, (compiled.params, compiled.positiontup or ())


def _on_postgresql(clause: Executable) -> tuple[str, dict[str, Any]]:
    compiled: Any = clause.compile(dialect=DIALECTS["postgresql"])  # type: ignore[attr-defined]
    return compiled.string, dict(compiled.params)


def _with(name: str, rows: str, text: str) -> str:
    others = text.removeprefix("WITH ")
    between = " " if others == text else ", "
    return f"WITH {name} AS MATERIALIZED ({rows}){between}{others}"


class CompiledStatement:
    """A SQLAlchemy statement whose SQL text is made once for each dialect and cached.

    Parameters are given by name when it runs; a list is the value of an `AnyOf` parameter.
    """

    __slots__ = ("_clause", "_clause_on_sqlite", "_postgresql", "_sqlite", "_standing_in")

    def __init__(self, clause: Executable, *, on_sqlite: Executable | None = None) -> None:
        """Keep `clause`, and optionally a shorter equivalent for SQLite; it is compiled on first use."""
        self._clause = clause
        self._clause_on_sqlite = clause if on_sqlite is None else on_sqlite
        self._standing_in: tuple[str, Executable] | None = None
        self._sqlite: tuple[str, Sequence[ParameterMarks]] | None = None
        self._postgresql: tuple[str, dict[str, Any]] | None = None

    def over(self, table: Table, rows: Executable) -> "CompiledStatement":
        """Return the same statement with `rows` in place of a whole table: some of its rows, all columns."""
        found = CompiledStatement(self._clause, on_sqlite=self._clause_on_sqlite)
        found._standing_in = table.name, rows
        return found

    def for_sqlite(self, parameters: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """Return the text and the positional arguments for the SQLite driver."""
        if self._sqlite is None:
            self._sqlite = self._made_for_sqlite()
        text, parts = self._sqlite
        lists = {
            name: orjson.dumps(value).decode() for name, value in parameters.items() if type(value) is list
        }
        arguments: list[Any] = []
        for defaults, names in parts:
            values = {**defaults, **parameters, **lists}
            arguments += [values[name] for name in names]
        return text, arguments

    def _made_for_sqlite(self) -> tuple[str, Sequence[ParameterMarks]]:
        text, marks = _on_sqlite(self._clause_on_sqlite)
        if self._standing_in is None:
            return text, [marks]
        name, rows = self._standing_in
        # From here on the bare name means the rows; on SQLite the real table is named with its schema.
        found, first = _on_sqlite(rows, schema_translate_map={None: "main"}, render_schema_translate=True)
        return _with(name, found, text), [first, marks]

    def for_postgresql(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the text and the named arguments for psycopg."""
        if self._postgresql is None:
            self._postgresql = self._made_for_postgresql()
        text, defaults = self._postgresql
        return text, {name: parameters.get(name, default) for name, default in defaults.items()}

    def _made_for_postgresql(self) -> tuple[str, dict[str, Any]]:
        text, defaults = _on_postgresql(self._clause)
        if self._standing_in is None:
            return text, defaults
        name, rows = self._standing_in
        found, first = _on_postgresql(rows)
        for key in [one for one in first if one in defaults and first[one] != defaults[one]]:
            # Each text numbers its own literals.
            found = found.replace(f"%({key})s", f"%({name}_{key})s")
            first[f"{name}_{key}"] = first.pop(key)
        return _with(name, found, text), first | defaults

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run on a connection of either database, inside its transaction, and return the rows."""
        return direct.fetch_all(connection, *self.on(connection, parameters))

    def first(self, connection: Connection, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the first row, or None where there is none."""
        return next(iter(self.rows(connection, parameters)), None)

    def values(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the first column of each row."""
        return [row[0] for row in self.rows(connection, parameters)]

    def do(self, connection: Connection, parameters: Mapping[str, Any]) -> int:
        """Run a statement that returns no rows; return how many it changed."""
        return direct.execute(connection, *self.on(connection, parameters))

    def on(self, connection: Connection, parameters: Mapping[str, Any]) -> direct.Query:
        """Return the text and the arguments for the driver of a connection of either database."""
        if connection.dialect.name == "sqlite":
            return self.for_sqlite(parameters)
        return self.for_postgresql(parameters)
