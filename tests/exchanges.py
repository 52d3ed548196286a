"""Requests made of an ASGI application by hand, for what no client of HTTP does, such as to stall."""

import asyncio
import contextlib

from starlette.routing import Route
from waiting import HANG_SECONDS


def http_scope(target, *headers, method="GET", client="203.0.113.1"):
    """Make the scope of a request, as a server does of its first line and headers."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"testserver"), *headers],
        "client": (client, 1),
        "server": ("testserver", 80),
    }


class _Endpoint:
    def __init__(self, handler):
        self.handler = handler

    async def __call__(self, scope, receive, send):
        await self.handler(scope, receive, send)


def asgi_route(path, handler, methods=("GET",)):
    """Make a route of a function that is called as an ASGI application."""
    return Route(path, _Endpoint(handler), methods=list(methods))


class Stalled:
    """An exchange whose client neither goes on sending nor reads."""

    def __init__(self, app, method, path, *headers, client="203.0.113.1", first=b""):
        self.first = first
        self.sends_body = bool(first)
        self.sent = []
        self.stalls = asyncio.Event()
        self.ends = asyncio.Event()
        scope = http_scope(path, *headers, method=method, client=client)
        self.task = asyncio.ensure_future(app(scope, self.receive, self.send))

    async def receive(self):
        if self.first:
            piece, self.first = self.first, b""
            return {"type": "http.request", "body": piece, "more_body": True}
        # Without a body the service listens for the end of the connection, before it does anything else.
        if self.sends_body:
            self.stalls.set()
        await self.ends.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)
        if message["type"] == "http.response.body":
            self.stalls.set()
            await self.ends.wait()


@contextlib.asynccontextmanager
async def stalled(*arguments, **options):
    one = Stalled(*arguments, **options)
    await asyncio.wait_for(one.stalls.wait(), HANG_SECONDS)
    try:
        yield one
    finally:
        one.ends.set()
        await asyncio.wait_for(one.task, HANG_SECONDS)
