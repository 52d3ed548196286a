"""Routes whose endpoints are plain functions: FastAPI documents their signatures, the class decides who calls them.

Whichever it is, a request is taken in this order: unknown parameters are dropped where that is preferred, who asks is
let in (the `dependencies` of the route), a format is chosen, the query is parsed. A route without a query model passes
over whatever stands in the query string, as probes of load balancers need it.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from functools import lru_cache, partial
from types import NoneType
from typing import Any, ClassVar, Final, cast

from fastapi import Request, params
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import errors
from app.errors import AnnalsError, MergedInto
from app.schemas.parameters import FormatParameter
from app.schemas.query_model import QueryModel, known_part, parameters_of, parse_query
from app.web.dependencies import (
    FORMAT_NAME,
    FromScope,
    Negotiated,
    get_database,
    get_read_connection,
    read_access,
    write_access,
)
from app.web.headers import JSON_FORMAT, JSON_ONLY, prefers
from app.web.openapi import MERGED, MIN_VERSION, SECURITY, VERSION_READ, problem_responses
from app.web.rate_limit import PROBES
from app.web.responses import redirect
from app.web.signatures import Endpoint, Provider, Signature, is_provider, raised_by
from app.web.typed_responses import TypedResponse

Call = Callable[[Request, QueryModel | None], Awaitable[Response]]
"""Calls an endpoint."""

VARY_ACCEPT: Final = (b"vary", b"Accept")
_SHORT_QUERY: Final = 1000
"""Bytes of the query strings whose parameters are kept as they were parsed."""

_KEPT_QUERIES: Final = 512
_LENIENT: Final = ((b"preference-applied", b"handling=lenient"), (b"vary", b"Prefer"))


class Route(APIRoute):
    """Has FastAPI call its endpoint, which takes about a quarter of a millisecond: for what is asked seldom."""

    returns: ClassVar[type] = TypedResponse
    """The generic type that endpoints return."""

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        dependencies: Sequence[params.Depends] | None = None,
        responses: dict[int | str, dict[str, Any]] | None = None,
        **options: Any,
    ) -> None:
        """Make a route, as `APIRoute` does; its answers are documented by the signature.

        Raises:
            TypeError: the signature, or a dependency, is one that this class cannot provide.
        """
        self.signature = Signature.of(endpoint, path, self.returns)
        provided = tuple(map(_guard, dependencies or ()))
        self.guards = tuple(one for one in provided if not isinstance(one, Negotiated))
        self._check_signature(endpoint)
        model = self.signature.query[1] if self.signature.query else QueryModel
        self._parse_short = lru_cache(_KEPT_QUERIES)(partial(parse_query, model))
        self._known = parameters_of(self.signature.query[1]) if self.signature.query else {}
        self._negotiated = self._what_negotiates(provided)
        extra = self._openapi_extra(options.get("openapi_extra") or {})
        if self._reads_database and set(options.get("methods") or ("GET",)) == {"GET"}:
            extra = {**extra, "parameters": [*extra.get("parameters", ()), MIN_VERSION]}
        options["openapi_extra"] = extra
        status = options.get("status_code") or 200
        responses = self._responses(status, responses or {})
        given, own = responses.get(status, {}), self._success()
        success = own | given
        if headers := own.get("headers", {}) | given.get("headers", {}):
            success["headers"] = headers
        super().__init__(
            path,
            endpoint,
            **options
            | {
                "response_model": None if self.signature.answer is NoneType else self.signature.answer,
                "responses": {
                    **({} if path in PROBES else problem_responses(errors.Unauthorized)),
                    **self._problems(endpoint),
                    **responses,
                    status: success,
                },
            },
        )

    @property
    def formats(self) -> Collection[str]:
        """The names of the formats that answers come in, as far as there is a choice."""
        return self._negotiated.formats if self._negotiated is not None else ()

    def _openapi_extra(self, extra: dict[str, Any]) -> dict[str, Any]:
        """Give what stands in the OpenAPI document besides what FastAPI reads from the signature."""
        return ({"security": SECURITY} | extra) if write_access in self.guards else extra

    def _responses(
        self,
        status: int,  # noqa: ARG002
        given: dict[int | str, dict[str, Any]],
    ) -> dict[int | str, dict[str, Any]]:
        """Give what is documented of responses that are no problems; `status` is that of the usual one."""
        return given

    def _check_signature(self, endpoint: Endpoint) -> None:
        if get_read_connection in self.signature.provided.values():
            raise TypeError(f"Only a CachedRoute can give {endpoint} a Snapshot; Db is for all.")

    def _what_negotiates(self, dependencies: Iterable[Provider | Negotiated]) -> Negotiated | None:
        query = self.signature.query
        by_parameter = query is not None and issubclass(query[1], FormatParameter)
        provided = (*dependencies, *self.signature.provided.values())
        declared = next((one for one in provided if isinstance(one, Negotiated)), None)
        return declared or (Negotiated(JSON_ONLY) if by_parameter else None)

    def _success(self) -> dict[str, Any]:
        formats = self._negotiated.formats if self._negotiated else {}
        content: dict[str, Any] = {
            media_type: {} for name, media_type in formats.items() if name != JSON_FORMAT
        }
        described: dict[str, Any] = {"content": content} if content else {}
        return described | {"headers": VERSION_READ} if self._reads_database else described

    @property
    def _reads_database(self) -> bool:
        """Whether the endpoint is given the database, or a state of it."""
        return not {get_database, get_read_connection}.isdisjoint(self.signature.provided.values())

    def _problems(self, endpoint: Endpoint) -> dict[int | str, dict[str, Any]]:
        provided = {*self.guards, *self.signature.provided.values()}
        found: list[type[AnnalsError]] = [errors.HeadTooLarge]
        if self.signature.query is not None:
            found += [errors.BadRequest, errors.TooManyRequests, errors.InternalError]
        if self._negotiated is not None:
            found += [errors.NotAcceptable]
        if provided & {read_access, write_access}:
            found += [errors.BadRequest, errors.Unauthorized, errors.Forbidden, errors.Unavailable]
        if provided & {get_database, get_read_connection}:
            found += [errors.Unavailable]
        if self.signature.path:
            found += [errors.NotFound]
        raised = raised_by(endpoint)
        found += [one for one in raised if issubclass(one, AnnalsError)]
        merged = MERGED if MergedInto in raised else {}
        return merged | problem_responses(*sorted(set(found), key=lambda problem: problem.status))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give what answers a request, whichever router it came through."""
        solve = super().get_route_handler()

        async def call(request: Request, _query: QueryModel | None) -> Response:
            return await solve(request)

        return partial(self._handle, call)

    async def _handle(self, call: Call, request: Request) -> Response:
        """Give what answers a request; all that is done with it is to call it as an ASGI application."""
        asked, scope = request, request.scope
        if scope["query_string"] and self._known and prefers(scope, b"handling", b"lenient"):
            kept = known_part(scope["query_string"], self._known)
            if kept != scope["query_string"]:
                asked = Request({**scope, "query_string": kept}, request.receive)
        try:
            answer = await self._answer(asked, call)
        except MergedInto as merged:
            answer = moved_response(asked.scope, merged)
        return cast("Response", answer if asked is request else _with_leniency_applied(answer))

    async def _answer(self, request: Request, call: Call) -> ASGIApp:
        await self._admit(request)
        response = await call(request, self._parse(request.scope))
        if self._negotiated is not None:
            response.raw_headers.append(VARY_ACCEPT)
        return response

    async def _admit(self, request: Request) -> str:
        """Let a request in; gives the name of the format that it is answered in."""
        for guard in self.guards:
            await guard(request)
        return self._choose_format(request.scope)

    def _choose_format(self, scope: Scope) -> str:
        form = JSON_FORMAT if self._negotiated is None else self._negotiated.choose(scope)
        scope[FORMAT_NAME] = form
        return form

    def _parse(self, scope: Scope) -> QueryModel | None:
        query, raw = self.signature.query, scope["query_string"]
        if query is None:
            return None
        return self._parse_short(raw) if len(raw) <= _SHORT_QUERY else parse_query(query[1], raw)


