"""Routes whose responses are cached: which are looked up, which are kept, and under which entity tag."""

from functools import partial
from typing import Any, ClassVar, Literal

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app import __version__ as app_version
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.errors import MergedInto
from app.schemas.query_model import InvalidQuery, QueryModel
from app.web.auth import authenticate
from app.web.caching import (
    CachedResponse,
    CacheKey,
    ResponseCache,
    cache_key,
    cache_of,
    find_cached,
    keep_encoded,
    version_etag,
)
from app.web.dependencies import READ_CONNECTION, get_database, read_access
from app.web.headers import JSON_FORMAT, base_of, prefers
from app.web.openapi import ETAG, IF_NONE_MATCH, NOT_MODIFIED, VERSION_READ
from app.web.routes import VARY_ACCEPT, Call, FastRoute, moved_response
from app.web.signatures import Endpoint
from app.web.typed_responses import StreamedResponse, TypedResponse


class CachedRoute(FastRoute):
    """Keeps answers while the database's version stands, for what is asked often.

    An endpoint is called within one state of the database, its `Snapshot`; one that takes `Db` reads as it likes,
    and says in its response which version it read: where it says none, the response is not kept. A stream is never
    kept.
    """

    tagged_by: ClassVar[Literal["version", "body"]] = "version"
    """What entity tags are made of. One of the version is known before there is a response."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        """Make a route.

        Raises:
            TypeError: the signature is one that this class cannot provide.
        """
        super().__init__(path, endpoint, **options)
        self._from_snapshot = get_database not in self.signature.provided.values()

    def _check_signature(self, endpoint: Endpoint) -> None:
        self._check_others(endpoint)
        if set(self.guards) - {read_access}:
            raise TypeError(
                f"Only read_access can guard {endpoint}: whoever may read is given what is cached."
            )

    def _openapi_extra(self, extra: dict[str, Any]) -> dict[str, Any]:
        extra = super()._openapi_extra(extra)
        return {**extra, "parameters": [*extra.get("parameters", ()), IF_NONE_MATCH]}

    def _success(self) -> dict[str, Any]:
        success = super()._success()
        return success | {"headers": success.get("headers", {}) | ETAG}

    def _problems(self, endpoint: Endpoint) -> dict[int | str, dict[str, Any]]:
        return {304: NOT_MODIFIED | {"headers": ETAG | VERSION_READ}} | super()._problems(endpoint)

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose path parameters are in the scope.

        A cached response takes a few microseconds in all: it is found here, with no request made of the scope.
        """
        if scope["query_string"] and prefers(scope, b"handling", b"lenient"):
            await super().asgi(scope, receive, send)
            return
        if self.guards:
            await authenticate(scope["app"], scope, "read")
        try:
            answer = await self._find_or_compute(scope, receive, self._choose_format(scope))
        except MergedInto as merged:
            answer = moved_response(scope, merged)
        await answer(scope, receive, send)

    async def _answer(self, request: Request, _call: Call) -> ASGIApp:
        form = await self._admit(request)
        return await self._find_or_compute(request.scope, request.receive, form)

    async def _find_or_compute(self, scope: Scope, receive: Receive, form: str) -> ASGIApp:
        state = scope["app"].state
        key, cache = self._key(scope, form), cache_of(scope["app"], state.settings)
        found = await find_cached(state.db, cache, scope, key, by_version=self.tagged_by == "version")
        return await self._compute(scope, receive, key, cache) if found is None else found

    def _key(self, scope: Scope, form: str) -> CacheKey:
        if form == JSON_FORMAT:
            return cache_key(scope, form)
        # Addresses in other formats are absolute; what stands beside records in them may change with the code.
        return cache_key(scope, f"{form} {base_of(scope, scope['app'].state.settings)} {app_version}")

    async def _compute(self, scope: Scope, receive: Receive, key: CacheKey, cache: ResponseCache) -> ASGIApp:
        if self._from_snapshot:
            response = await self._from_one_state(scope, receive)
        else:
            response = await self._call_endpoint(scope, receive, await self._query(scope))
        if self._negotiated is not None:
            response.raw_headers.append(VARY_ACCEPT)
        if isinstance(response, StreamedResponse):
            response.etag_of_version = partial(version_etag, key=key)
        elif response.version is not None:
            etag = response.etag.encode() if response.etag else version_etag(response.version, key)
            kept = CachedResponse(response.version, etag, response.raw_headers, bytes(response.body))
            return await keep_encoded(cache, scope, key, kept)
        return response

    async def _query(self, scope: Scope) -> QueryModel | None:
        """Parse the query.

        Raises:
            BadRequest: with everything that is wrong with it, also what only the database knows to be.
        """
        try:
            return self._parse(scope)
        except InvalidQuery as error:
            database: Database = scope["app"].state.db
            raise await database.answer(error.looked_up) from None

    async def _from_one_state(self, scope: Scope, receive: Receive) -> TypedResponse[Any]:
        query = await self._query(scope)

        async def read(reading: ReadConnection) -> TypedResponse[Any]:
            version = await reading.version()
            scope[READ_CONNECTION] = reading
            response = await self._call_endpoint(scope, receive, query)
            response.version = version
            return response

        database: Database = scope["app"].state.db
        return await database.answer(read)


class RecordRoute(CachedRoute):
    """Keeps answers as `CachedRoute` does; their entity tags are of what is in them, as writes compare them."""

    tagged_by: ClassVar[Literal["version", "body"]] = "body"
