"""Timelines over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.listing.bound_query import bind_query, choose_driver
from app.timeline.schemas import Timeline, TimelineQuery
from app.timeline.service import TimelineQuestion, explain_timeline, timeline
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Snapshot, read_access
from app.web.typed_responses import TypedResponse

router = APIRouter(route_class=CachedRoute, tags=["across"], dependencies=[Depends(read_access)])


@router.get(
    "/v1/timeline",
    operation_id="timeline",
    summary="Count over time",
    response_description="What was found.",
)
async def get_timeline(
    query: Annotated[TimelineQuery, Query()], snapshot: Snapshot
) -> TypedResponse[Timeline]:
    """How many records may and must overlap each year, decade or century; empty buckets are kept.

    The truth lies between the two numbers. A date that is uncertain or approximate is never certain; one with an open
    end (`1962/..`) is certain in all that follows, one with an unknown end (`1962/`) possible; a set is asked member by
    member.

    `when` says of which days there are buckets, and with `relation` and `certainty` which records are counted in them.
    `before`, `after` and `undated` count, beside them, what all the other filters select: what lies outside of those
    days, and what has no place in time. A record of which no year is known is possible in every bucket of its four
    digits, as lists find it, and counted in `undated` as well.
    """
    split = query.split is not None
    question = await choose_driver(snapshot, await bind_query(snapshot, query.question))
    counted = await timeline(snapshot, TimelineQuestion(question, query.bucket, split))
    if query.explain:
        counted["explanation"] = explain_timeline(query.question, query.bucket, split=split)
    return TypedResponse.json(counted)
