"""The state of the response to a request, from its first byte on: what is added to it, and what it holds."""

from collections.abc import Mapping
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from app.database.engine.request_reads import RequestReads
from app.web.consistency import Consistency
from app.web.long_reads import LongReads
from app.web.read_task import Read
from app.web.responses import Headers

EXCHANGE_KEY: Final = "annals.exchange"
"""Where it stands in the scope of its request."""


class ResponseState:
    """One request and the state of its response; `receive` gives its body as it was sent."""

    __slots__ = (
        "asks_for_state",
        "consistency",
        "headers",
        "long_reads",
        "message",
        "read",
        "reads",
        "receive",
        "scope",
        "send",
        "started",
        "status",
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Headers,
        long_reads: LongReads | None,
        consistency: Consistency | None,
    ) -> None:
        """Begin with nothing sent; `headers` are those that every response has."""
        self.scope = scope
        self.receive = receive
        self.send = send
        self.long_reads = long_reads
        self.consistency = consistency
        self.reads = RequestReads()
        self.asks_for_state = False
        self.read: Read | None = None
        self.message: Message | None = None
        self.status = 0
        self.started = False
        self.headers = headers

    async def answer(self, message: Message) -> None:
        """Send the next message of the response."""
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = [*message.get("headers", ()), *self.headers]
            if self.consistency is not None:
                if self.reads.has_written:
                    await self.consistency.note_write(self.scope, self.reads, self.status)
                headers += self.consistency.headers(self.reads)
            message["headers"] = headers
        self.message = message
        if self.long_reads is None or self.read is None:
            await self.send(message)
            return
        self.long_reads.before_sending(self.read)
        await self.send(message)
        if message.get("more_body"):
            await self.long_reads.after_sending(self.read)


def bytes_written_last(scope: Mapping[str, object]) -> int:
    """Return the memory that a response being written holds: of a stream, the next chunk as well."""
    exchange = scope.get(EXCHANGE_KEY)
    if not isinstance(exchange, ResponseState) or exchange.message is None:
        return 0
    message = exchange.message
    return len(message.get("body", b"")) * (2 if message.get("more_body", False) else 1)
