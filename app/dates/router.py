"""`GET /v1/dates`: what an EDTF value means, and what a text can mean as a date."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.dates import service
from app.dates.schemas import EXAMPLE, DateExplanation, DateQuery
from app.schemas.query_model import invalid_query
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
async def explain_date(query: Annotated[DateQuery, Query()]) -> TypedResponse[DateExplanation]:
    """What a date means, given as EDTF or as people write it.

    With `edtf`: its bounds in days, whether it is qualified, how people write it. A value that is none is refused;
    `character` says where it goes wrong, counted from 1, and `suggestion` what may be meant.

    With `text`: the EDTF that it means, and what was understood. Where it can mean several dates (`3/4/1848` without
    `order`, `1743/44`), `edtf` is null and `readings` has all of them; a text that says that there is no date (`n.d.`)
    has one reading, whose `edtf` is null. A text that is not understood to its end is refused, with the place.
    """
    answer: DateExplanation
    if query.text is not None:
        answer = service.read_text(query.text, query.lang, query.order)
    elif query.edtf is not None:
        answer = service.explain(query.edtf, query.calendar)
    else:
        raise invalid_query([service.NO_DATE])
    # The same value means the same as long as the code stays.
    return TypedResponse.json(answer, cache_control=AN_HOUR, tagged=True)
