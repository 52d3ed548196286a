"""Answers whose type says what is in them, for the OpenAPI document and for mypy."""

from collections.abc import Iterable
from typing import Any, Final, Generic, Self, TypeVar

import orjson
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.values.entity_tag import entity_tag
from app.web.caching import CachedResponse
from app.web.responses import send_body

T = TypeVar("T")
NO_STORE: Final = "no-store"

AN_HOUR: Final = "public, max-age=3600"
"""For what changes only with the code."""


class TypedResponse(Response, Generic[T]):
    """A whole answer with the status 200; `T` is what its body holds, and what the OpenAPI document shows.

    Being a `Response`, it is sent as it is: no `response_model` is run over it.
    """

    def __init__(
        self,
        body: bytes,
        *,
        media_type: str = "application/json",
        cache_control: str = "no-cache",
        headers: Iterable[tuple[bytes, bytes]] = (),
        tagged: bool = False,
    ) -> None:
        """Make an answer.

        Args:
            body: its bytes.
            media_type: for `Content-Type`.
            cache_control: for `Cache-Control`.
            headers: further ones, with names in lower case.
            tagged: with an entity tag of its bytes, so that it may be answered 304.
        """
        self.status_code = 200
        self.background = None
        self.body = body
        self.raw_headers = [
            (b"content-type", media_type.encode()),
            (b"cache-control", cache_control.encode()),
            *headers,
        ]
        self._etag = entity_tag(0, body).encode() if tagged else None

    @classmethod
    def json(cls, value: T, **more: Any) -> Self:
        """Make an answer of a value, in which models may stand; `more` is as the constructor takes it."""
        return cls(orjson.dumps(value, default=BaseModel.model_dump), **more)

    @classmethod
    def stored(cls, body: bytes, **more: Any) -> Self:
        """Make an answer of bytes that hold such a value already."""
        return cls(body, **more)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it: 304 where the client has it already, and to HEAD its headers alone."""
        body = bytes(self.body)
        if self._etag is None:
            await send_body(scope, send, body, self.raw_headers)
        else:
            await CachedResponse("", self._etag, self.raw_headers, body)(scope, receive, send)
