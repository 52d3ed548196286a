"""Request bodies: their media type and size, checked before the body is parsed."""

from collections.abc import AsyncIterator, Container, Sequence

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from app.errors import Fault, TooLarge, UnsupportedMediaType
from app.web.body_memory import SMALL, reservation_of
from app.web.encoded_bodies import body_coding
from app.web.headers import header


def charset_of(scope: Scope) -> str | None:
    """Return the `charset` that Content-Type says (RFC 9110, section 8.3.2), in lower case; None where it says none."""
    _, _, parameters = header(scope, b"content-type").decode("latin-1").partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return None


def check_media_type(
    scope: Scope,
    accepted: Sequence[str],
    default: str | None = None,
    charsets: Container[str] = ("utf-8", "utf8"),
) -> str:
    """Return which of the accepted media types the body has, by its Content-Type; without one, the default if there is any.

    Raises:
        UnsupportedMediaType: it has none of them, names a charset other than those given, or is in a content coding that
            is not known; the answer says what is taken, in `Accept` or `Accept-Encoding` too (RFC 9110, section 15.5.16).
    """
    declared: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"content-type":
            if declared is not None and declared != value:
                raise _unsupported("Send one Content-Type.", accepted)
            declared = value
    body_coding(scope)
    if declared is None:
        if default is not None:
            return default
        raise _unsupported("Say what the body is.", accepted)
    media_type = declared.decode("latin-1").partition(";")[0].strip().lower()
    if media_type not in accepted:
        raise _unsupported("This is not taken here.", accepted)
    charset = charset_of(scope)
    if charset is not None and charset not in charsets:
        raise _unsupported("Text in this charset is not taken.", accepted)
    return media_type


def _unsupported(detail: str, accepted: Sequence[str]) -> UnsupportedMediaType:
    known = ", ".join(accepted)
    return UnsupportedMediaType(
        f"{detail} Accepted: {known}.",
        faults=(Fault("unsupported_media_type", f"Use one of: {known}.", header="Content-Type"),),
        headers={"Accept": known},
    )


def too_large(limit: int) -> TooLarge:
    """The error for a body past a limit in bytes; the connection closes, as the rest is not read."""
    return TooLarge(
        f"The body is larger than {limit} bytes.",
        headers={"Connection": "close"},
        extra={"limit": limit},
    )


def declared_length(scope: Scope) -> int | None:
    """Return the length of the body in bytes, where the request says it: not of one in a content coding."""
    if header(scope, b"content-encoding"):
        return None
    length = header(scope, b"content-length")
    return int(length) if length.isdigit() and len(length) < 19 else None


async def body_pieces(
    scope: Scope, receive: Receive, limit: int, client: str | None = None
) -> AsyncIterator[bytes]:
    """Yield the body in chunks as it arrives; past its beginning once there is room for all of it.

    One that does not declare its length counts with the largest allowed. The room is the `client`'s up to
    the end of the request.

    Raises:
        TooLarge: it has more than `limit` bytes; one that says so is not read.
        Unavailable: there is no room for it.
        RequestTimeout: it comes slowly while others wait for room.
        ClientDisconnect: the client went away.
    """
    declared = declared_length(scope)
    if declared is not None and declared > limit:
        raise too_large(limit)
    room = reservation_of(scope)
    size = 0
    more = True
    while more:
        message = await room.receive(receive)
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        if size > SMALL:
            await room.need(client, declared or limit)
        yield chunk
        more = message.get("more_body", False)


async def read_body(scope: Scope, receive: Receive, limit: int, client: str | None = None) -> bytes:
    """Return the whole body; raises as `body_pieces` does, with no more than `limit` bytes kept."""
    chunks = [chunk async for chunk in body_pieces(scope, receive, limit, client)]
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class LimitedBody:
    """A request body that raises an error once it is past its limit, whether or not its length was declared."""

    __slots__ = ("exceeded", "left", "limit", "receive")

    def __init__(self, receive: Receive, limit: int) -> None:
        """Limit what `receive` gives, in bytes."""
        self.receive = receive
        self.limit = limit
        self.left = limit
        self.exceeded = False

    async def take(self) -> Message:
        """Receive the next message; raises TooLarge past the limit."""
        if self.exceeded:
            raise too_large(self.limit)
        message = await self.receive()
        if message["type"] == "http.request":
            self.left -= len(message.get("body", b""))
            if self.left < 0:
                self.exceeded = True
                raise too_large(self.limit)
        return message
