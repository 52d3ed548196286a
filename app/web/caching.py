"""The response cache: whole responses, valid as long as the database version stays the same."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.database.engine.database import Database
from app.settings import Settings
from app.web.accept_encoding import accepted_codings, encoded_tag, held_tag
from app.web.content_codings import IDENTITY, encode
from app.web.headers import header
from app.web.responses import JSON_HEADERS, Headers, send_empty

_OVERHEAD: Final = 600
"""The memory of an entry besides its body and its key, about, in bytes."""

CacheKey = tuple[str, bytes, str, str]
"""Path, query string, format and content coding."""


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A whole response with the database version that it was made from.

    Attributes:
        version: that version.
        etag: the entity tag of what it says, in no coding.
        headers: Content-Type first.
        body: in its coding.
        coding: the content coding.
    """

    version: str
    etag: bytes
    headers: Headers
    body: bytes
    coding: str = IDENTITY

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send_cached(scope, send, self)


def _size(key: CacheKey, answer: CachedResponse) -> int:
    headers = sum(len(name) + len(value) for name, value in answer.headers)
    return len(answer.body) + headers + sum(map(len, key)) + _OVERHEAD


class ResponseCache:
    """An LRU cache bounded in bytes.

    A request has one response for each version, up to a number of them: servers that are at one version share a
    response, and those that are at different ones do not push out each other's.
    """

    def __init__(self, most_bytes: int, versions: int = 1) -> None:
        """Keep responses of `most_bytes` together, none where it is 0, and of one request those of so many `versions`."""
        self._most = most_bytes
        self._versions = versions
        self._bytes = 0
        self._answers: OrderedDict[CacheKey, tuple[CachedResponse, ...]] = OrderedDict()

    def __contains__(self, key: CacheKey) -> bool:
        """Return whether there is a response cached for a request, of any version."""
        return key in self._answers

    def get(self, key: CacheKey, version: str) -> CachedResponse | None:
        """Return the response cached for a request that is of a version."""
        for answer in self._answers.get(key, ()):
            if answer.version == version:
                self._answers.move_to_end(key)
                return answer
        return None

    def put(self, key: CacheKey, answer: CachedResponse) -> None:
        """Cache a response, unless it is larger than a sixteenth of the cache."""
        if not self._most:
            return
        size = _size(key, answer)
        if size > self._most // 16:
            return
        old = self._answers.pop(key, ())
        others = [one for one in old if one.version != answer.version]
        kept = (*others[max(0, len(others) - self._versions + 1) :], answer)
        self._answers[key] = kept
        self._bytes += sum(_size(key, one) for one in kept) - sum(_size(key, one) for one in old)
        while self._bytes > self._most:
            gone, answers = self._answers.popitem(last=False)
            self._bytes -= sum(_size(gone, one) for one in answers)


def cache_of(app: FastAPI, settings: Settings) -> ResponseCache:
    """Return the cache that all operations of an application share."""
    cache: ResponseCache | None = getattr(app.state, "answers", None)
    if cache is None:
        servers = len(settings.read_database_url) + 1
        cache = app.state.answers = ResponseCache(settings.answer_cache_bytes, servers)
    return cache


def cache_key(scope: Scope, variant: str) -> CacheKey:
    """Return the cache key of a response: everything in the request that it depends on.

    `variant` is its format.
    """
    return scope["path"], scope["query_string"], variant, accepted_codings(scope).preferred


def version_etag(version: str, key: CacheKey) -> bytes:
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
    wanted = header(scope, b"if-none-match") if by_version else b""
    if not wanted and not key[3] and key not in cache:
        return None
    version = await db.version()
    kept = cache.get(key, version)
    if kept is not None:
        return kept
    plain = cache.get((*key[:3], IDENTITY), version) if key[3] else None
    if plain is not None:
        return await keep_encoded(cache, scope, key, plain)
    etag = version_etag(version, key)
    if wanted and held_tag(scope, etag, star=False) is not None:
        return CachedResponse(version, etag, JSON_HEADERS, b"")
    return None


async def keep_encoded(
    cache: ResponseCache, scope: Scope, key: CacheKey, plain: CachedResponse
) -> CachedResponse:
    """Return a response in the content coding of a request, which is kept; as it is where that is better, or not needed."""
    held = held_tag(scope, plain.etag, star=False)
    made = plain if held is not None else await encoded(plain, _coding_for(scope, plain))
    cache.put((*key[:3], made.coding), made)
    return made


def _coding_for(scope: Scope, made: CachedResponse) -> str:
    return made.coding or accepted_codings(scope).coding_for(made.headers[0][1], len(made.body))


async def encoded(made: CachedResponse, coding: str) -> CachedResponse:
    """Return a response in a content coding; as it is where it is in that."""
    return (
        made if coding == made.coding else replace(made, body=await encode(coding, made.body), coding=coding)
    )


async def send_cached(scope: Scope, send: Send, made: CachedResponse) -> None:
    """Send a response, or 304 where the client has it already."""
    coding = _coding_for(scope, made)
    held = held_tag(scope, made.etag, coding)
    if held is not None:
        await send_empty(send, 304, [(b"etag", held), *made.headers[1:]])
        return
    sent = await encoded(made, coding)
    headers = [
        (b"etag", encoded_tag(sent.etag, coding)),
        (b"content-length", b"%d" % len(sent.body)),
        *sent.headers,
    ]
    if coding:
        headers.append((b"content-encoding", coding.encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": sent.body if scope["method"] != "HEAD" else b""})
