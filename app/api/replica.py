"""Reading from a replica: answers say in `Age` how old what they tell may be (RFC 9111 §5.1)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.store.freshness import OBSERVED, Freshness


class Aged:
    """Puts on each answer made from a replica for how many seconds writes may be missing from it."""

    def __init__(self, inner: ASGIApp) -> None:
        """Stand around `inner`."""
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; the age is that of the oldest state that was read, when the answer begins."""
        freshness = Freshness()

        async def aged(message: Message) -> None:
            age = freshness.age()
            if message["type"] == "http.response.start" and age is not None:
                message["headers"] = [*message["headers"], (b"age", b"%d" % age)]
            await send(message)

        token = OBSERVED.set(freshness)
        try:
            await self._inner(scope, receive, aged)
        finally:
            OBSERVED.reset(token)
