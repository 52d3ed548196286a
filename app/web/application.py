"""The FastAPI application, with `RequestMiddleware` in place of its middleware."""

from collections.abc import Awaitable, Callable, Container, Mapping
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

from app.settings import Settings
from app.web.body_memory import BodyMemory
from app.web.consistency import Consistency
from app.web.cors import cors
from app.web.long_reads import LongReads
from app.web.middleware import RequestMiddleware
from app.web.rate_limit import Identify, rate_limiter
from app.web.responses import Headers
from app.web.route_table import RouteTable


class ApplicationState(State):
    """`app.state` with attributes like any other object's: every request reads several."""

    def __setattr__(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)

    def __delattr__(self, key: str) -> None:
        object.__delattr__(self, key)


class AnnalsApp(FastAPI):
    """FastAPI for declaring and describing operations; requests go through `RequestMiddleware` and `RouteTable`.

    FastAPI's middleware and exception handlers are not used: `RequestMiddleware` does the work of both.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        streams: Container[str] = frozenset(),
        identify: Identify | None = None,
        check_credential: Callable[[Scope], Awaitable[Headers]] | None = None,
        components: Callable[[], Mapping[str, Mapping[str, Any]]] = dict,
        **fastapi: Any,
    ) -> None:
        """Make an application.

        Args:
            settings: limits, origins and what is logged.
            streams: the paths whose bodies may be longer than `max_body_bytes`.
            identify: returns which valid key a request has, for its rate limit.
            check_credential: refuses a request whose credential is bad, and gives headers for the response.
            components: gives further components of the OpenAPI document (schemas, security schemes).
            fastapi: as FastAPI takes it.
        """
        super().__init__(**fastapi, redirect_slashes=False, docs_url=None, redoc_url=None, openapi_url=None)
        self.state: State = ApplicationState()
        self.state.settings = settings
        self.components = components
        self._settings = settings
        self._streams = streams
        self._identify = identify
        self._check_credential = check_credential
        self._edge: RequestMiddleware | None = None

    def _make_edge(self) -> RequestMiddleware:
        settings = self._settings
        return RequestMiddleware(
            RouteTable(self),
            max_body_bytes=settings.max_body_bytes,
            streams=self._streams,
            limiter=rate_limiter(settings, self._identify),
            check_credential=self._check_credential,
            wrap=cors(settings.cors_origins),
            access_log=settings.access_log,
            long_reads=LongReads(
                settings.long_reads, settings.request_seconds, settings.database_timeout_seconds
            ),
            room=BodyMemory(settings.max_received_bytes, settings.turn_timeout_seconds),
            encodes=settings.compression,
            consistency=Consistency(settings, self._identify),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle an ASGI scope: HTTP and lifespan; there are no WebSockets here."""
        if scope["type"] == "http":
            edge = self._edge
            if edge is None:
                edge = self._edge = self._make_edge()
            scope["app"] = self
            await edge(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await super().__call__(scope, receive, send)
