"""Densities over HTTP, as JSON and as a table."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.density.schemas import Density, DensityQuery
from app.density.service import bind_density, density, explain_density
from app.density.table import density_csv
from app.errors import BadRequest, Fault
from app.formats import FORMATS, formats_for
from app.formats.format import Use
from app.formats.responses import file_headers, other_formats, refuse_mark_elsewhere
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Negotiated, Snapshot, read_access
from app.web.headers import JSON_FORMAT
from app.web.typed_responses import TypedResponse

FormatName = Annotated[str, Depends(Negotiated(formats_for(Use.DENSITY)))]

router = APIRouter(route_class=CachedRoute, tags=["across"], dependencies=[Depends(read_access)])


@router.get(
    "/v1/density",
    operation_id="density",
    summary="Count over a map",
    response_description="What was found.",
    responses={200: {"content": other_formats(Use.DENSITY)}},
)
async def get_density(
    query: Annotated[DensityQuery, Query()], form: FormatName, snapshot: Snapshot
) -> TypedResponse[Density]:
    """How many records may and must be in each cell of a map; empty cells are left out.

    The truth lies between the two numbers. A record is possible in each cell that one of its places may reach into: the box
    around any of its geometries, at whatever time, with as many metres around as `precision_m` of the geometry and of the
    record together say. It is certain in the cell that one of its places lies in wholly, with all of that, if it certainly
    matches as well (`certainty=certain`). Either way it counts once in a cell, however many of its places are there. Places
    are where they are themselves.

    A position on an edge is in the cell north or east of it. At most 10,000 cells can be asked for, empty ones included.

    As CSV it has the columns `west`, `south`, `east`, `north`, `certain` and `possible`, and a row for each cell.
    """
    refuse_mark_elsewhere(form, bom=query.bom)
    if query.explain and form == "csv":
        detail = "A table has no room for a sentence: leave it out, or ask for another format."
        raise BadRequest(
            "The query cannot be answered as it stands.",
            code="invalid_query",
            faults=[Fault("not_in_format", detail, parameter="explain")],
        )
    counted = await density(snapshot, await bind_density(snapshot, query))
    if form == JSON_FORMAT:
        if query.explain:
            counted["explanation"] = explain_density(query)
        return TypedResponse.json(counted)
    chosen = FORMATS[form]
    body = density_csv(counted, bom=query.bom)
    return TypedResponse.stored(
        body, media_type=chosen.content_type, headers=file_headers(chosen, "density", b"", None)
    )
