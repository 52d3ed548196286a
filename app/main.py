"""create_app(): the one place where all meets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import logs
from app.api import changes, docs, history, lifecycle, merges, reading, vocabularies, writing
from app.api.auth import identify
from app.api.routing import RawRoute
from app.api.service import Service
from app.api.upkeep import upkeep
from app.explorer.start import start
from app.settings import Settings
from app.store.engine import Database
from app.store.migrations import reasons_not_ready

STREAMS = frozenset(("/v1/imports",))
"""Paths whose bodies may be of any size."""


def create_app(settings: Settings | None = None) -> Service:
    """The service: an ASGI application that opens its database when it starts and closes it when it stops."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        db = Database.open(settings.database_url, settings.read_database_url)

        def reasons() -> list[str]:
            with db.snapshot() as connection:
                return reasons_not_ready(connection)

        async def ready() -> list[str]:
            return await db.in_thread(reasons)

        app.state.db = db
        app.state.ready = ready
        try:
            async with upkeep(app, settings):
                yield
        finally:
            await db.close()

    service = Service(settings, streams=STREAMS, identify=identify, lifespan=lifespan)
    page = RawRoute("/", start, operation_id="start", summary="The start page", include_in_schema=False)
    service.router.routes[:] = [
        page,
        *reading.routes(service, settings),
        *writing.routes(service, settings),
        *history.routes(service),
        *merges.routes(service, settings),
        *changes.routes(service),
        *vocabularies.routes(service, settings),
        *lifecycle.routes(),
        *docs.routes(service),
    ]
    return service


def from_environment() -> Service:
    """The service as its environment sets it, with logs; what `annals serve` starts in each worker."""
    settings = Settings()
    logs.configure(settings)
    return create_app(settings)
