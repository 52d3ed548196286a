"""Routes, and what cached reads across all kinds share: the response cache, entity tags and 304."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.errors import BadRequest, Fault, nearest
from app.schemas.query import Parameter, Values, known_part, read_query
from app.settings import Settings
from app.web.auth import authenticate
from app.web.caching import ResponseCache, answer_by_version, cache_key, cache_of, send_cached
from app.web.headers import JSON_ONLY, negotiate, prefers
from app.web.responses import JSON_HEADERS, Headers

Computed = tuple[bytes, Headers]
"""The body of a response, and further headers."""

_APPLIED: Final = ((b"preference-applied", b"handling=lenient"), (b"vary", b"Prefer"))


@dataclass(frozen=True, slots=True)
class CachedEndpoint:
    """What the read operations across all kinds share."""

    app: FastAPI
    settings: Settings
    cache: ResponseCache

    @classmethod
    def of(cls, app: FastAPI, settings: Settings) -> Self:
        """Return what an application's operations share."""
        return cls(app, settings, cache_of(app, settings))

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def reply(
        self, scope: Scope, send: Send, make: Callable[[ReadConnection], Awaitable[Computed]]
    ) -> None:
        """Answer from the cache, with 304, or with what `make` returns from one snapshot of the database."""
        if not self.settings.public_reads:
            await authenticate(self.app, scope, "read")
        key = cache_key(scope, negotiate(scope, JSON_ONLY))

        async def compute(reading: ReadConnection) -> tuple[Headers, bytes]:
            body, more = await make(reading)
            return [*JSON_HEADERS, *more], body

        await send_cached(scope, send, await answer_by_version(self.db, self.cache, scope, key, compute))


def read_numbers(
    scope: Scope, known: Mapping[str, tuple[int, int]], required: tuple[str, ...] = ()
) -> dict[str, int]:
    """Parse query parameters that are all whole numbers, each within its bounds; refuse any other.

    Raises:
        BadRequest: with every fault.
    """
    faults: list[Fault] = []
    numbers: dict[str, int] = {}
    values = query_values(scope)
    for name, value in [(one, value) for one in values.names() for value in values.all(one)]:
        if name == "format" and value == "json":
            continue
        if name not in known:
            detail = f"There is no such parameter here; known: {', '.join(known) or 'none'}."
            shown = name if name.isidentifier() and len(name) < 50 else None
            faults.append(
                Fault("unknown_parameter", detail, parameter=shown, suggestion=nearest(name, known))
            )
            continue
        low, high = known[name]
        plain = value.isascii() and value.isdecimal() and len(value) <= 20
        if not plain or not low <= int(value) <= high:
            faults.append(Fault("out_of_range", f"Give a whole number from {low} to {high}.", parameter=name))
        elif name in numbers:
            faults.append(Fault("repeated_parameter", "Give this once.", parameter=name))
        else:
            numbers[name] = int(value)
    faulty = {fault.parameter for fault in faults}
    faults.extend(
        Fault("missing", "Give this.", parameter=name)
        for name in required
        if name not in numbers and name not in faulty
    )
    if faults:
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)
    return numbers


def with_leniency(operation: ASGIApp, parameters: Iterable[Parameter]) -> ASGIApp:
    """Let an operation honour `Prefer: handling=lenient`; `parameters` are those that it knows.

    The operation sees a query without unknown parameters, so that its entity tags and links do not depend
    on them; the response says that they were ignored.
    """
    known = frozenset(parameter.name for parameter in parameters)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        query: bytes = scope["query_string"]
        if query and prefers(scope, b"handling", b"lenient"):
            kept = known_part(query, known)
            if kept != query:
                await operation({**scope, "query_string": kept}, receive, telling_leniency(send))
                return
        await operation(scope, receive, send)

    return answer


def telling_leniency(send: Send) -> Send:
    """Send answers that say that parameters were passed over."""

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_APPLIED]
        await send(message)

    return tell


def query_values(scope: Scope) -> Values:
    """Parse the query string of a request, as `read_query` does."""
    return read_query(scope["query_string"])


class AsgiRoute(APIRoute):
    """An operation implemented by an ASGI callable; its parameters and responses are described in `openapi_extra`.

    The callable finds path parameters in `scope["path_params"]` and may raise `AnnalsError`.
    """

    def __init__(
        self,
        path: str,
        handler: ASGIApp,
        *,
        methods: Iterable[str] = ("GET",),
        operation_id: str,
        summary: str,
        description: str = "",
        tags: Iterable[str] = (),
        status_code: int = 200,
        responses: Mapping[int | str, dict[str, Any]] | None = None,
        openapi_extra: dict[str, Any] | None = None,
        include_in_schema: bool = True,
    ) -> None:
        """Declare an operation. A GET also serves HEAD, which the description leaves out."""
        super().__init__(
            path,
            _documentation,
            methods=list(methods),
            name=operation_id,
            operation_id=operation_id,
            summary=summary,
            description=description,
            tags=list(tags),
            status_code=status_code,
            response_model=None,
            responses=dict(responses or {}),
            openapi_extra=openapi_extra,
            include_in_schema=include_in_schema,
        )
        self.app = handler

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, whichever router it came through."""
        await self.app(scope, receive, send)


async def _documentation() -> None:
    """Stand where FastAPI expects an endpoint."""
