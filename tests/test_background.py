"""What each worker does beside answering ends when the worker ends."""

import asyncio

import pytest

from app.background import background_tasks
from app.database.engine.database import Database
from app.main import create_app
from app.settings import Settings
from app.system.readiness import ServiceReadiness

pytestmark = pytest.mark.anyio

END_WITHIN_SECONDS = 10


async def test_a_lost_cancellation_does_not_keep_a_worker_from_ending(database_url: str) -> None:
    """Waiting for a connection to Postgres may lose one before Python 3.12."""
    app = create_app(Settings(database_url=database_url))
    begun = asyncio.Event()

    async def ready_but_deaf() -> ServiceReadiness:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return ServiceReadiness([], [], ["The cancellation was lost here."])
        return ServiceReadiness([], [], [])

    app.state.db = Database.of(Settings(database_url=database_url))
    app.state.readiness = ready_but_deaf
    try:
        async with asyncio.timeout(END_WITHIN_SECONDS) as limit:
            async with background_tasks(app, Settings(database_url=database_url), []):
                await begun.wait()
        assert not limit.expired()
    finally:
        await app.state.db.close()
