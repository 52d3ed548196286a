"""Responses: whole or streamed, with links to other pages; a stream ends when its client disconnects."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote_plus

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.web.accept_encoding import accepted_codings, held_tag

Headers = list[tuple[bytes, bytes]]

JSON_HEADERS: Final[Headers] = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-cache"),
    (b"vary", b"Accept"),
]


async def send_stream(
    scope: Scope,
    receive: Receive,
    send: Send,
    headers: Headers,
    pieces: AsyncIterator[bytes],
    *,
    etag: Callable[[], bytes] | None = None,
) -> None:
    """Send chunks as they come; the first is awaited before the response begins, so that it can still fail.

    `etag` returns the entity tag once the first chunk is there; a client that has the response already gets
    304. A client that disconnects cancels the work in progress, queries included.

    Raises:
        ClientDisconnect: the client hung up.
    """
    head = scope["method"] == "HEAD"
    gone = asyncio.ensure_future(_hung_up(receive))
    try:
        async with aclosing(pieces) as open_pieces:  # type: ignore[type-var]
            piece = await _next(open_pieces, gone)
            if etag is not None:
                media_type = dict(headers).get(b"content-type", b"")
                held = held_tag(scope, etag(), accepted_codings(scope).coding_for(media_type, None))
                if held is not None:
                    kept = [one for one in headers if one[0] != b"content-type"]
                    await send_empty(send, 304, [(b"etag", held), *kept])
                    return
                headers = [(b"etag", etag()), *headers]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while piece is not None and not head:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await _next(open_pieces, gone)
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _next(pieces: AsyncIterator[bytes], gone: "asyncio.Future[None]") -> bytes | None:
    """Await the next chunk, or the client's disconnection."""
    coming = asyncio.ensure_future(_piece(pieces))
    both: set[asyncio.Future[Any]] = {coming, gone}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        await _ended(coming)
        raise
    if gone.done():
        await _ended(coming)
        raise ClientDisconnect
    return coming.result()


async def _ended(coming: "asyncio.Future[bytes | None]") -> None:
    coming.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await coming


async def _piece(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_body(scope: Scope, send: Send, body: bytes, headers: Headers, status: int = 200) -> None:
    """Send a body; for HEAD only its length."""
    if scope["method"] != "HEAD":
        return await send_bytes(send, status, headers, body)
    all_headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    return await send({"type": "http.response.body", "body": b""})


@dataclass(frozen=True, slots=True)
class PageLinks:
    """The paths of the pages after and before one, where there are any."""

    following: str | None
    preceding: str | None

    @property
    def headers(self) -> Headers:
        """The `Link` header for them (RFC 8288); none where there are none."""
        paths = {"next": self.following, "prev": self.preceding}
        links = [f'<{path}>; rel="{name}"' for name, path in paths.items() if path]
        return [(b"link", ", ".join(links).encode())] if links else []


def page_links(scope: Scope, following: str | None, preceding: str | None) -> PageLinks:
    """Return the paths of the same list with other cursors: the query as it was sent, otherwise unchanged."""
    parts = [part for part in scope["query_string"].decode("ascii").split("&") if part]
    kept = [part for part in parts if not _is_cursor(part.partition("=")[0])]
    beginning = quote("&".join([*kept, "cursor="]), safe="%&=+:/,")
    paths = (cursor and f"{scope['path']}?{beginning}{cursor}" for cursor in (following, preceding))
    return PageLinks(*paths)


def _is_cursor(name: str) -> bool:
    return name == "cursor" or ("%" in name and unquote_plus(name) == "cursor")


async def redirect(scope: Scope, send: Send, target: str, merge: int | None = None) -> None:
    """Redirect a read of a record that was merged or renamed to where it is, with the same query; names the merge."""
    query: bytes = scope["query_string"]
    # What stands below the record may be any text; the path has it decoded.
    moved_to = quote(f"/v1/{target}")
    location = moved_to.encode("ascii") + (b"?" + query if query else b"")
    headers = [(b"location", location), (b"content-type", b"application/json")]
    body: dict[str, Any] = {"status": 308, "moved_to": moved_to}
    if merge is not None:
        headers.append((b"link", b'</v1/merges/%d>; rel="describedby"' % merge))
        body["merge"] = merge
    await send_bytes(send, 308, headers, orjson.dumps(body))


async def send_bytes(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a whole response. Names of headers are in lower case; `content-length` is added here."""
    headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_empty(send: Send, status: int, headers: Headers) -> None:
    """Send a response that has no body and no length, as 204 and 304 are."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
