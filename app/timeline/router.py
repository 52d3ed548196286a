"""Timelines over HTTP, as JSON, as a table and as a picture."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.errors import BadRequest, Fault
from app.formats import FORMATS, formats_for
from app.formats.format import Use
from app.formats.responses import file_headers, other_formats, refuse_mark_elsewhere
from app.listing.bound_query import bind_query, choose_driver
from app.records.kinds import kind_by_name
from app.timeline.picture import timeline_svg
from app.timeline.question import TimelineQuestion
from app.timeline.schemas import Timeline, TimelineQuery
from app.timeline.service import explain_timeline, timeline
from app.timeline.table import timeline_csv
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Negotiated, Snapshot, read_access
from app.web.headers import JSON_FORMAT
from app.web.typed_responses import TypedResponse

FormatName = Annotated[str, Depends(Negotiated(formats_for(Use.TIMELINE)))]

router = APIRouter(route_class=CachedRoute, tags=["across"], dependencies=[Depends(read_access)])


@router.get(
    "/v1/timeline",
    operation_id="timeline",
    summary="Count over time",
    response_description="What was found.",
    responses={200: {"content": other_formats(Use.TIMELINE)}},
)
async def get_timeline(
    query: Annotated[TimelineQuery, Query()], form: FormatName, snapshot: Snapshot
) -> TypedResponse[Timeline]:
    """How many records may and must overlap each bucket, from a day to a millennium; empty buckets are kept.

    The truth lies between the two numbers. A date that is uncertain or approximate is never certain; one with an open
    end (`1962/..`) is certain in all that follows, one with an unknown end (`1962/`) possible; a set is asked member by
    member.

    `when` says of which days there are buckets, and with `relation` and `certainty` which records are counted in them.
    `before`, `after` and `undated` count, beside them, what all the other filters select: what lies outside of those
    days, and what has no place in time. A record of which no year is known is possible in every bucket of its four
    digits, as lists find it, and counted in `undated` as well.

    As CSV it has the columns `bucket`, `start`, `end`, `certain` and `possible`, with `split` also `type`, and a row for
    each bucket, or for each type in it. As SVG it is a picture of the buckets, which tells the other numbers below.
    """
    _refuse_misfits(query, form)
    split = query.split is not None
    question = await choose_driver(snapshot, await bind_query(snapshot, query.question))
    counted = await timeline(snapshot, TimelineQuestion.of(question, query.bucket, split=split))
    bucket = counted["bucket"]
    sentence = explain_timeline(query.question, bucket, split=split)
    if form == JSON_FORMAT:
        if query.explain:
            counted["explanation"] = sentence
        return TypedResponse.json(counted)
    if form == "csv":
        body = timeline_csv(counted, split=split, bom=query.bom)
    else:
        title = f"{_named(query.kinds)} by {bucket}"
        body = await snapshot.in_thread(lambda: timeline_svg(counted, title, sentence))
    chosen = FORMATS[form]
    headers = file_headers(chosen, "timeline", b"", None)
    return TypedResponse.stored(body, media_type=chosen.content_type, headers=headers)


def _named(kinds: Sequence[str]) -> str:
    names = [kind_by_name(kind).collection for kind in kinds]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names).capitalize()


def _refuse_misfits(query: TimelineQuery, form: str) -> None:
    """Refuse parameters that the format has no room for.

    Raises:
        BadRequest: there are any.
    """
    refuse_mark_elsewhere(form, bom=query.bom)
    faults = []
    if query.explain and form == "csv":
        detail = "A table has no room for a sentence: leave it out, or ask for another format."
        faults.append(Fault("not_in_format", detail, parameter="explain"))
    if query.split is not None and form == "svg":
        detail = "The picture does not show types: leave it out, or ask for format=json or csv."
        faults.append(Fault("not_in_format", detail, parameter="split"))
    if faults:
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)
