"""`GET /v1/dates`: what an EDTF value means."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.dates.schemas import EXAMPLE, DateQuery, ExplainedDate
from app.errors import BadRequest, Fault
from app.records.historical_date import DayRange
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import parse_edtf
from app.web.dependencies import read_access
from app.web.openapi import NOT_MODIFIED
from app.web.routes import FastRoute
from app.web.typed_responses import AN_HOUR, TypedResponse

router = APIRouter(route_class=FastRoute, tags=["across"], dependencies=[Depends(read_access)])


@router.get(
    "/v1/dates",
    operation_id="explain_date",
    summary="Explain a date",
    response_description="What it means.",
    responses={200: {"content": {"application/json": {"example": EXAMPLE}}}, 304: NOT_MODIFIED},
)
async def explain_date(query: Annotated[DateQuery, Query()]) -> TypedResponse[ExplainedDate]:
    """What an EDTF value means: its bounds in days, whether it is qualified, how people write it.

    A value that is none is refused; `character` says where it goes wrong, counted from 1.
    """
    try:
        value = parse_edtf(query.edtf, query.calendar)
    except EdtfError as error:
        character = error.position + 1
        raise BadRequest(
            f"This is not an EDTF date: {error.reason}, at character {character}.",
            code="invalid_edtf",
            faults=[Fault("invalid_edtf", f"At character {character}: {error.reason}.", parameter="edtf")],
            extra={"character": character},
        ) from error
    bounds = value.span.bounds
    explained = ExplainedDate(
        edtf=value.text,
        calendar=query.calendar,
        level=value.level,
        start=DayRange.of(bounds.s1, bounds.s2),
        end=DayRange.of(bounds.e1, bounds.e2),
        qualified=value.qualified,
        label=value.label,
    )
    # The same value means the same as long as the code stays.
    return TypedResponse.json(explained, cache_control=AN_HOUR, tagged=True)
