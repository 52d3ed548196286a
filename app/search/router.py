"""Search over all kinds, over HTTP."""

from dataclasses import replace
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.database.engine.read_snapshot import ReadConnection
from app.filters.attributes import KIND, read_kinds
from app.formats import FORMATS, MISSING, formats_for
from app.formats.format import Format, Use
from app.listing.query import ListQuery, known_parameters, read_list_query
from app.listing.router import ListFormatter
from app.schemas.query import FIELDS, FORMAT, Parameter, Values, refuse_faults, refuse_unknown
from app.search.schemas import search_operation, suggest_operation
from app.search.service import search
from app.search.suggest import MOST_CHARACTERS, Suggesting, suggest
from app.settings import Settings
from app.web.auth import authenticate
from app.web.headers import JSON_FORMAT, negotiate
from app.web.responses import body_of, page_links
from app.web.routes import AsgiRoute, CachedEndpoint, Computed, query_values, with_leniency

FORMATS_OF_SEARCH: Final = formats_for(Use.SEARCH)


SEARCH_PARAMETERS: Final[tuple[Parameter, ...]] = tuple(
    parameter for parameter in known_parameters(None, (KIND,)) if parameter is not FIELDS
)


class _Search(CachedEndpoint):
    """The operation `GET /v1/search`."""

    async def search(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `GET /v1/search`: matches in JSON; in any other format the records that were found."""
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
    """Return the operation."""
    answered = with_leniency(_Search.of(app, settings).search, SEARCH_PARAMETERS)
    return [AsgiRoute("/v1/search", answered, **search_operation(SEARCH_PARAMETERS))]


DEFAULT_LIMIT, MOST = 10, 50


SUGGEST_PARAMETERS: Final = (
    Parameter(
        "q",
        f"What has been typed so far, at most {MOST_CHARACTERS} characters; without a word in it nothing is found.",
        {"type": "string", "maxLength": MOST_CHARACTERS},
        "hugo ch",
    ),
    KIND,
    Parameter(
        "limit",
        "How many suggestions are wanted.",
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        5,
    ),
    FORMAT,
)


class _Suggest(CachedEndpoint):
    """The operation `GET /v1/suggest`."""

    async def suggest(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/suggest`."""

        async def make(reading: ReadConnection) -> Computed:
            return body_of(await suggest(reading, _read_suggest(query_values(scope)))), []

        await self.reply(scope, send, make)


def _read_suggest(values: Values) -> Suggesting:
    refuse_unknown(values, [parameter.name for parameter in SUGGEST_PARAMETERS])
    given = values.all("q")
    if not given:
        values.refuse("q", "missing_parameter", "Say what has been typed so far.")
    elif len(given) > 1:
        values.refuse("q", "repeated_parameter", "Give this parameter once.")
    elif len(given[0]) > MOST_CHARACTERS:
        values.refuse("q", "too_long", f"No name has more than {MOST_CHARACTERS} characters.")
    kind, kinds = read_kinds(values)
    limit = values.one("limit") or str(DEFAULT_LIMIT)
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10 and 1 <= int(limit) <= MOST):
        values.refuse("limit", "out_of_range", f"Give a whole number from 1 to {MOST}.")
    refuse_faults(values)
    return Suggesting(given[0], kind, kinds, int(limit))


def routes_suggest(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operation."""
    answered = with_leniency(_Suggest.of(app, settings).suggest, SUGGEST_PARAMETERS)
    return [AsgiRoute("/v1/suggest", answered, **suggest_operation(SUGGEST_PARAMETERS))]
