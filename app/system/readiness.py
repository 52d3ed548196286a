"""Whether a service can answer: what each of its pools of connections says when it is asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from sqlalchemy import text

from app.database.engine.database import Database
from app.database.engine.driver_errors import read_only
from app.database.engine.server_mode import takes_writes
from app.database.engine.statement import CompiledStatement
from app.database.migrations import reasons_not_ready
from app.errors import AnnalsError
from app.system.schemas import PoolStatus

Purpose = Literal["read", "write"]

DISK_FULL_SECONDS: Final = 10.0
"""For how long after a write that found the disk full none is asked for; then one has to find out."""

_ANY: Final = CompiledStatement(text("SELECT 1"))


@dataclass(frozen=True, slots=True)
class ServiceReadiness:
    """What was found.

    Attributes:
        pools: each pool of connections, and why it is of no use where that is so.
        against_reading: why no reads are answered; nothing where they are.
        against_writing: why no writes are taken; nothing where they are.
    """

    pools: Sequence[PoolStatus]
    against_reading: Sequence[str]
    against_writing: Sequence[str]

    def against(self, purpose: Purpose) -> Sequence[str]:
        """Return why the service is not ready to read, or to write, which takes reading as well."""
        if purpose == "read":
            return self.against_reading
        return list(dict.fromkeys([*self.against_reading, *self.against_writing]))


async def examine(db: Database, disk_full_at: float | None) -> ServiceReadiness:
    """Ask every pool of connections.

    Args:
        db: the database.
        disk_full_at: the moment of `time.monotonic` at which a write last found the disk full, if the last one did.
    """
    by_snapshot, by_reading, by_writing = await asyncio.gather(
        _fault(partial(db.in_thread, partial(_of_snapshots, db))),
        _fault(partial(_of_reading, db)),
        _fault(partial(db.in_thread, partial(_of_writing, db))),
    )
    if disk_full_at is not None and time.monotonic() - disk_full_at < DISK_FULL_SECONDS:
        by_writing.append("The disk of the database was full when something was last to be written.")
    pools = [
        _status("reading", by_reading),
        _status("snapshots", by_snapshot),
        _status("writing", by_writing),
    ]
    against_reading = list(dict.fromkeys([*by_snapshot, *by_reading]))
    if db.replicas is not None:
        pools += [
            _status(f"replica {one.number}", [] if one.out_because is None else [one.out_because])
            for one in db.replicas.all
        ]
        # Whatever the primary says: what it cannot answer, they can.
        if any(one.out_because is None for one in db.replicas.all):
            against_reading = []
    return ServiceReadiness(
        pools, against_reading, list(dict.fromkeys([*by_snapshot, *by_reading, *by_writing]))
    )


def _status(name: str, reasons: Sequence[str]) -> PoolStatus:
    return (
        PoolStatus(name=name, ready=False, reason=" ".join(reasons))
        if reasons
        else PoolStatus(name=name, ready=True)
    )


async def _fault(ask: Callable[[], Awaitable[list[str]]]) -> list[str]:
    try:
        return await ask()
    except AnnalsError as error:
        return [error.detail]


def _of_snapshots(db: Database) -> list[str]:
    with db.snapshot() as connection:
        return reasons_not_ready(connection)


async def _of_reading(db: Database) -> list[str]:
    await db.decide(lambda reading: reading.fetch(_ANY, {}), single=True)
    return []


def _of_writing(db: Database) -> list[str]:
    # All connections that are in use are: whoever waits for one gets it in the end.
    takes = db.look_at_writer(takes_writes)
    return [read_only().detail] if takes is False else []
