"""From a verb to an answer: one transaction, an answer that may be asked for again, then the bytes."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import orjson
from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.types import Receive, Scope, Send

from app.api.auth import Needed, admit_writer
from app.api.bodies import check_media_type, read_body
from app.api.negotiation import negotiate
from app.api.preferences import edit_comment, refuse_query, repeatable, wants_minimal
from app.api.routing import Headers, send_bytes, send_empty
from app.api.turns import Turns
from app.settings import Settings
from app.store.engine import Database
from app.values.strict_json import Parsed, parse_json, parse_with_faults
from app.verbs import idempotency
from app.verbs.idempotency import Answer, Request
from app.verbs.keys import Key
from app.verbs.passages import Findings
from app.verbs.writing import Edit

JSON: Final = "application/json"
JSON_ONLY: Final = {"json": JSON}
_LARGE: Final = 8_192
"""How many bytes a body has at the most that is read in the event loop."""

LARGE_AT_ONCE: Final = 2
"""How many large bodies are parsed, or applied to records, at the same time."""

FEW_BYTES: Final = 65_536
"""More than enough for a body that says no more than what is to be done with which record."""

T = TypeVar("T")
Work = Callable[[Connection, Edit], Answer]


@dataclass(frozen=True, slots=True)
class Asked:
    """A writing request that may be: who asks, and what was sent."""

    key: Key
    media_type: str
    body: bytes

    @property
    def is_large(self) -> bool:
        """Whether its body is read in a thread, so that others need not wait for it."""
        return len(self.body) > _LARGE


@dataclass(frozen=True, slots=True)
class Writer:
    """What the writing operations share."""

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
        needed: Needed = "write",
        most_bytes: int | None = None,
    ) -> Asked:
        """Check all that can be checked of a request before its body means anything.

        `accepted` are the media types of its body; none where it has none that matters.

        Raises:
            Unauthorized, Forbidden, NotAcceptable, UnsupportedMediaType, TooLarge, BadRequest.
        """
        key = await admit_writer(self.app, scope, needed)
        refuse_query(scope)
        negotiate(scope, JSON_ONLY)
        media_type = check_media_type(scope, accepted) if accepted else ""
        limit = min(self.settings.max_body_bytes, most_bytes or self.settings.max_body_bytes)
        return Asked(key, media_type, await read_body(scope, receive, limit, str(key.pk)))

    async def parsed(self, asked: Asked) -> Any:
        """Parse the body of a request; raises as `parse_json` does."""
        return await self._in_its_place(parse_json, asked)

    async def parsed_with_faults(self, asked: Asked) -> Parsed:
        """Parse the body of a request; raises as `parse_with_faults` does."""
        return await self._in_its_place(parse_with_faults, asked)

    async def _in_its_place(self, parse: Callable[[bytes], T], asked: Asked) -> T:
        return await self.work(lambda: parse(asked.body), large=asked.is_large)

    async def work(self, work: Callable[[], T], *, large: bool) -> T:
        """Do blocking work: in the event loop, or in a thread for what a large body says, a few at a time.

        Threads that parse take the interpreter from one another and from the event loop, so that more of them would
        finish none of their bodies sooner, and have all other clients wait.
        """
        if not large:
            return work()
        async with self.large_bodies:
            return await self.db.in_thread(work)

    async def earlier(self, scope: Scope, asked: Asked) -> Answer | None:
        """Give what was answered when the request was first made, where it says that it may be repeated."""
        request = repeatable(scope, asked.key.pk, asked.body)
        if request is None:
            return None
        hours = self.settings.idempotency_hours
        return await self.db.decide(lambda reading: idempotency.replay(reading, request, hours), single=True)

    async def commit(
        self, scope: Scope, send: Send, asked: Asked, work: Work, findings: Findings | None = None
    ) -> None:
        """Do the work in one transaction, keep its answer there where it may be asked for again, and send it."""
        edit = Edit(asked.key.label, edit_comment(scope), findings=findings)
        request = repeatable(scope, asked.key.pk, asked.body)
        minimal = wants_minimal(scope)

        def once(tx: Connection) -> Answer:
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
            answer = await self.db.write(once)
        await send_answer(send, answer)


@contextmanager
def _alone(held: set[tuple[int, str]], request: Request | None) -> Iterator[None]:
    """Hold the key of a request that may be repeated while this process answers it.

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


def _without_body(answer: Answer) -> Answer:
    if not answer.body:
        return answer
    status = 204 if answer.status == 200 else answer.status
    headers = tuple(header for header in answer.headers if header[0] != "content-type")
    return replace(
        answer, status=status, body=b"", headers=(*headers, ("preference-applied", "return=minimal"))
    )


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer, marked where it was given before."""
    headers: Headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in answer.headers]
    if answer.replayed:
        headers.append((idempotency.HEADER.lower().encode(), b"true"))
    headers.append((b"cache-control", b"no-store"))
    if answer.status == 204:
        await send_empty(send, 204, headers)
    else:
        await send_bytes(send, answer.status, headers, answer.body)


def json_answer(
    document: Any, status: int = 200, *headers: tuple[str, str], record: int | None = None
) -> Answer:
    """Make an answer of a document."""
    return Answer(status, orjson.dumps(document), (("content-type", JSON), *headers), record)
