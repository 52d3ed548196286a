"""What is sent with a write: a body, an idempotency key, a comment, a preference; and how bodies are parsed."""

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, TypeVar, get_args
from urllib.parse import unquote_to_bytes

from fastapi import Depends, FastAPI
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from starlette.types import Scope

from app.database.api_keys import ApiKey
from app.database.engine.database import Database
from app.errors import BadRequest, Fault
from app.values.one_line import MAX_COMMENT_LENGTH, parse_line
from app.values.strict_json import Parsed, parse_json, parse_with_faults
from app.web.dependencies import FromScope
from app.web.headers import header_values
from app.web.idempotency import IdempotentRequest

_LARGE: Final = 8_192
"""Bodies of more than this many bytes are not parsed in the event loop."""

LARGE_AT_ONCE: Final = 2
"""How many large bodies are parsed, or applied to records, at the same time."""

SMALL_BODY_BYTES: Final = 65_536
"""More than enough for a body that only says what to do with which record."""

T = TypeVar("T")
_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")
_MINIMAL: Final = re.compile(rb'(?:^|[,;\s])return\s*=\s*"?minimal"?(?:$|[,;\s])', re.IGNORECASE)


class WriteRequest(Generic[T]):
    """A write request that passed the first checks: who sent it, and what, which is to be a `T`.

    Not a dataclass: pydantic would document its fields, not the body.
    """

    __slots__ = ("body", "key", "media_type")

    def __init__(self, key: ApiKey, media_type: str, body: bytes) -> None:
        """Keep what was sent."""
        self.key = key
        self.media_type = media_type
        self.body = body

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Have the body documented."""
        return handler.generate_schema(*get_args(source))

    @property
    def is_large(self) -> bool:
        """Whether its body is parsed in a thread, so that the event loop is not blocked."""
        return len(self.body) > _LARGE


@dataclass(frozen=True, slots=True)
class Writer:
    """What the writes of an application share.

    Attributes:
        in_flight: the idempotency keys whose requests are being answered.
        large_bodies: limits how many large bodies are worked on at the same time.
    """

    app: FastAPI
    in_flight: set[tuple[int, str]] = field(default_factory=set)
    large_bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_ONCE))

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def parsed(self, asked: WriteRequest[Any]) -> Any:
        """Parse the body of a request; raises as `parse_json` does."""
        return await self.work(lambda: parse_json(asked.body), large=asked.is_large)

    async def parsed_with_faults(self, asked: WriteRequest[Any]) -> Parsed:
        """Parse the body of a request; raises as `parse_with_faults` does."""
        return await self.work(lambda: parse_with_faults(asked.body), large=asked.is_large)

    async def work(self, work: Callable[[], T], *, large: bool) -> T:
        """Run blocking work: in the event loop, or for large bodies in a thread, a few at a time.

        Parsing holds the GIL, so that more threads would finish none of their bodies sooner, and would
        block the event loop.
        """
        if not large:
            return work()
        async with self.large_bodies:
            return await self.db.in_thread(work)


def wants_minimal(scope: Scope) -> bool:
    """Return whether the request has `Prefer: return=minimal` (RFC 7240 §4.2)."""
    return any(_MINIMAL.search(value) for value in header_values(scope, "Prefer"))


def edit_comment(scope: Scope) -> str | None:
    """Parse `X-Edit-Comment`: UTF-8, percent-encoded or as it is, at most 1,000 characters.

    Raises:
        BadRequest: it is longer, or no text on one line.
    """
    values = header_values(scope, "X-Edit-Comment")
    if not values:
        return None
    try:
        text = unquote_to_bytes(b", ".join(values)).decode()
    except UnicodeDecodeError:
        raise _malformed("X-Edit-Comment", "Send UTF-8, percent-encoded where it is not ASCII.") from None
    try:
        return parse_line(text, MAX_COMMENT_LENGTH) or None
    except ValueError as error:
        raise _malformed("X-Edit-Comment", str(error)) from None


def idempotency_request(scope: Scope, api_key: int, body: bytes) -> IdempotentRequest | None:
    """Parse `Idempotency-Key`, and make what identifies the request.

    Raises:
        BadRequest: it is not one word of 1 to 255 visible ASCII characters.
    """
    values = header_values(scope, "Idempotency-Key")
    if not values:
        return None
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        raise _malformed("Idempotency-Key", "Send one word of 1 to 255 visible ASCII characters.")
    digest = hashlib.sha256()
    content_type = b"".join(header_values(scope, "Content-Type"))
    for part in (scope["method"].encode(), scope["path"].encode(), scope["query_string"], content_type, body):
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return IdempotentRequest(api_key, values[0].decode("ascii"), digest.digest())


def _malformed(header: str, detail: str) -> BadRequest:
    return BadRequest(f"{header} is malformed.", faults=[Fault("malformed_header", detail, header=header)])


def writer_of(scope: Scope) -> Writer:
    """Give what the writes of an application share."""
    shared: Writer | None = getattr(scope["app"].state, "writer", None)
    if shared is None:
        shared = scope["app"].state.writer = Writer(scope["app"])
    return shared


SharedWriter = Annotated[Writer, Depends(FromScope(writer_of))]
