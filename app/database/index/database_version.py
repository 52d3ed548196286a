"""The version of the database, which every writing transaction increases right before COMMIT, and the changes that it numbers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    not_,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from app.database import tables
from app.database.engine import raw_sql as direct
from app.database.engine.branches import IS_ANOTHER_TIMELINE, begin_branch_if_forked
from app.database.engine.driver_errors import SerializationFailure
from app.database.engine.planner_statistics import have_doubled, refresh_statistics
from app.database.engine.statement import CompiledStatement
from app.database.engine.transaction_end import after_commit, at_end, note_version
from app.database.engine.versions import new_token
from app.database.index.insert_rows import COPY_FROM, columns_of, insert_rows
from app.database.index.json_rows import given_rows, rows_as_json
from app.values.timestamps import now

_database = tables.database.c


def _increase(stamp: ColumnElement[int]) -> ReturningUpdate[Any]:
    return (
        update(tables.database)
        .values(
            version=_database.version + bindparam("steps", type_=BigInteger()),
            stamp=stamp,
            version_tag=cast(_database.branch, Text)
            .concat(".")
            .concat(cast(stamp, Text))
            .concat("-")
            .concat(bindparam("token", type_=Text())),
        )
        .returning(_database.version, _database.vocabulary, _database.version_tag)
    )


_STAMPS = _database.stamp + 1, bindparam("now", type_=BigInteger())
_ADVANCE = CompiledStatement(
    _increase(func.greatest(*_STAMPS)).where(not_(literal_column(IS_ANOTHER_TIMELINE))),
    on_sqlite=_increase(func.max(*_STAMPS)),
)


class _Step(NamedTuple):
    """By how much a part of a transaction increases the version, and the changes it tells, without their numbers."""

    steps: int
    changes: Sequence[tuple[Any, ...]]
    vocabulary: int | None


def bump_version(
    connection: Connection, steps: int, vocabulary: int | None = None, changes: Sequence[tuple[Any, ...]] = ()
) -> None:
    """Have the database version increased when the writing transaction ends, right before COMMIT.

    It goes up by `steps`, and `changes`, (at, by, action, record, revision, kind, fields), of which there are none or one for
    each step, get the new numbers. The next writer waits there until this transaction has ended, so numbers become visible
    in order, and for nothing else that this one does. Where `vocabulary` is given and no longer the version of the
    vocabulary by then, the transaction ends with `SerializationFailure`. Where the history has forked since the last write, a
    new branch of it is begun first.
    """
    at_end(connection, _advance, _Step(steps, changes, vocabulary))


def _advance(connection: Connection, noted: list[_Step]) -> None:
    """Increase the version, and insert the changes; raises `SerializationFailure` as `bump_version` says."""
    steps, changes = 0, []
    for step in noted:
        changes += [(steps + number, *change) for number, change in enumerate(step.changes, 1)]
        steps += step.steps
    found = _advanced(connection, steps, changes)
    if not found:
        begin_branch_if_forked(connection)
        found = _advanced(connection, steps, changes)
    [(last, terms, version)] = found
    if any(step.vocabulary not in (None, terms) for step in noted):
        raise SerializationFailure
    note_version(connection, version)
    if connection.dialect.name == "postgresql" and have_doubled(last, steps):
        after_commit(connection, refresh_statistics)


def _advanced(
    connection: Connection, steps: int, changes: Sequence[tuple[Any, ...]]
) -> Sequence[tuple[int, int, str]]:
    """Increase the version, and insert the changes.

    Returns the number of the last change, the version of the vocabulary and that of the database; nothing on another timeline.
    """
    asked = {"steps": steps, "now": now(), "token": new_token()}
    if connection.dialect.name == "postgresql" and 0 < len(changes) < COPY_FROM:
        sql, arguments = _ADVANCE.for_postgresql(asked)
        told = {**arguments, "before": steps, "changes": rows_as_json(columns_of(tables.change), changes)}
        return direct.fetch_all(connection, _advance_and_tell(sql), told)
    found = _ADVANCE.rows(connection, asked)
    for last, *_ in found:
        insert_rows(connection, tables.change, [(last - steps + number, *told) for number, *told in changes])
    return found


@lru_cache(maxsize=1)
def _advance_and_tell(advance: str) -> str:
    first, *others = columns_of(tables.change)
    names = ", ".join(f"given.{name}" for name in others)
    return (
        f"WITH advanced AS ({advance}), told AS ("
        f"INSERT INTO change ({first}, {', '.join(others)}) "
        f"SELECT advanced.version - %(before)s::bigint + given.{first}, {names} "
        f"FROM advanced, {given_rows(tables.change, columns_of(tables.change), '%(changes)s')}) "
        "SELECT version, vocabulary, version_tag FROM advanced"
    )
