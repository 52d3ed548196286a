"""Histories that fork: a database that goes on from an earlier state than the last one that was answered from.

So it is where a standby takes over without the last writes, where a server is recovered to a moment, and where a backup is
restored. Postgres gives the history of a server another number each time, its timeline (manual, "Timelines"). A new branch
of the history is begun there: its versions, and the numbers of its changes, are above all that the lost branch can have
given out, and the table `branch` says up to which number both have the same.
"""

from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    exists,
    func,
    insert,
    inspect,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.engine.versions import FIRST_BRANCH, new_version
from app.values.timestamps import now

IS_ANOTHER_TIMELINE: Final = "(timeline = annals_timeline()) IS FALSE"
"""A condition on the row of `database`, on Postgres: its last write was on another timeline.

The function returns NULL on a standby, and where the role may not see the timeline.
"""

_LOST_AT_MOST: Final = 1_000_000_000
"""More numbers than a lost branch has, should the clock have been set back since it began."""

_database = tables.database.c
_POSITION: Select[Any] = select(_database.branch, _database.stamp, _database.version)
_LOCK = CompiledStatement(_POSITION.with_for_update())
_LOCK_IF_FORKED = CompiledStatement(_POSITION.where(literal_column(IS_ANOTHER_TIMELINE)).with_for_update())

_branch = tables.branch.c
_HAS_BRANCH = exists().where(_branch.branch > literal_column("0"))

HAS_FORKED: Final = or_(_HAS_BRANCH, literal_column(IS_ANOTHER_TIMELINE))
"""A condition on the row of `database`, on Postgres: its history has forked, also where no branch is begun yet."""

HAS_FORKED_ON_SQLITE: Final = _HAS_BRANCH
"""The same on SQLite, where a branch is begun as soon as that is known."""

_FORKED = CompiledStatement(
    select(_database.one).where(HAS_FORKED), on_sqlite=select(_database.one).where(HAS_FORKED_ON_SQLITE)
)
_SAME_FORK = CompiledStatement(select(_branch.last_common).where(_branch.begins == bindparam("begins")))
_NEW = insert(tables.branch).values(
    {name: bindparam(name) for name in ("branch", "last_common", "begins", "at")}
)
_INSERT = CompiledStatement(_NEW.values(timeline=func.annals_timeline()), on_sqlite=_NEW)
_LAST = update(tables.database).values(
    {name: bindparam(f"new_{name}") for name in ("branch", "stamp", "version", "version_tag")}
)
_UPDATE = CompiledStatement(_LAST.values(timeline=func.annals_timeline()), on_sqlite=_LAST)


class Position(NamedTuple):
    """How far a history has come: its branch, the stamp of its version, and the number of its last change."""

    branch: int = 0
    stamp: int = 0
    number: int = 0


def position_of(connection: Connection) -> Position:
    """Return how far the history of a database has come; of an earlier schema perhaps, or without tables yet."""
    look = inspect(connection)
    if not look.has_table(tables.database.name):
        return Position()
    known = {column["name"] for column in look.get_columns(tables.database.name)}
    selected: Select[Any] = (
        _POSITION if "stamp" in known else select(literal(FIRST_BRANCH), literal(0), _database.version)
    )
    found = connection.execute(selected).first()
    return Position() if found is None else Position(*found)


def has_forked(connection: Connection) -> bool:
    """Return whether the history has ever forked."""
    return bool(_FORKED.rows(connection, {}))


def begin_branch_if_forked(tx: Connection) -> None:
    """Begin a new branch where the server is on another timeline than the last write was, on Postgres.

    Of several writers at once one does, and the others wait for it.
    """
    for row in _LOCK_IF_FORKED.rows(tx, {}):
        _begin(tx, Position(*row), Position(*row))


def begin_branch(tx: Connection, above: Position) -> None:
    """Begin a new branch with the next write; `above` is how far the history came that this one takes the place of."""
    [row] = _LOCK.rows(tx, {})
    here = Position(*row)
    _begin(tx, here, Position(*map(max, here, above)))


def _begin(tx: Connection, here: Position, above: Position) -> None:
    at = now()
    branch, stamp = above.branch + 1, max(above.stamp + 1, at)
    begins = max(above.number + _LOST_AT_MOST, at)
    # Where nothing was written in a branch, the next forks where it did.
    common = _SAME_FORK.values(tx, {"begins": here.number + 1}) or [here.number]
    _INSERT.do(tx, {"branch": branch, "last_common": common[0], "begins": begins, "at": at})
    _UPDATE.do(
        tx,
        {
            "new_branch": branch,
            "new_stamp": stamp,
            "new_version": begins - 1,
            "new_version_tag": new_version(branch, stamp),
        },
    )
