"""Background tasks of each worker: those of features, recording when keys were used, deleting expired responses.

Any number of workers may run them at once, and they may be interrupted anywhere.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI

from app.database.api_keys import note_uses
from app.database.engine.database import Database
from app.errors import AnnalsError
from app.logs import log
from app.settings import Settings
from app.web.auth import key_cache
from app.web.idempotency import sweep

BackgroundTask = Callable[[Database], Awaitable[None]]
"""Does what a feature has left to be done; it may be interrupted anywhere, and run in several workers at once."""

EVERY_SECONDS: Final = 30.0

SWEEP_EVERY: Final = 20
"""Rounds between two deletions of expired responses."""

ASK_AGAIN_SECONDS: Final = 0.5
"""How long to wait, at the end, before the task in progress is cancelled again."""


@asynccontextmanager
async def background_tasks(
    app: FastAPI, settings: Settings, tasks: Sequence[BackgroundTask]
) -> AsyncIterator[None]:
    """Run the background tasks while the block runs, in rounds; a task in progress at its end is cancelled.

    `tasks` are those of features.
    """
    app.state.upkeep = asyncio.Event()
    app.state.upkeep.set()
    task = asyncio.ensure_future(_rounds(app, settings, tasks))
    try:
        yield
    finally:
        await _cut_off(task)
        with suppress(AnnalsError):
            await _note_uses(app, app.state.db)


async def _cut_off(task: "asyncio.Future[None]") -> None:
    # Once is not enough: before Python 3.12 `asyncio.wait_for`, which is used to wait for a connection to
    # Postgres, loses a cancellation that comes at the same moment as the connection.
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=ASK_AGAIN_SECONDS)


async def _rounds(app: FastAPI, settings: Settings, tasks: Sequence[BackgroundTask]) -> None:
    woken: asyncio.Event = app.state.upkeep
    number = 0
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_SECONDS):
                await woken.wait()
        woken.clear()
        try:
            await _round(app, settings, tasks, swept=number % SWEEP_EVERY == 0)
        except AnnalsError as error:  # the database cannot be reached: try again in the next round
            log().warning("upkeep put off", reason=error.code)
        except Exception as error:  # noqa: BLE001 - a worker goes on answering whatever ails its upkeep
            log().error("upkeep failed", exc_info=error)
        number += 1


async def _round(app: FastAPI, settings: Settings, tasks: Sequence[BackgroundTask], *, swept: bool) -> None:
    db: Database = app.state.db
    if (await app.state.readiness()).against_writing:
        return
    await _note_uses(app, db)
    for task in tasks:
        await task(db)
    if swept:
        hours = settings.idempotency_hours
        while await db.write(lambda tx: sweep(tx, hours)):
            pass


async def _note_uses(app: FastAPI, db: Database) -> None:
    uses = key_cache(app).take_uses()
    if uses:
        await db.write(lambda tx: note_uses(tx, uses))
