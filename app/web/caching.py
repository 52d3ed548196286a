"""The response cache: whole responses, valid as long as the database version stays the same."""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.database.engine.database import Database
from app.settings import Settings
from app.web.headers import header, matches, names
from app.web.responses import JSON_HEADERS, Headers, send_empty

_OVERHEAD: Final = 600
"""The memory of an entry besides its body and its key, about, in bytes."""

CacheKey = tuple[str, bytes, str]
"""Path, query string and format."""


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A whole response with the database version that it was made from."""

    version: str
    etag: bytes
    headers: Headers
    body: bytes

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send_cached(scope, send, self)


def _size(key: CacheKey, answer: CachedResponse) -> int:
    headers = sum(len(name) + len(value) for name, value in answer.headers)
    return len(answer.body) + headers + sum(map(len, key)) + _OVERHEAD


class ResponseCache:
    """An LRU cache bounded in bytes."""

    def __init__(self, most_bytes: int) -> None:
        """Keep responses of `most_bytes` together; none where it is 0."""
        self._most = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[CacheKey, CachedResponse] = OrderedDict()

    def get(self, key: CacheKey) -> CachedResponse | None:
        """Return the response cached for a request, whatever its version; the caller compares that."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def put(self, key: CacheKey, answer: CachedResponse) -> None:
        """Cache a response, unless it is larger than a sixteenth of the cache."""
        if not self._most:
            return
        size = _size(key, answer)
        if size > self._most // 16:
            return
        old = self._answers.pop(key, None)
        if old is not None:
            self._bytes -= _size(key, old)
        self._answers[key] = answer
        self._bytes += size
        while self._bytes > self._most:
            gone = self._answers.popitem(last=False)
            self._bytes -= _size(*gone)


def cache_of(app: FastAPI, settings: Settings) -> ResponseCache:
    """Return the cache that all operations of an application share."""
    cache: ResponseCache | None = getattr(app.state, "answers", None)
    if cache is None:
        cache = app.state.answers = ResponseCache(settings.answer_cache_bytes)
    return cache


def cache_key(scope: Scope, variant: str) -> CacheKey:
    """Return the cache key of a response: everything in the request that it depends on.

    `variant` is its format.
    """
    return scope["path"], scope["query_string"], variant


def version_etag(version: str, key: tuple[str, bytes, str]) -> bytes:
    """Return the strong entity tag of a list: the database version, and the request."""
    asked = blake2b(b"\0".join((key[0].encode(), key[1], key[2].encode())), digest_size=6)
    return f'"{version}-{asked.hexdigest()}"'.encode()


async def find_cached(
    db: Database, cache: ResponseCache, scope: Scope, key: CacheKey, *, by_version: bool = True
) -> CachedResponse | None:
    """Return the cached response, if it is of the present version of the database.

    Where its entity tag is that of the version (`by_version`) and the client has it already, it is returned without its
    body: `send_cached` sends 304.
    """
    kept, wanted = cache.get(key), header(scope, b"if-none-match") if by_version else b""
    if kept is None and not wanted:
        return None
    version = await db.version()
    if kept is not None and kept.version == version:
        return kept
    etag = version_etag(version, key)
    return CachedResponse(version, etag, JSON_HEADERS, b"") if wanted and names(wanted, etag) else None


async def send_cached(scope: Scope, send: Send, made: CachedResponse) -> None:
    """Send a response, or 304 where the client has it already."""
    wanted = header(scope, b"if-none-match")
    if wanted and matches(wanted, made.etag):
        await send_empty(send, 304, [(b"etag", made.etag), *made.headers[1:]])
        return
    body = made.body if scope["method"] != "HEAD" else b""
    headers = [(b"etag", made.etag), (b"content-length", b"%d" % len(made.body)), *made.headers]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
