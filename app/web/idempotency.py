"""Idempotency keys: the response is stored in the transaction of its write, and sent again for the same key.

A killed worker leaves nothing half done: either the write and its response are there, or neither is. On
Postgres an advisory lock shows that another worker is processing the same key; on SQLite there is one
writer, and the second finds the stored response. A request that fails changes nothing and stores nothing:
repeated, it is tried anew.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, delete, select, text, tuple_

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.index import rows
from app.errors import Conflict, InvalidDocument
from app.values.timestamps import now

HEADER: Final = "Idempotency-Replayed"
_HOUR: Final = 3_600_000_000
_BATCH: Final = 500
_kept = tables.idempotency.c

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
class StoredResponse:
    """The response to a write, to be stored or replayed."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    record: int | None = None
    replayed: bool = False


def in_flight() -> Conflict:
    """Make the error for a key whose first request is not answered yet."""
    return Conflict(
        "The first request with this Idempotency-Key is still being answered; repeat this one in a moment.",
        code="in_flight",
        headers={"Retry-After": "1"},
    )


async def replay(db: ReadConnection, request: IdempotentRequest, hours: int) -> StoredResponse | None:
    """Return the stored response to a request, if there is one; a quick check before any work.

    Raises:
        InvalidDocument: the key stood for another request.
    """
    return _answer(await db.fetch(FIND, {"api_key": request.api_key, "key": request.key}), request, hours)


def begin(tx: Connection, request: IdempotentRequest, hours: int) -> StoredResponse | None:
    """Return the stored response to a request, if there is one; else lock its key until the transaction ends.

    Raises:
        Conflict: the same key is being answered by another worker.
        InvalidDocument: the key stood for another request.
    """
    if tx.dialect.name == "postgresql":
        number = hashlib.blake2b(f"{request.api_key}/{request.key}".encode(), digest_size=8).digest()
        held = tx.execute(
            text("SELECT pg_try_advisory_xact_lock(:number)"),
            {"number": int.from_bytes(number, "big", signed=True)},
        ).scalar_one()
        if not held:
            raise in_flight()
    found = FIND.rows(tx, {"api_key": request.api_key, "key": request.key})
    answer = _answer(found, request, hours)
    if found and answer is None:
        tx.execute(
            delete(tables.idempotency).where(_kept.api_key == request.api_key, _kept.key == request.key)
        )
    return answer


def keep(tx: Connection, request: IdempotentRequest, answer: StoredResponse) -> None:
    """Store the response to a request."""
    rows.insert_rows(
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


def _answer(found: Sequence[Sequence[Any]], request: IdempotentRequest, hours: int) -> StoredResponse | None:
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
