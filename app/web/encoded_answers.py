"""Answers encoded as they are sent, in the content coding that `Accept-Encoding` asks for."""

from typing import Final

from starlette.types import Message, Scope, Send

from app.web.accept_encoding import AcceptedCodings, encoded_tag, keep_accepted_codings
from app.web.content_codings import IDENTITY, StreamEncoder, encode
from app.web.responses import Headers

_NO_CONTENT: Final = frozenset((204, 304))
"""Answers without a body."""

_READING: Final = frozenset(("GET", "HEAD"))


def encoded_answer(scope: Scope, send: Send, accept_encoding: bytes) -> Send:
    """Return what sends the answer to a request in the coding that its `Accept-Encoding` asks for.

    Raises:
        NotAcceptable: it rules out everything.
    """
    accepted = keep_accepted_codings(scope, accept_encoding)
    return EncodedAnswer(scope, send, accepted).send if accepted.preferred else send


class EncodedAnswer:
    """Sends one answer in a coding, or as it is where it is in one already, or better in none.

    A whole body is encoded whole; of one that comes in pieces, each is sent as soon as it is there.
    """

    __slots__ = ("_accepted", "_coding", "_encoder", "_method", "_send", "_start")

    def __init__(self, scope: Scope, send: Send, accepted: AcceptedCodings) -> None:
        """Send to `send`."""
        self._send = send
        self._accepted = accepted
        self._method: str = scope["method"]
        self._coding = IDENTITY
        self._start: Message | None = None
        self._encoder: StreamEncoder | None = None

    async def send(self, message: Message) -> None:
        """Take the next message of the answer."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif not self._coding or message["type"] != "http.response.body":
            await self._send(message)
        else:
            await self._continue(message.get("body", b""), more=message.get("more_body", False))

    async def _begin(self, message: Message) -> None:
        fields = dict(message["headers"])
        self._coding, self._start, self._encoder = IDENTITY, None, None
        if message["status"] not in _NO_CONTENT and b"content-encoding" not in fields:
            length = fields.get(b"content-length")
            media_type = fields.get(b"content-type", b"")
            self._coding = self._accepted.coding_for(media_type, None if length is None else int(length))
        if not self._coding:
            await self._send(message)
            return
        is_read = self._method in _READING and message["status"] == 200
        message["headers"] = self._encoded_headers(message["headers"], is_read=is_read)
        if self._method == "HEAD":
            self._coding = IDENTITY  # its length is only known to who makes it
            await self._send(message)
        elif b"content-length" in fields:
            self._start = message
        else:
            self._encoder = StreamEncoder(self._coding)
            await self._send(message)

    def _encoded_headers(self, headers: Headers, *, is_read: bool) -> Headers:
        """Return the headers of the answer in the coding; a write's entity tag is not of what it answers."""
        kept = [
            (name, encoded_tag(value, self._coding) if name == b"etag" and is_read else value)
            for name, value in headers
            if name != b"content-length"
        ]
        return [*kept, (b"content-encoding", self._coding.encode())]

    async def _continue(self, piece: bytes, *, more: bool) -> None:
        start = self._start
        if start is not None:
            self._start = None
            if not more:
                body = await encode(self._coding, piece)
                start["headers"].append((b"content-length", b"%d" % len(body)))
                await self._send(start)
                await self._send({"type": "http.response.body", "body": body})
                return
            self._encoder = StreamEncoder(self._coding)
            await self._send(start)
        encoder = self._encoder
        if encoder is None:
            raise RuntimeError("the body goes on after its end")
        encoded = await encoder.piece(piece) if piece else b""
        if not more:
            encoded += encoder.end()
            self._encoder = None
        await self._send({"type": "http.response.body", "body": encoded, "more_body": more})
