"""The branches of the history: where it forked, and whether the numbers of changes agree with that."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, func, select

from app.database import tables
from app.values.counted import counted
from app.values.timestamps import rfc3339

REMEDY: Final = "Look whether writes were lost that somebody has to make again; nothing else has to be done."

_branch, _change, _database = tables.branch.c, tables.change.c, tables.database.c


def forks_told(connection: Connection) -> str | None:
    """Return in a sentence where the history forked; None where it never did."""
    count: int = connection.execute(select(func.count()).select_from(tables.branch)).scalar_one()
    last = connection.execute(select(tables.branch).order_by(_branch.branch.desc()).limit(1)).first()
    if last is None:
        return None
    timeline = f", on timeline {last.timeline}" if last.timeline is not None else ""
    return (
        f"The database was set back to an earlier state {counted(count, 'time')}, last at {rfc3339(last.at)}{timeline}: what "
        f"was written after change {last.last_common}, if anything was, is lost, and changes go on with {last.begins}."
    )


def sees_timeline(connection: Connection) -> bool:
    """Return whether it can be seen that the history forks, on Postgres: a standby tells no timeline."""
    return bool(
        connection.execute(
            select(func.annals_timeline().is_not(None) | func.pg_is_in_recovery())
        ).scalar_one()
    )


def faults_of_branches(connection: Connection) -> Iterator[str]:
    """Yield in sentences what does not agree in the branches and the numbers of changes."""
    lost = (_change.seq > _branch.last_common) & (_change.seq < _branch.begins)
    between = select(func.min(_change.seq)).select_from(tables.branch.join(tables.change, lost))
    number = connection.execute(between).scalar_one()
    if number is not None:
        yield f"Change {number} has a number that was lost with a branch of the history."
    newest = select(func.coalesce(func.max(_branch.branch), 0)).scalar_subquery()
    for tag, branch, stamp, known in connection.execute(
        select(_database.version_tag, _database.branch, _database.stamp, newest)
    ):
        if not tag.startswith(f"{branch}.{stamp}-"):
            yield f"The version is not that of branch {branch} and stamp {stamp}."
        if branch < known:
            yield f"It is at branch {branch} of the history, but branch {known} has begun."
