"""`GET /v1/export`: whole data sets out, streamed from one snapshot of the database."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from starlette.types import Scope

from app.database.engine.database import Database
from app.exports.schemas import EXPORT_FORMATS, ExportQuery
from app.exports.service import count_records, export_stream
from app.exports.spooling import spooled
from app.formats import FORMATS, MISSING
from app.formats.answer_schemas import answer_schema
from app.formats.format import About, Format, Projection
from app.formats.responses import refuse_mark_elsewhere
from app.formats.serialize import refuse_too_many, write_stream
from app.settings import Settings
from app.web.client_addresses import counted_as
from app.web.dependencies import (
    Db,
    FromScope,
    Negotiated,
    Principal,
    RequestScope,
    ServiceSettings,
    read_access,
)
from app.web.headers import address_of, base_of
from app.web.routes import FastRoute
from app.web.turns import Turns
from app.web.typed_responses import NO_STORE, TurnResponse, TypedResponse

DEFAULT: Final = "ndjson"

WITH_TERMS: Final = frozenset({"ndjson", "json"})
"""Formats that can hold terms of vocabularies besides records."""

router = APIRouter(route_class=FastRoute, tags=["across"], dependencies=[Depends(read_access)])


def _export_turns(scope: Scope) -> Turns:
    """Give the turns of exports, which an application has once."""
    state, settings = scope["app"].state, scope["app"].state.settings
    turns: Turns | None = getattr(state, "export_turns", None)
    if turns is None:
        turns = state.export_turns = Turns(
            settings.exports_at_once, settings.exports_per_client, settings.turn_timeout_seconds
        )
    return turns


@router.get(
    "/v1/export",
    operation_id="export",
    summary="Export everything",
    response_description="Everything.",
    responses={
        200: {
            "content": {
                FORMATS[name].media_type: {"schema": answer_schema(FORMATS[name], one=False)}
                for name in EXPORT_FORMATS
            }
        }
    },
)
async def get_export(
    query: Annotated[ExportQuery, Query()],
    form_name: Annotated[str, Depends(Negotiated(EXPORT_FORMATS, MISSING, DEFAULT))],
    db: Db,
    settings: ServiceSettings,
    key: Principal,
    turns: Annotated[Turns, Depends(FromScope(_export_turns))],
    scope: RequestScope,
) -> TypedResponse[Any]:
    """Every record there is, from one state of the database, in an order that can be imported again.

    The terms that were added to vocabularies here come first (in NDJSON and JSON). Imported with the scope `admin` into a
    database that never had those records it gives the same bytes again. Revisions, deleted records and attached texts are
    a backup's.

    The settings say how many are sent at once, and how many of them to one client; others wait for their turn, and are
    answered 503 (`busy`) where none comes up in time. What is read slowly waits in a file meanwhile, as much as the service is set to. An export that
    is not read, or not within the time that the service is set to, breaks off, and is not taken for whole.
    """
    refuse_mark_elsewhere(form_name, bom=query.bom)
    form = FORMATS[form_name]
    most = form.most
    if most is not None:
        count = await db.answer(lambda reading: count_records(reading, most + 1))
        refuse_too_many(form, count, 0)
    return TurnResponse(
        _pieces(
            db,
            form,
            About(
                base_of(scope, settings),
                "Everything",
                bom=query.bom,
                address=address_of(scope, settings, form_name),
            ),
            settings,
        ),
        turns=turns,
        client=str(key.pk) if key else counted_as(scope, loopback=settings.rate_limit_loopback),
        seconds=settings.export_timeout_seconds,
        media_type=form.content_type,
        cache_control=NO_STORE,
        headers=[(b"content-disposition", f'attachment; filename="annals{form.suffix}"'.encode())],
    )


async def _pieces(db: Database, form: Format, about: About, settings: Settings) -> AsyncIterator[bytes]:
    # The items hold a connection, which must be released at once when the client disconnects, not at the next garbage
    # collection.
    async with (
        aclosing(export_stream(db, Projection(beside=form.beside), terms=form.name in WITH_TERMS)) as items,  # type: ignore[type-var]
        aclosing(spooled(write_stream(form, items, about), settings.export_file_bytes)) as pieces,  # type: ignore[type-var]
    ):
        async for piece in pieces:
            yield piece
