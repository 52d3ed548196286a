"""Answers without end: sent piece by piece, and let go of when nobody listens any more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.api.requests import header, matches
from app.api.routing import Headers, send_empty


async def send_stream(
    scope: Scope,
    receive: Receive,
    send: Send,
    headers: Headers,
    pieces: AsyncIterator[bytes],
    *,
    etag: Callable[[], bytes] | None = None,
) -> None:
    """Send pieces as they come; the first is awaited before the answer begins, so that it can still fail.

    `etag` gives the entity tag once the first piece is there; a client that has the answer already is told so (304).
    A client that hangs up ends the work that is under way, a question to the database included.

    Raises:
        ClientDisconnect: the client hung up.
    """
    head = scope["method"] == "HEAD"
    gone = asyncio.ensure_future(_hung_up(receive))
    try:
        async with aclosing(pieces) as open_pieces:  # type: ignore[type-var]
            piece = await _next(open_pieces, gone)
            if etag is not None:
                headers = [(b"etag", etag()), *headers]
            if etag is not None and matches(header(scope, b"if-none-match"), etag()):
                await send_empty(send, 304, [one for one in headers if one[0] != b"content-type"])
                return
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while piece is not None and not head:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await _next(open_pieces, gone)
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _next(pieces: AsyncIterator[bytes], gone: "asyncio.Future[None]") -> bytes | None:
    """Await the next piece, or the end of the client."""
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
