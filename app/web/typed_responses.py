"""Responses whose type says what is in them, for the OpenAPI document and for mypy."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final, Generic, Self, TypeVar

import orjson
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.values.entity_tag import entity_tag
from app.web.accept_encoding import accepted_codings
from app.web.caching import CachedResponse, encoded
from app.web.content_codings import IDENTITY
from app.web.headers import JSON_MEDIA_TYPE
from app.web.responses import send_body, send_empty, send_stream
from app.web.turns import Turns

T = TypeVar("T")
_USUAL: Final = ((b"content-type", JSON_MEDIA_TYPE.encode()), (b"cache-control", b"no-cache"))
NO_STORE: Final = "no-store"

AN_HOUR: Final = "public, max-age=3600"
"""For what changes only with the code."""

_IMMUTABLE: Final = "max-age=86400, immutable"


def immutable(*, public: bool) -> str:
    """Return the `Cache-Control` of what never changes (RFC 8246); `public` lets caches keep it that others read from.

    It is kept for a day, not for good: a record can be purged, and a backup brought back.
    """
    return f"{'public' if public else 'private'}, {_IMMUTABLE}"


class TypedResponse(Response, Generic[T]):
    """A whole response; `T` is what its body holds, and what the OpenAPI document shows.

    Being a `Response`, it is sent as it is: no `response_model` is run over it.
    """

    def __init__(
        self,
        body: bytes,
        *,
        status: int = 200,
        media_type: str = JSON_MEDIA_TYPE,
        cache_control: str | None = "no-cache",
        headers: Iterable[tuple[bytes, bytes]] = (),
        etag: str | None = None,
        tagged: bool = False,
        version: str | None = None,
    ) -> None:
        """Make a response.

        Args:
            body: its bytes.
            status: 204 has neither a body nor a media type.
            media_type: for `Content-Type`.
            cache_control: for `Cache-Control`; None leaves it out.
            headers: further ones, with names in lower case.
            etag: its entity tag, with which it may be answered 304.
            tagged: with an entity tag of its bytes.
            version: the version of the database that it was made from, if a `CachedRoute` may keep it.
        """
        self.status_code = status
        self.background = None
        self.body = body
        if media_type == JSON_MEDIA_TYPE and cache_control == "no-cache":
            self.raw_headers = [*_USUAL, *headers]
        else:
            control = [] if cache_control is None else [(b"cache-control", cache_control.encode())]
            self.raw_headers = [(b"content-type", media_type.encode()), *control, *headers]
        if status == 204:
            del self.raw_headers[0]
        self.etag = entity_tag(0, body) if tagged else etag
        self.version = version

    @classmethod
    def json(cls, value: T, **more: Any) -> Self:
        """Make a response of a value, in which models may stand; `more` is as the constructor takes it."""
        return cls(orjson.dumps(value, default=BaseModel.model_dump), **more)

    @classmethod
    def stored(cls, body: bytes, **more: Any) -> Self:
        """Make a response of bytes that hold such a value already."""
        return cls(body, **more)

    @classmethod
    def html(cls, body: bytes, policy: str) -> Self:
        """Make a page for people; `policy` is its content security policy."""
        return cls(
            body,
            media_type="text/html; charset=utf-8",
            cache_control=None,
            headers=[(b"content-security-policy", policy.encode())],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it: 304 where the client has it already, and to HEAD its headers alone."""
        body = bytes(self.body)
        if self.etag is not None:
            await CachedResponse("", self.etag.encode(), self.raw_headers, body)(scope, receive, send)
        elif self.status_code == 204:
            await send_empty(send, 204, self.raw_headers)
        else:
            await send_body(scope, send, body, self.raw_headers, status=self.status_code)


class FixedResponse(TypedResponse[T]):
    """A whole response that is made once and sent often; it is encoded once in each content coding."""

    def __init__(self, body: bytes, **more: Any) -> None:
        """Make a response, tagged with its bytes; `more` is as `TypedResponse` takes it."""
        super().__init__(body, **more)
        self._plain = CachedResponse("", entity_tag(0, body).encode(), self.raw_headers, body)
        self._by_coding = {IDENTITY: self._plain}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it: 304 where the client has it already, and to HEAD its headers alone."""
        coding = accepted_codings(scope).coding_for(self._plain.headers[0][1], len(self._plain.body))
        made = self._by_coding.get(coding)
        if made is None:
            made = self._by_coding[coding] = await encoded(self._plain, coding)
        await made(scope, receive, send)


class StreamedResponse(TypedResponse[T]):
    """A response that is sent as it is made; no cache keeps it.

    Its entity tag is that of the version that its first piece was read at, where it says which.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        *,
        version: Callable[[], str] | None = None,
        **more: Any,
    ) -> None:
        """Make a response of pieces.

        Args:
            pieces: its body, of which the first is awaited before the response begins, so that it can still fail.
            version: gives the version of the database, once the first piece is there.
            more: as `TypedResponse` takes it.
        """
        super().__init__(b"", **more)
        self._pieces = pieces
        self.version_when_read = version
        self.etag_of_version: Callable[[str], bytes] | None = None
        """Makes the entity tag; `CachedRoute` sets it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; a client that hangs up cancels what makes it."""
        version, tag = self.version_when_read, self.etag_of_version
        etag = (lambda: tag(version())) if version is not None and tag is not None else None
        await send_stream(scope, receive, send, self.raw_headers, self._pieces, etag=etag)


class TurnResponse(StreamedResponse[T]):
    """A stream that waits for its turn, and must be read within a time.

    Nothing of it is made before; where the time is over, it breaks off.
    """

    def __init__(
        self, pieces: AsyncIterator[bytes], *, turns: Turns, client: str | None, seconds: float, **more: Any
    ) -> None:
        """Make a response of pieces.

        Args:
            pieces: its body.
            turns: grants the turn.
            client: whose turn it is; one that is None is not counted.
            seconds: how long the turn may take.
            more: as `StreamedResponse` takes it.
        """
        super().__init__(pieces, **more)
        self._turns = turns
        self._client = client
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it.

        Raises:
            Unavailable: there was no turn in time, or it was not read in time.
        """
        async with self._turns.turn(self._client, self._seconds) as turn:
            await super().__call__(scope, receive, turn.sending(send))
