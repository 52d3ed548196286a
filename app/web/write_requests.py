"""The course of every write request: checks, one transaction, a response that can be replayed."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Generic, TypeVar, get_args
from urllib.parse import unquote_to_bytes

import orjson
from fastapi import Depends, FastAPI, Request
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from sqlalchemy import Connection
from starlette.types import Receive, Scope, Send

from app.database.api_keys import ApiKey
from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.errors import BadRequest, Fault
from app.schemas.query import refuse_unknown
from app.settings import Settings
from app.values.strict_json import Parsed, parse_json, parse_with_faults
from app.values.text_selectors import SelectorMatches
from app.values.unicode_nfc import to_nfc
from app.web import idempotency
from app.web.auth import KeyScope, authenticate_writer
from app.web.headers import JSON_MEDIA_TYPE, JSON_ONLY, header_values, negotiate
from app.web.idempotency import IdempotentRequest, StoredResponse
from app.web.request_body import check_media_type, read_body
from app.web.responses import Headers, send_bytes, send_empty
from app.web.routes import query_values
from app.web.turns import Turns, verifying_turns

_LARGE: Final = 8_192
"""Bodies of more than this many bytes are not parsed in the event loop."""

LARGE_AT_ONCE: Final = 2
"""How many large bodies are parsed, or applied to records, at the same time."""

FEW_BYTES: Final = 65_536
"""More than enough for a body that only says what to do with which record."""

T = TypeVar("T")
WriteFunction = Callable[[Connection, Attribution], StoredResponse]
LONGEST_COMMENT: Final = 1000
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
    """What the write operations share."""

    app: FastAPI
    settings: Settings
    in_flight: set[tuple[int, str]]
    verifying: Turns
    large_bodies: asyncio.Semaphore

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def ask(
        self,
        scope: Scope,
        receive: Receive,
        accepted: tuple[str, ...] = (),
        *,
        needed: KeyScope = "write",
        most_bytes: int | None = None,
    ) -> WriteRequest[Any]:
        """Check everything about a request that does not need its body parsed.

        `accepted` are the media types of its body; empty where its type does not matter.

        Raises:
            Unauthorized, Forbidden, NotAcceptable, UnsupportedMediaType, TooLarge, BadRequest.
        """
        key = await authenticate_writer(self.app, scope, needed)
        refuse_query(scope)
        negotiate(scope, JSON_ONLY)
        media_type = check_media_type(scope, accepted) if accepted else ""
        limit = min(self.settings.max_body_bytes, most_bytes or self.settings.max_body_bytes)
        return WriteRequest(key, media_type, await read_body(scope, receive, limit, str(key.pk)))

    async def parsed(self, asked: WriteRequest[Any]) -> Any:
        """Parse the body of a request; raises as `parse_json` does."""
        return await self._in_its_place(parse_json, asked)

    async def parsed_with_faults(self, asked: WriteRequest[Any]) -> Parsed:
        """Parse the body of a request; raises as `parse_with_faults` does."""
        return await self._in_its_place(parse_with_faults, asked)

    async def _in_its_place(self, parse: Callable[[bytes], T], asked: WriteRequest[Any]) -> T:
        return await self.work(lambda: parse(asked.body), large=asked.is_large)

    async def work(self, work: Callable[[], T], *, large: bool) -> T:
        """Run blocking work: in the event loop, or for large bodies in a thread, a few at a time.

        Parsing holds the GIL, so that more threads would finish none of their bodies sooner, and would
        block the event loop.
        """
        if not large:
            return work()
        async with self.large_bodies:
            return await self.db.in_thread(work)

    async def earlier(self, scope: Scope, asked: WriteRequest[Any]) -> StoredResponse | None:
        """Return the stored response of an earlier request with the same idempotency key."""
        request = idempotency_request(scope, asked.key.pk, asked.body)
        if request is None:
            return None
        hours = self.settings.idempotency_hours
        return await self.db.decide(lambda reading: idempotency.replay(reading, request, hours), single=True)

    async def commit(
        self,
        scope: Scope,
        send: Send,
        asked: WriteRequest[Any],
        work: WriteFunction,
        findings: SelectorMatches | None = None,
    ) -> None:
        """Do the work as `run` does, and send its response."""
        await send_answer(send, await self.run(scope, asked, work, findings))

    async def run(
        self,
        scope: Scope,
        asked: WriteRequest[Any],
        work: WriteFunction,
        findings: SelectorMatches | None = None,
    ) -> StoredResponse:
        """Do the work in one transaction, and store its response there where it has an idempotency key."""
        edit = Attribution(asked.key.label, edit_comment(scope), findings=findings)
        request = idempotency_request(scope, asked.key.pk, asked.body)
        minimal = wants_minimal(scope)

        def once(tx: Connection) -> StoredResponse:
            if request is not None:
                earlier = idempotency.begin(tx, request, self.settings.idempotency_hours)
                if earlier is not None:
                    return earlier
            answer = work(tx, edit)
            if minimal:
                answer = _without_body(answer)
            if request is not None:
                idempotency.keep(tx, request, answer)
            return answer

        with _alone(self.in_flight, request):
            return await self.db.write(once)


@contextmanager
def _alone(held: set[tuple[int, str]], request: IdempotentRequest | None) -> Iterator[None]:
    """Lock an idempotency key while this process answers its request.

    Raises:
        Conflict: another request with this key is being answered.
    """
    if request is None:
        yield
        return
    name = (request.api_key, request.key)
    if name in held:
        raise idempotency.in_flight()
    held.add(name)
    try:
        yield
    finally:
        held.discard(name)


def _without_body(answer: StoredResponse) -> StoredResponse:
    if not answer.body:
        return answer
    status = 204 if answer.status == 200 else answer.status
    headers = tuple(header for header in answer.headers if header[0] != "content-type")
    return replace(
        answer, status=status, body=b"", headers=(*headers, ("preference-applied", "return=minimal"))
    )


async def send_answer(send: Send, answer: StoredResponse) -> None:
    """Send a response, marked where it is replayed."""
    headers: Headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in answer.headers]
    if answer.replayed:
        headers.append((idempotency.HEADER.lower().encode(), b"true"))
    headers.append((b"cache-control", b"no-store"))
    if answer.status == 204:
        await send_empty(send, 204, headers)
    else:
        await send_bytes(send, answer.status, headers, answer.body)


def json_response(
    document: Any, status: int = 200, *headers: tuple[str, str], record: int | None = None
) -> StoredResponse:
    """Make a response of a document."""
    return StoredResponse(
        status, orjson.dumps(document), (("content-type", JSON_MEDIA_TYPE), *headers), record
    )


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
        text = to_nfc(unquote_to_bytes(b", ".join(values)).decode()).strip()
    except UnicodeDecodeError:
        raise _malformed("X-Edit-Comment", "Send UTF-8, percent-encoded where it is not ASCII.") from None
    if len(text) > LONGEST_COMMENT:
        raise _malformed("X-Edit-Comment", f"Send at most {LONGEST_COMMENT} characters.")
    if not all(character.isprintable() for character in text):
        raise _malformed("X-Edit-Comment", "Send text on one line, without control characters.")
    return text or None


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


def refuse_query(scope: Scope) -> None:
    """Refuse any query parameter.

    Raises:
        BadRequest: naming every one.
    """
    values = query_values(scope)
    refuse_unknown(values, ())
    if values.faults:
        raise BadRequest(
            "There are no query parameters here.", code="unknown_parameter", faults=values.faults
        )


def _malformed(header: str, detail: str) -> BadRequest:
    return BadRequest(f"{header} is malformed.", faults=[Fault("malformed_header", detail, header=header)])


def writer_of(app: FastAPI, settings: Settings) -> Writer:
    """Return what all write operations of an application share."""
    shared: Writer | None = getattr(app.state, "writer", None)
    if shared is None:
        shared = app.state.writer = Writer(
            app, settings, set(), verifying_turns(app, settings), asyncio.Semaphore(LARGE_AT_ONCE)
        )
    return shared


async def get_writer(request: Request) -> Writer:
    """Give what all write operations share."""
    return writer_of(request.app, request.app.state.settings)


SharedWriter = Annotated[Writer, Depends(get_writer)]
