"""Statements compiled once for each dialect, so that a request pays for none of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import BindParameter, ColumnElement, Connection, Executable, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join
from sqlalchemy.types import ARRAY, BigInteger, Boolean, Text, TypeEngine

from app.store import direct


class _SqliteCompiler(SQLiteCompiler):
    """Writes limits so that SQLite does not look at their values.

    It plans a statement anew whenever a value changes that it has looked at while planning, as it does at
    `LIMIT ?`; that takes ten times as long as reading a row. Behind a sign it does not look.
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
    """`column` is one of the values of the list parameter `name`, however many there are.

    The list travels as one parameter (a JSON array on SQLite, an array on Postgres), so that the
    statement's text does not depend on its length.
    """

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], name: str, of: TypeEngine[Any]) -> None:
        """Compare `column` with the list parameter `name`, whose items are of type `of`."""
        self.column = column
        self.parameter: BindParameter[Any] = bindparam(name, type_=ARRAY(of))

    def self_group(self, against: object = None) -> "AnyOf":
        """Stand as it is: SQLAlchemy would write `(…) = 1` on SQLite, which then passes its index by."""
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


class Driven(Join):
    """A join that SQLite reads from left to right."""

    inherit_cache = True


@compiles(Driven, "sqlite")
def _sqlite_driven(element: Join, compiler: SQLCompiler, **kw: Any) -> str:
    kw.update(asfrom=True)
    on: Any = element.onclause
    left, right = compiler.process(element.left, **kw), compiler.process(element.right, **kw)
    kw.pop("from_linter", None)
    return f"{left} CROSS JOIN {right} ON {compiler.process(on, **kw)}"


class Statement:
    """A SQLAlchemy statement whose SQL text is made once for each dialect and kept.

    Parameters are given by name when it runs; a list is the value of an `AnyOf` parameter.
    """

    __slots__ = ("_clause", "_on_sqlite", "_postgresql", "_sqlite")

    def __init__(self, clause: Executable, *, on_sqlite: Executable | None = None) -> None:
        """Keep `clause`, and what says the same to SQLite in fewer words; nothing is compiled yet."""
        self._clause = clause
        self._on_sqlite = clause if on_sqlite is None else on_sqlite
        self._sqlite: tuple[str, dict[str, Any], tuple[str, ...]] | None = None
        self._postgresql: tuple[str, dict[str, Any]] | None = None

    def for_sqlite(self, parameters: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """Give the text and the positional arguments for the SQLite driver."""
        if self._sqlite is None:
            compiled: Any = self._on_sqlite.compile(dialect=DIALECTS["sqlite"])  # type: ignore[attr-defined]
            self._sqlite = (compiled.string, compiled.params, tuple(compiled.positiontup or ()))
        text, defaults, names = self._sqlite
        values = {**defaults, **parameters}
        for name, value in parameters.items():
            if type(value) is list:
                values[name] = orjson.dumps(value).decode()
        return text, [values[name] for name in names]

    def for_postgresql(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Give the text and the named arguments for psycopg."""
        if self._postgresql is None:
            compiled: Any = self._clause.compile(dialect=DIALECTS["postgresql"])  # type: ignore[attr-defined]
            self._postgresql = (compiled.string, dict(compiled.params))
        text, defaults = self._postgresql
        return text, {name: parameters.get(name, default) for name, default in defaults.items()}

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run on a connection of either database, inside its transaction, and give the rows."""
        return direct.ask(connection, *self._for(connection, parameters))

    def first(self, connection: Connection, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Give the first row, or None where there is none."""
        return next(iter(self.rows(connection, parameters)), None)

    def values(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Give what stands first in each row."""
        return [row[0] for row in self.rows(connection, parameters)]

    def do(self, connection: Connection, parameters: Mapping[str, Any]) -> int:
        """Run a statement that gives no rows, and give how many it changed."""
        return direct.do(connection, *self._for(connection, parameters))

    def _for(self, connection: Connection, parameters: Mapping[str, Any]) -> tuple[str, direct.Arguments]:
        if connection.dialect.name == "sqlite":
            return self.for_sqlite(parameters)
        return self.for_postgresql(parameters)
