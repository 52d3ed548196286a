"""What questions to all kinds share: the answer kept by the database's version, entity tags and 304."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Self

import orjson
from fastapi import FastAPI
from starlette.types import Scope, Send

from app.api.answers import Answer, AnswerCache, Key, cache_of
from app.api.auth import admit
from app.api.negotiation import negotiate
from app.api.paging import answer, list_etag
from app.api.requests import header, names
from app.api.routing import Headers, send_empty
from app.errors import BadRequest
from app.queries.condition import Values
from app.settings import Settings
from app.store.engine import Database
from app.store.reading import Reading

JSON_ONLY: Final = {"json": "application/json"}
_HEADERS: Final[Headers] = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-cache"),
    (b"vary", b"Accept"),
]

Made = tuple[bytes, Headers]
"""The body of an answer, and further headers."""


@dataclass(frozen=True, slots=True)
class Across:
    """What the operations across all kinds are answered with."""

    app: FastAPI
    settings: Settings
    cache: AnswerCache

    @classmethod
    def of(cls, app: FastAPI, settings: Settings) -> Self:
        """Give what an application's operations share."""
        return cls(app, settings, cache_of(app, settings))

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def reply(self, scope: Scope, send: Send, make: Callable[[Reading], Awaitable[Made]]) -> None:
        """Answer from what is kept, with 304, or with what `make` gives of one state of the database."""
        if not self.settings.public_reads:
            await admit(self.app, scope, "read")
        key = (scope["path"], scope["query_string"], negotiate(scope, JSON_ONLY))
        kept, wanted = self.cache.get(key), header(scope, b"if-none-match")
        if kept is not None or wanted:
            version = await self.db.version()
            if kept is not None and kept.version == version:
                await answer(scope, send, kept)
                return
            etag = list_etag(version, key)
            if wanted and names(wanted, etag):
                await send_empty(send, 304, [(b"etag", etag), *_HEADERS[1:]])
                return
        await answer(scope, send, await self._made(key, make))

    async def _made(self, key: Key, make: Callable[[Reading], Awaitable[Made]]) -> Answer:
        async def read(reading: Reading) -> Answer:
            version = await reading.version()
            body, more = await make(reading)
            return Answer(version, list_etag(version, key), [*_HEADERS, *more], body)

        made = await self.db.answer(read)
        self.cache.put(key, made)
        return made


def refuse_faults(values: Values) -> None:
    """Raise everything that was found wrong with a query.

    Raises:
        BadRequest: with all the faults, where there are any.
    """
    if values.faults:
        raise BadRequest(
            "The query cannot be answered as it stands.", code="invalid_query", faults=values.faults
        )


def body_of(items: object, **more: object) -> bytes:
    """Write an answer of items."""
    return orjson.dumps({"items": items, **more})
