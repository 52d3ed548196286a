"""Which state of the database a request is answered from: what it asks for, and what it is told.

`Annals-Version` names the state that a response was made from, or one that has what was written. A read that sends it as
`Annals-Min-Version` is answered from that state or a later one, and with `Prefer: consistency=latest` (RFC 7240) from
the primary. Where replicas answer reads, a client, which is a key or an address, is never answered from an older state
than before, nor from one without what it has written.

A response that reads no record has no version: health, documentation, and problems before anything was read.
"""

import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from starlette.types import Scope

from app.database.engine.database import Database
from app.database.engine.request_reads import RequestReads
from app.database.engine.versions import order_of
from app.errors import AnnalsError, BadRequest, DiskFull, Fault
from app.settings import Settings
from app.web.client_addresses import network_of
from app.web.headers import prefers
from app.web.metrics import count_answer_of_replica
from app.web.responses import Headers
from app.web.seen_versions import SeenVersions

VERSION: Final = "Annals-Version"
MIN_VERSION: Final = "Annals-Min-Version"

_VERSION: Final = re.compile(rb"[0-9]{1,16}(?:\.[0-9]{1,16})?-[0-9a-f]{1,64}")
_MAX_ORDER: Final = 2**63
_READING: Final = frozenset(("GET", "HEAD"))
_APPLIED: Final = (b"preference-applied", b"consistency=latest")

Identify = Callable[[Scope], Awaitable[str | None]]


class Consistency:
    """What holds for the requests of an application; `has_replicas` says whether any may be answered by one."""

    def __init__(self, settings: Settings, identify: Identify | None) -> None:
        """Apply the settings; `identify` returns which valid key a request has."""
        self.has_replicas = bool(settings.read_database_url)
        self._identify = identify
        self._seen = SeenVersions.of_environment() if self.has_replicas else None

    async def begin(self, scope: Scope, reads: RequestReads) -> None:
        """Decide what a request may be answered from, before anything is read.

        Raises:
            BadRequest: `Annals-Min-Version` is no version.
        """
        if scope["method"] not in _READING:
            return
        for name, value in scope["headers"]:
            if name == b"annals-min-version":
                reads.least = max(reads.least, _order_asked_for(value))
            elif name == b"prefer" and b"consistency" in value.lower():
                reads.on_primary = reads.is_latest = prefers(scope, b"consistency", b"latest")
        if self._seen is None:
            return
        reads.client = await self._client(scope)
        reads.seen = self._seen.of(reads.client)
        database: Database = scope["app"].state.db
        if reads.least and database.replicas is not None:
            await database.replicas.wait(reads)

    def headers(self, reads: RequestReads) -> Headers:
        """Return the headers that tell what a response was made from."""
        if reads.version is None:
            return []
        headers: Headers = [(b"annals-version", reads.version.encode())]
        if reads.is_latest:
            headers.append(_APPLIED)
        if self._seen is not None:
            self.note(reads)
            if reads.replica is not None:
                count_answer_of_replica(reads.replica)
            age = reads.age
            if age is not None:
                headers.append((b"age", b"%d" % age))
        return headers

    def note(self, reads: RequestReads) -> None:
        """Record what a client was answered from."""
        if self._seen is not None and reads.version is not None:
            self._seen.note(reads.client, order_of(reads.version))

    async def note_write(self, scope: Scope, reads: RequestReads, status: int) -> None:
        """Find the version that has what was written; where the database went away meanwhile, none is told.

        Whether the disk was full is kept for those who ask whether the service is ready (`app.state.disk_full_at`).
        """
        scope["app"].state.disk_full_at = time.monotonic() if status == DiskFull.status else None
        if status >= 500:
            return
        database: Database = scope["app"].state.db
        if reads.written is not None:
            # What was read beside it, and is answered as well, may be of a later state.
            reads.version = max(reads.written, reads.version or reads.written, key=order_of)
        else:
            with suppress(AnnalsError):
                reads.version = await database.newest_version()
        if self._seen is not None and reads.version is not None:
            order = order_of(reads.version)
            reads.client = await self._client(scope)
            # Whoever has written with a key may read without.
            for client in (reads.client, _number(_address(scope))):
                self._seen.note(client, order)

    async def _client(self, scope: Scope) -> int:
        key = await self._identify(scope) if self._identify is not None else None
        return _number(_address(scope) if key is None else f"key {key}")


def _order_asked_for(asked: bytes) -> int:
    """Return the order of the version in `Annals-Min-Version`.

    Raises:
        BadRequest: it is none.
    """
    if _VERSION.fullmatch(asked):
        with suppress(ValueError):
            order = order_of(asked.decode())
            if order < _MAX_ORDER:
                return order
    raise BadRequest(
        f"{MIN_VERSION} is no version.",
        faults=[
            Fault("malformed_header", f"Send what an answer had in {VERSION}, once.", header=MIN_VERSION)
        ],
    )


def _address(scope: Scope) -> str:
    client: tuple[str, int] | None = scope.get("client")
    return f"address {network_of(client[0] if client else '')}"


@lru_cache(maxsize=4096)
def _number(name: str) -> int:
    """Return a number of 64 bits for a client, which is the same in every worker."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
