"""Idempotency keys: the response is stored in the transaction of its write, and sent again for the same key.

A killed worker leaves nothing half done: either the write and its response are there, or neither is. On
Postgres an advisory lock shows that another worker is processing the same key; on SQLite there is one
writer, and the second finds the stored response. A request that fails changes nothing and stores nothing:
repeated, it is tried anew.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, Self, TypeVar

import orjson
from sqlalchemy import Connection, bindparam, delete, select, tuple_
from starlette.types import Receive, Scope, Send

from app.database import tables
from app.database.engine import raw_sql as direct
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.index.insert_rows import insert_rows
from app.errors import Conflict, InvalidDocument
from app.values.timestamps import now
from app.web.headers import JSON_MEDIA_TYPE
from app.web.responses import Headers, send_bytes, send_empty

T = TypeVar("T")
HEADER: Final = "Idempotency-Replayed"
_HOUR: Final = 3_600_000_000
_BATCH: Final = 500
_kept = tables.idempotency.c

_LOCK: Final = "SELECT pg_try_advisory_xact_lock(%s::bigint)"
FIND = CompiledStatement(
    select(_kept.request, _kept.status, _kept.headers, _kept.body, _kept.at).where(
        _kept.api_key == bindparam("api_key"), _kept.key == bindparam("key")
    )
)


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """What identifies a request: the client, its key, and a digest of all that was sent."""

    api_key: int
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class StoredResponse(Generic[T]):
    """The response to a write, to be stored or replayed; `T` is what its body holds.

    Attributes:
        record: the key of the record whose document it holds.
        replayed: whether it was stored by an earlier request.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    record: int | None = None
    replayed: bool = False

    @classmethod
    def json(cls, value: T, status: int = 200, *headers: tuple[str, str]) -> Self:
        """Make a response of a value."""
        return cls.of_json(orjson.dumps(value), status, *headers)

    @classmethod
    def of_json(
        cls, body: bytes, status: int = 200, *headers: tuple[str, str], record: int | None = None
    ) -> Self:
        """Make a response of JSON that holds such a value already."""
        return cls(status, body, (("content-type", JSON_MEDIA_TYPE), *headers), record)

    def without_body(self) -> Self:
        """Give what is sent in its place to a client that prefers `return=minimal`."""
        if not self.body:
            return self
        status = 204 if self.status == 200 else self.status
        kept = tuple(header for header in self.headers if header[0] != "content-type")
        applied = ("preference-applied", "return=minimal")
        return replace(self, status=status, body=b"", headers=(*kept, applied))

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it, marked where it is replayed."""
        headers: Headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in self.headers]
        if self.replayed:
            headers.append((HEADER.lower().encode(), b"true"))
        headers.append((b"cache-control", b"no-store"))
        if self.status == 204:
            await send_empty(send, 204, headers)
        else:
            await send_bytes(send, self.status, headers, self.body)


def in_flight() -> Conflict:
    """Make the error for a key whose first request is not answered yet."""
    return Conflict(
        "The first request with this Idempotency-Key is still being answered; repeat this one in a moment.",
        code="in_flight",
        headers={"Retry-After": "1"},
    )


async def replay(db: ReadConnection, request: IdempotentRequest, hours: int) -> StoredResponse[Any] | None:
    """Return the stored response to a request, if there is one; a quick check before any work.

    Raises:
        InvalidDocument: the key stood for another request.
    """
    return _answer(await db.fetch(FIND, {"api_key": request.api_key, "key": request.key}), request, hours)


def begin(tx: Connection, request: IdempotentRequest, hours: int) -> StoredResponse[Any] | None:
    """Return the stored response to a request, if there is one; else lock its key until the transaction ends.

    Raises:
        Conflict: the same key is being answered by another worker.
        InvalidDocument: the key stood for another request.
    """
    asked = [FIND.on(tx, {"api_key": request.api_key, "key": request.key})]
    if tx.dialect.name == "postgresql":
        number = hashlib.blake2b(f"{request.api_key}/{request.key}".encode(), digest_size=8).digest()
        # Sent together, but a statement of its own: what others committed before they let go of the lock is seen by the next.
        asked.insert(0, (_LOCK, (int.from_bytes(number, "big", signed=True),)))
    *locked, found = direct.fetch_together(tx, asked)
    if any(not held for [(held,)] in locked):
        raise in_flight()
    answer = _answer(found, request, hours)
    if found and answer is None:
        tx.execute(
            delete(tables.idempotency).where(_kept.api_key == request.api_key, _kept.key == request.key)
        )
    return answer


def keep(tx: Connection, request: IdempotentRequest, answer: StoredResponse[Any]) -> None:
    """Store the response to a request."""
    insert_rows(
        tx,
        tables.idempotency,
        [
            (
                request.api_key,
                request.key,
                request.digest,
                answer.status,
                orjson.dumps(answer.headers).decode(),
                answer.body,
                answer.record,
                now(),
            )
        ],
    )


def sweep(tx: Connection, hours: int) -> int:
    """Delete a batch of responses older than that; returns how many, 0 when none are left."""
    old = select(_kept.api_key, _kept.key).where(_kept.at < now() - hours * _HOUR).limit(_BATCH)
    return tx.execute(delete(tables.idempotency).where(tuple_(_kept.api_key, _kept.key).in_(old))).rowcount


def _answer(
    found: Sequence[Sequence[Any]], request: IdempotentRequest, hours: int
) -> StoredResponse[Any] | None:
    if not found:
        return None
    digest, status, headers, body, at = found[0]
    if at < now() - hours * _HOUR:
        return None
    if bytes(digest) != request.digest:
        raise InvalidDocument(
            "This Idempotency-Key was used for another request; use a new key.", code="key_reused"
        )
    pairs = tuple((name, value) for name, value in orjson.loads(headers))
    return StoredResponse(status, bytes(body), pairs, replayed=True)
