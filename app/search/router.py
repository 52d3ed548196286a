"""Search over all kinds, over HTTP."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Query
from starlette.types import Receive, Scope, Send

from app.database.engine.read_snapshot import ReadConnection
from app.filters.attributes import KIND, read_kinds, select_kinds
from app.formats import FORMATS, MISSING, formats_for
from app.formats.format import Format, Use
from app.listing.query import ListQuery, known_parameters, read_list_query
from app.listing.router import ListFormatter
from app.schemas.query import FIELDS, Parameter
from app.search.schemas import SuggestionList, SuggestQuery, search_operation
from app.search.service import search
from app.search.suggest import Suggesting, suggest
from app.settings import Settings
from app.web.auth import authenticate
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Snapshot, read_access
from app.web.headers import JSON_FORMAT, negotiate
from app.web.responses import page_links
from app.web.routes import AsgiRoute, CachedEndpoint, Computed, query_values, with_leniency
from app.web.typed_responses import TypedResponse

FORMATS_OF_SEARCH: Final = formats_for(Use.SEARCH)

SEARCH_PARAMETERS: Final[tuple[Parameter, ...]] = tuple(
    parameter for parameter in known_parameters(None, (KIND,)) if parameter is not FIELDS
)

router = APIRouter(route_class=CachedRoute, tags=["across"], dependencies=[Depends(read_access)])


class _Search(CachedEndpoint):
    """The operation `GET /v1/search`."""

    async def search(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `GET /v1/search`: matches in JSON, in any other format the records that were found."""
        name = negotiate(scope, FORMATS_OF_SEARCH, MISSING)
        if name != JSON_FORMAT:
            await self._formatted(FORMATS[name], scope, receive, send)
            return

        async def make(reading: ReadConnection) -> Computed:
            page = await search(reading, _read(scope))
            beside = page_links(scope, page.next, page.prev)
            return page.body(beside.following, beside.preceding), beside.headers

        await self.reply(scope, send, make)

    async def _formatted(self, form: Format, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.settings.public_reads:
            await authenticate(self.app, scope, "read")
        formatter = ListFormatter(self.settings, self.cache)
        if await formatter.answer_kept(self.db, scope, send, formatter.key(scope, form.name), is_list=True):
            return
        query = _read(scope, paged=not form.streams)
        await formatter.list(self.db, form, query, scope, receive, send, name="search")


def _read(scope: Scope, *, paged: bool = True) -> ListQuery:
    values = query_values(scope)
    if not values.all("q"):
        values.refuse(
            "q", "missing_parameter", "Say what is searched for; lists take every filter without it."
        )
    if values.all("fields"):
        values.refuse("fields", "unknown_parameter", "A match has its own few fields; lists take `fields`.")
    kind, conditions = read_kinds(values)
    query = read_list_query(values, kind, paged=paged, more=(KIND,))
    return replace(query, conditions=[*query.conditions, *conditions])


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Give the operation."""
    answered = with_leniency(_Search.of(app, settings).search, SEARCH_PARAMETERS)
    return [AsgiRoute("/v1/search", answered, **search_operation(SEARCH_PARAMETERS))]


@router.get(
    "/v1/suggest",
    operation_id="suggest",
    summary="Complete a name",
    response_description="What was found.",
)
async def get_suggestions(
    query: Annotated[SuggestQuery, Query()], snapshot: Snapshot
) -> TypedResponse[SuggestionList]:
    """Records whose title, label or alias has the words of `q`, the last of them as the beginning of a word.

    In words of four letters or more one typo is forgiven, in words of eight or more two; matches without
    a typo come first, then names that begin with `q`, then the shorter name.
    """
    kind, kinds = select_kinds(query.kind)
    found = await suggest(snapshot, Suggesting(query.q, kind, kinds, query.limit))
    return TypedResponse.json(SuggestionList(items=found))
