"""Search over all kinds, over HTTP."""

from dataclasses import replace
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.api.across import Across, Made, values_of
from app.api.describing_across import search_operation
from app.api.paging import link_header, with_cursor
from app.api.routing import RawRoute
from app.queries.condition import Parameter
from app.queries.kinds import KIND, read_kinds
from app.queries.listquery import FIELDS, ListQuery, known_parameters, read_list_query
from app.settings import Settings
from app.verbs.searching import search

SEARCH_PARAMETERS: Final[tuple[Parameter, ...]] = tuple(
    parameter for parameter in known_parameters(None, (KIND,)) if parameter is not FIELDS
)


class _Search(Across):
    """The operation `GET /v1/search`."""

    async def search(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/search`."""

        async def make() -> Made:
            page = await search(self.db, _read(scope))
            body = page.body(with_cursor(scope, page.next), with_cursor(scope, page.prev))
            return page.version, body, link_header(scope, page.next, page.prev)

        await self.reply(scope, send, make)


def _read(scope: Scope) -> ListQuery:
    names = [parameter.name for parameter in SEARCH_PARAMETERS]
    values = values_of(scope, names)
    if not values.all("q"):
        values.refuse("q", "missing_parameter", "Say what is searched for; lists take every filter without it.")
    if values.all("fields"):
        values.refuse("fields", "unknown_parameter", "A match has its own few fields; lists take `fields`.")
    kind, conditions = read_kinds(values)
    query = read_list_query(values, kind, more=(KIND,))
    return replace(query, conditions=[*query.conditions, *conditions])


def routes(app: FastAPI, settings: Settings) -> list[RawRoute]:
    """Give the operation."""
    return [RawRoute("/v1/search", _Search.of(app, settings).search, **search_operation(SEARCH_PARAMETERS))]
