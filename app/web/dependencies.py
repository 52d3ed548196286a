"""What endpoints are given beside their parameters: `Annotated` aliases for their signatures.

Each is provided by an asynchronous function of the request alone, so that every class of route can call it; most are
made of its scope alone (`FromScope`), which is faster.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Depends, Request
from starlette.types import Scope

from app.database.api_keys import ApiKey
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.settings import Settings
from app.web.auth import authenticate, authenticate_writer, find_key, key_cache, missing_key
from app.web.headers import JSON_FORMAT, negotiate
from app.web.preconditions import Preconditions, read_preconditions
from app.web.turns import Turns, verifying_turns

T = TypeVar("T")

FORMAT_NAME: Final = "annals.format"
"""Where a route puts the name of the format that it has chosen, in the scope."""

READ_CONNECTION: Final = "annals.read_connection"
"""Where `CachedRoute` puts the state that its answer is made from, in the scope."""


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The key of a request; `last_used_at` is a moment in microseconds since 1970, of which one a minute is kept."""

    key: ApiKey
    last_used_at: int | None


async def read_access(request: Request) -> ApiKey | None:
    """Let in who may read; gives their key, None where reads need none.

    Raises:
        Unauthorized: there is no key where one is needed, or a bad one.
        Forbidden: the key lacks the scope.
        BadRequest: there is more than one.
    """
    return await authenticate(request.app, request.scope, "read")


async def write_access(request: Request) -> ApiKey:
    """Let in who may write; gives their key.

    Raises:
        Unauthorized: there is no key, or a bad one.
        Forbidden: the key lacks the scope.
        BadRequest: there is more than one.
    """
    return await authenticate_writer(request.app, request.scope)


async def own_key(request: Request) -> OwnKey:
    """Give the key of a request, whatever its scopes, and when it was last used.

    Raises:
        Unauthorized: there is no key, or a bad one.
        BadRequest: there is more than one.
    """
    key = await find_key(request.app, request.scope)
    if key is None:
        raise missing_key()
    return OwnKey(key, key_cache(request.app).last_used(key))


async def get_request(request: Request) -> Request:
    """Give the request as it came, for what reads its body itself."""
    return request


def _wake_background(scope: Scope) -> Callable[[], None]:
    woken: asyncio.Event | None = getattr(scope["app"].state, "upkeep", None)
    return woken.set if woken is not None else _nothing


def _verifying_turns(scope: Scope) -> Turns:
    return verifying_turns(scope["app"], scope["app"].state.settings)


def _nothing() -> None:
    """Stand where no background tasks run."""


class FromScope(Generic[T]):
    """Provides what is made of the scope of a request alone, so that a `FastRoute` makes no request for it."""

    def __init__(self, provide: Callable[[Scope], T]) -> None:
        """Provide what a function gives."""
        self.provide = provide

    async def __call__(self, request: Request) -> T:
        """Give it, as FastAPI asks for it."""
        return self.provide(request.scope)


get_database: Final = FromScope[Database](lambda scope: scope["app"].state.db)
get_read_connection: Final = FromScope[ReadConnection](itemgetter(READ_CONNECTION))
get_settings: Final = FromScope[Settings](lambda scope: scope["app"].state.settings)
get_preconditions: Final = FromScope(read_preconditions)
get_preconditions_of_put: Final = FromScope(read_preconditions)


class Negotiated(FromScope[str]):
    """Has a route choose the format of a response, by `format`, else by `Accept`, and provides its name."""

    def __init__(
        self,
        formats: Mapping[str, str],
        missing: Mapping[str, str] = MappingProxyType({}),
        default: str = JSON_FORMAT,
    ) -> None:
        """Choose among formats, as `negotiate` takes them."""
        super().__init__(itemgetter(FORMAT_NAME))
        self.formats = formats
        self.missing = missing
        self.default = default

    def choose(self, scope: Scope) -> str:
        """Choose a format, and give its name.

        Raises:
            NotAcceptable: none of the formats is asked for.
        """
        return negotiate(scope, self.formats, self.missing, self.default)


Db = Annotated[Database, Depends(get_database)]
"""The database of the application."""

Snapshot = Annotated[ReadConnection, Depends(get_read_connection)]
"""The one state of the database that a response of a `CachedRoute` is made from."""

ServiceSettings = Annotated[Settings, Depends(get_settings)]
RequestScope = Annotated[Scope, Depends(FromScope[Scope](lambda scope: scope))]
"""The ASGI scope of the request."""

RawRequest = Annotated[Request, Depends(get_request)]
WakeBackground = Annotated[Callable[[], None], Depends(FromScope(_wake_background))]
"""Starts a round of background tasks now, for what leaves some of its work to them."""

VerifyingTurns = Annotated[Turns, Depends(FromScope(_verifying_turns))]
"""The turns of looking up phrases in long texts."""

Conditions = Annotated[Preconditions, Depends(get_preconditions)]
"""The preconditions of a write; `BadRequest` where one of them is malformed."""

ConditionsOfPut = Annotated[Preconditions, Depends(get_preconditions_of_put)]
"""Those of a write that also creates what is not there: `If-None-Match: *`."""

KeyOfRequest = Annotated[OwnKey, Depends(own_key)]
WriterKey = Annotated[ApiKey, Depends(write_access)]
Principal = Annotated[ApiKey | None, Depends(read_access)]
