"""Reading from a replica: answers say in `Age` how far it lags behind (RFC 9111 §5.1)."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Aged:
    """Puts the replica's lag, in whole seconds, on every answer to a read."""

    def __init__(self, inner: ASGIApp, app: FastAPI) -> None:
        """Stand around `inner`; the application holds the database."""
        self._inner = inner
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; the lag is asked before the answer is made, so that it is never told too small."""
        if scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith("/v1"):
            await self._inner(scope, receive, send)
            return
        age = (b"age", b"%d" % await self._app.state.db.lag_seconds())

        async def aged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], age]
            await send(message)

        await self._inner(scope, receive, aged)