class FastRoute(Route):
    """Calls its endpoint itself: for what does not read the database, or too seldom the same to be kept."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        """Make a route.

        Raises:
            TypeError: the signature is one that this class cannot provide.
        """
        super().__init__(path, endpoint, **options)
        self.app = self.asgi
        provided = self.signature.provided.items()
        self._from_scope = [(name, one.provide) for name, one in provided if isinstance(one, FromScope)]
        self._query_name = self.signature.query[0] if self.signature.query else ""
        self._from_request = [(name, one) for name, one in provided if not isinstance(one, FromScope)]

    def _check_signature(self, endpoint: Endpoint) -> None:
        super()._check_signature(endpoint)
        self._check_others(endpoint)

    def _check_others(self, endpoint: Endpoint) -> None:
        if self.signature.others:
            raise TypeError(f"Only a Route can give {endpoint} {', '.join(self.signature.others)}.")
        if self.signature.body is not None:
            raise TypeError(f"Only a WriteRoute can give {endpoint} {self.signature.body[0]}.")

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give what answers a request, whichever router it came through."""
        return partial(self._handle, self._call)

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose path parameters are in the scope."""
        answer = await self._handle(self._call, Request(scope, receive))
        await answer(scope, receive, send)

    async def _call(self, request: Request, query: QueryModel | None) -> TypedResponse[Any]:
        return await self._call_endpoint(request.scope, request.receive, query)

    async def _call_endpoint(
        self, scope: Scope, receive: Receive, query: QueryModel | None
    ) -> TypedResponse[Any]:
        arguments = self._arguments(scope)
        if self._from_request:
            arguments |= await self._provided(Request(scope, receive))
        if query is not None:
            arguments[self._query_name] = query
        response: TypedResponse[Any] = await self.endpoint(**arguments)
        return response

    def _arguments(self, scope: Scope) -> dict[str, Any]:
        arguments = {name: provide(scope) for name, provide in self._from_scope}
        if self.signature.path:
            arguments |= scope["path_params"]
        return arguments

    async def _provided(self, request: Request) -> dict[str, Any]:
        return {name: await provider(request) for name, provider in self._from_request}


def _guard(dependency: params.Depends) -> Provider | Negotiated:
    provider = dependency.dependency
    if not is_provider(provider):
        raise TypeError(f"{provider} must be asynchronous, and take a Request alone.")
    return provider


def moved_response(asked: Scope, moved: MergedInto) -> ASGIApp:
    """Send a reader of a record that was merged or renamed to the same path below the record as it is now."""
    below = asked["path"].split("/", 4)[4:]

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await redirect(asked, send, "/".join([moved.target, *below]), moved.merge)

    return answer


def _with_leniency_applied(answer: ASGIApp) -> ASGIApp:
    """Have a response say that parameters were passed over (RFC 7240 §3)."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_LENIENT]
            await send(message)

        await answer(scope, receive, tell)

    return call
