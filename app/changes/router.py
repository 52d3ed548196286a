"""`GET /v1/changes`: every write in commit order, for mirrors."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query

from app import errors
from app.changes.schemas import ChangesPage, ChangesQuery
from app.changes.service import list_changes
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Snapshot, read_access
from app.web.signatures import raises
from app.web.typed_responses import TypedResponse

router = APIRouter(route_class=CachedRoute, tags=["across"], dependencies=[Depends(read_access)])


@router.get(
    "/v1/changes",
    operation_id="list_changes",
    summary="Follow every write",
    response_description="Changes in order.",
)
@raises(errors.Gone)
async def get_changes(
    query: Annotated[ChangesQuery, Query()], snapshot: Snapshot
) -> TypedResponse[ChangesPage]:
    """Every write in the order of commits.

    Begin with `after=0`, remember the last `seq` you have seen, and go on from there: nothing is lost, and no number is
    shown before every smaller one can be. `next` is null once all is read; ask again later with `after` set to the last
    `seq`. Numbers may be left out: not every one is a write.

    `sort=-seq` gives the latest first, for people; its pages go back to `after`. `kind`, `ref`, `by` and `since` leave others
    out. `fields` says what a revision changed, where there was one before.

    A mirror reads each `ref` it is told of: 200 is the document to keep, 410 or 404 says to drop it, 308 to drop it
    for the record it was merged into, or is called now: a renaming is told of both addresses, first of the new one.

    Where the database was set back to an earlier state (a standby took over without the last writes, or a backup was
    restored), numbers go on above all that was lost, and `after` or `before` with a lost number is 410 `another_history`.
    Its `last_common` is the last number that still holds: read again each `ref` you were told of later, and go on from there.
    """
    items, more = await list_changes(snapshot, query)
    path = _next_path(query, items[-1]["seq"]) if more else None
    links = [(b"link", f'<{path}>; rel="next"'.encode())] if path else []
    return TypedResponse.json(ChangesPage(items=items, next=path), headers=links)


def _next_path(query: ChangesQuery, last: int) -> str:
    asked: dict[str, str | int] = {"after": last, "limit": query.limit}
    if query.sort == "-seq":
        asked |= {"after": query.after, "before": last, "sort": query.sort}
    elif query.before is not None:
        asked["before"] = query.before
    if query.kind:
        asked["kind"] = ",".join(query.kind)
    if query.ref is not None:
        asked["ref"] = query.ref
    if query.by is not None:
        asked["by"] = query.by
    if query.since is not None:
        asked["since"] = query.since.text
    return f"/v1/changes?{urlencode(asked, safe=',/:')}"
