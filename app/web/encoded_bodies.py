"""Request bodies in a content coding (RFC 9110 §8.4), decoded as they are received."""

import asyncio
from collections.abc import Iterator
from typing import Final

from starlette.types import Message, Receive, Scope

from app.errors import AnnalsError, BadRequest, Fault, TooLarge, UnsupportedMediaType
from app.web.content_codings import ALIASES, CODINGS, IDENTITY, BrokenCoding, StreamDecoder
from app.web.headers import header

_HARMLESS: Final = 8 * 2**20
_MAX_EXPANSION: Final = 200
_SPARE: Final = 64 * 1024


def body_coding(scope: Scope) -> str:
    """Return the coding of a request's body, `IDENTITY` where it is in none.

    Raises:
        UnsupportedMediaType: it is in one that is not known, or in several; `Accept-Encoding` of the answer has those that
            are (RFC 9110 §15.5.16).
    """
    coding = _named_coding(scope)
    if coding == IDENTITY or coding in CODINGS:
        return coding
    known = ", ".join(CODINGS)
    raise UnsupportedMediaType(
        f"The body is in a coding that is not taken here. Accepted: {known}.",
        code="unsupported_coding",
        faults=(Fault("unsupported_coding", f"Use one of {known}, or none.", header="Content-Encoding"),),
        headers={"Accept-Encoding": known},
    )


def decoded_body(scope: Scope, receive: Receive) -> Receive:
    """Return what gives the body of a request in no coding; `body_coding` refuses codings that are not known."""
    coding = _named_coding(scope)
    return DecodedBody(receive, coding).receive if coding in CODINGS else receive


def _named_coding(scope: Scope) -> str:
    value = header(scope, b"content-encoding")
    if not value:
        return IDENTITY
    named = (one.strip().lower() for one in value.decode("latin-1").split(","))
    return ", ".join(ALIASES.get(one, one) for one in named if one not in ("", "identity"))


class DecodedBody:
    """What is received of a body in a coding, decoded. Each message holds at most some hundred kibibytes.

    Real documents shrink to a tenth or so. What expands more than two hundredfold, past the first 8 MiB, was made to
    keep the service busy, and so was what holds less than half of its own size.
    """

    def __init__(self, receive: Receive, coding: str) -> None:
        """Decode what `receive` gives."""
        self._receive = receive
        self._decoder = StreamDecoder(coding)
        self._pieces: Iterator[bytes] = iter(())
        self._taken = self._given = 0
        self._last = self._ended = False
        self._fault: AnnalsError | None = None

    async def receive(self) -> Message:
        """Receive the next message.

        Raises:
            BadRequest: the body is not in the coding, or cut off.
            TooLarge: it expands too far.
        """
        if self._fault is not None:
            raise self._fault
        try:
            return await self._next()
        except (BadRequest, TooLarge) as error:
            self._fault = error
            raise
        except BrokenCoding:
            self._fault = _broken("It is not in the coding that is named here, or damaged.")
            raise self._fault from None

    async def _next(self) -> Message:
        while not self._ended:
            piece = next(self._pieces, None)
            if piece is not None:
                self._given += len(piece)
                if self._given > max(_HARMLESS, self._taken * _MAX_EXPANSION):
                    raise _expands_too_far()
                await asyncio.sleep(0)  # others get their turn while one message is decoded
                return {"type": "http.request", "body": piece, "more_body": True}
            if self._taken > 2 * self._given + _SPARE:
                raise _broken("It holds far less than its own size.")
            if self._last:
                self._ended = True
                if not self._decoder.is_whole:
                    raise _broken("It ends before what was begun in this coding is whole.")
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            data = message.get("body", b"")
            self._taken += len(data)
            self._last = not message.get("more_body", False)
            self._pieces = self._decoder.pieces(data)
        return await self._receive()


def _broken(detail: str) -> BadRequest:
    return BadRequest(
        "The body cannot be decoded.",
        code="broken_coding",
        faults=[Fault("broken_coding", detail, header="Content-Encoding")],
    )


def _expands_too_far() -> TooLarge:
    return TooLarge(
        "The body expands too far; send it in no coding, or in parts.",
        code="expands_too_far",
        headers={"Connection": "close"},
    )
