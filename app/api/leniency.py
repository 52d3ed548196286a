"""`Prefer: handling=lenient` (RFC 7240 §4.4): parameters that an operation does not know are passed over."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.requests import MOST_QUERY_BYTES, prefers
from app.queries.condition import Parameter

_APPLIED: Final = ((b"preference-applied", b"handling=lenient"), (b"vary", b"Prefer"))


def leniently(operation: ASGIApp, parameters: Iterable[Parameter]) -> ASGIApp:
    """Let an operation be asked leniently; `parameters` are those that it knows.

    It sees a query without the others, so that neither its entity tags nor its links have them; the answer
    says that they were passed over.
    """
    known = frozenset(parameter.name for parameter in parameters)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        query: bytes = scope["query_string"]
        if query and prefers(scope, b"handling", b"lenient"):
            kept = _known_part(query, known)
            if kept != query:
                await operation({**scope, "query_string": kept}, receive, _telling(send))
                return
        await operation(scope, receive, send)

    return answer


def _known_part(query: bytes, known: frozenset[str]) -> bytes:
    """Leave unknown parameters out of a query; one that is too long is left to be refused."""
    if len(query) > MOST_QUERY_BYTES:
        return query
    parts = query.split(b"&")
    return b"&".join(
        part for part in parts if not part or unquote_plus(part.partition(b"=")[0].decode("latin-1")) in known
    )


def _telling(send: Send) -> Send:
    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_APPLIED]
        await send(message)

    return tell
