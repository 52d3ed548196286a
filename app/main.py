"""`create_app()`: the application with all its parts."""

import gc
import sys
from collections.abc import AsyncIterator, Container
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI

from app import logs
from app.background import background_tasks
from app.changes import router as changes
from app.database.engine.database import Database
from app.dates import router as dates
from app.density import router as density
from app.evidence import router as evidence
from app.explorer import router as explorer
from app.exports import router as exports
from app.formats import router as formats
from app.formats.answer_schemas import format_schemas
from app.graph import router as graph
from app.history import router as history
from app.imports import router as imports
from app.imports.request_schemas import import_schemas
from app.listing import router as listing
from app.merges import router as merges
from app.merges.pending import finish_merges
from app.reading import router as reading
from app.records.kinds import RECORD_KINDS
from app.schemas.records import record_name, record_schemas
from app.search import router as search
from app.settings import Settings
from app.source_texts import router as sourcetexts
from app.system import docs
from app.system import router as system
from app.system.readiness import ServiceReadiness, examine
from app.timeline import router as timeline
from app.vocabularies import router as vocabularies
from app.web.application import AnnalsApp
from app.web.auth import SECURITY, check_credential, rate_limit_identity
from app.web.memory import give_back_large_pieces, giving_back_small_pieces
from app.web.metrics import ReplicaMetrics
from app.writing import evidence_router as evidence_items
from app.writing import router as writing


class _Streams(Container[str]):
    """Paths whose bodies may be larger than others: imports of any size, texts of sources up to a limit of their own."""

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and (path == "/v1/imports" or sourcetexts.takes_text(path))


STREAMS = _Streams()


def create_app(settings: Settings | None = None) -> AnnalsApp:
    """Create the service: an ASGI application that opens its database when it starts and closes it when it stops."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        db = Database.of(settings)

        async def readiness() -> ServiceReadiness:
            return await examine(db, getattr(app.state, "disk_full_at", None))

        app.state.db = db
        app.state.readiness = readiness
        if db.replicas is not None:
            db.replicas.observer = ReplicaMetrics()
        try:
            await db.start()
            async with AsyncExitStack() as stack:
                if not settings.read_only:
                    await stack.enter_async_context(background_tasks(app, settings, [finish_merges]))
                await stack.enter_async_context(giving_back_small_pieces())
                yield
        finally:
            await db.close()

    service = AnnalsApp(
        settings,
        streams=STREAMS,
        identify=rate_limit_identity,
        check_credential=check_credential,
        components=components,
        lifespan=lifespan,
    )
    service.router.routes[:] = [
        *explorer.router.routes,
        *explorer.open_to_all.routes,
        *listing.router.routes,
        *reading.router.routes,
        *writing.router.routes,
        *evidence_items.router.routes,
        *history.router.routes,
        *merges.router.routes,
        *merges.writes.routes,
        *evidence.router.routes,
        *sourcetexts.reads.routes,
        *sourcetexts.writes.routes,
        *sourcetexts.verifying.routes,
        *changes.router.routes,
        *imports.router.routes,
        *exports.router.routes,
        *vocabularies.router.routes,
        *vocabularies.writes.routes,
        *search.router.routes,
        *timeline.router.routes,
        *density.router.routes,
        *graph.router.routes,
        *dates.router.routes,
        *system.router.routes,
        *formats.router.routes,
        *system.keys.routes,
        *system.probes.routes,
        *docs.router.routes,
    ]
    return service


def from_environment() -> AnnalsApp:
    """Create the service from its environment, with logging; `annals serve` runs it in each worker."""
    settings = Settings()
    logs.configure(settings)
    service = create_app(settings)
    _settle()
    return service


def _settle() -> None:
    """Tune the garbage collector and the GIL for a service with many short requests and some long ones.

    Objects that stay for good are frozen, and the threshold of the youngest generation is raised: a large
    body makes a hundred thousand objects at once, which would be traversed over and over while they are
    made, in eight times the time that parsing takes. Threads that compute yield the GIL after 50
    microseconds, not 5 milliseconds: reading one record takes the GIL several times.
    """
    give_back_large_pieces()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    sys.setswitchinterval(0.00005)


def components() -> dict[str, dict[str, Any]]:
    """Return the components that operations refer to: the records' schemas, and how a key is sent."""
    records = record_schemas(RECORD_KINDS)
    answers = format_schemas(records, [record_name(kind) for kind in RECORD_KINDS])
    # Parts that both have are as records have them.
    return {"schemas": answers | records | import_schemas(records), "securitySchemes": SECURITY}
