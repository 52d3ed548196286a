"""Search over all kinds, over HTTP."""

from dataclasses import replace
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.api.across import Across, Made
from app.api.auth import admit
from app.api.describing_across import search_operation
from app.api.formatting import ListFormatter
from app.api.leniency import leniently
from app.api.negotiation import JSON, negotiate
from app.api.paging import neighbours
from app.api.requests import query_values
from app.api.routing import RawRoute
from app.formats import FORMATS, MISSING, Format, Use, formats_for
from app.queries.condition import Parameter
from app.queries.kinds import KIND, read_kinds
from app.queries.listquery import FIELDS, ListQuery, known_parameters, read_list_query
from app.settings import Settings
from app.store.reading import Reading
from app.verbs.searching import search

FORMATS_OF_SEARCH: Final = formats_for(Use.SEARCH)
SEARCH_PARAMETERS: Final[tuple[Parameter, ...]] = tuple(
    parameter for parameter in known_parameters(None, (KIND,)) if parameter is not FIELDS
)


class _Search(Across):
    """The operation `GET /v1/search`."""

    async def search(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `GET /v1/search`: matches in JSON, in any other format the records that were found."""
        name = negotiate(scope, FORMATS_OF_SEARCH, MISSING)
        if name != JSON:
            await self._formatted(FORMATS[name], scope, receive, send)
            return

        async def make(reading: Reading) -> Made:
            page = await search(reading, _read(scope))
            beside = neighbours(scope, page.next, page.prev)
            return page.body(beside.following, beside.preceding), beside.headers

        await self.reply(scope, send, make)

    async def _formatted(self, form: Format, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.settings.public_reads:
            await admit(self.app, scope, "read")
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


def routes(app: FastAPI, settings: Settings) -> list[RawRoute]:
    """Give the operation."""
    answered = leniently(_Search.of(app, settings).search, SEARCH_PARAMETERS)
    return [RawRoute("/v1/search", answered, **search_operation(SEARCH_PARAMETERS))]
