"""What endpoints are given beside their parameters: `Annotated` aliases for their signatures.

Each is provided by an asynchronous function of the request alone, so that every class of route can call it.
"""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.types import Scope

from app.database.api_keys import ApiKey
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.settings import Settings
from app.web.auth import authenticate, authenticate_writer
from app.web.headers import negotiate
from app.web.preconditions import Preconditions, read_preconditions

FORMAT_NAME: Final = "annals.format"
"""Where a route puts the name of the format that it has chosen, in the scope."""

READ_CONNECTION: Final = "annals.read_connection"
"""Where `CachedRoute` puts the state that its answer is made from, in the scope."""


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


async def get_request(request: Request) -> Request:
    """Give the request as it came, for what reads its body itself."""
    return request


async def get_preconditions(request: Request) -> Preconditions:
    """Give the preconditions of a write.

    Raises:
        BadRequest: one of them is malformed.
    """
    return read_preconditions(request.scope)


async def get_database(request: Request) -> Database:
    """Give the database of the application."""
    database: Database = request.app.state.db
    return database


async def get_read_connection(request: Request) -> ReadConnection:
    """Give the one state of the database that an answer of a `CachedRoute` is made from."""
    connection: ReadConnection = request.scope[READ_CONNECTION]
    return connection


async def get_settings(request: Request) -> Settings:
    """Give the settings of the application."""
    settings: Settings = request.app.state.settings
    return settings


async def get_wake_background(request: Request) -> Callable[[], None]:
    """Give what starts a round of background tasks now, for what leaves some of its work to them."""
    woken: asyncio.Event | None = getattr(request.app.state, "upkeep", None)
    return woken.set if woken is not None else _nothing


def _nothing() -> None:
    """Stand where no background tasks run."""


class Negotiated:
    """Has a route choose the format of a response, by `format`, else by `Accept`, and provides its name."""

    def __init__(self, formats: Mapping[str, str], missing: Mapping[str, str] = MappingProxyType({})) -> None:
        """Choose among formats, as `negotiate` takes them."""
        self.formats = formats
        self.missing = missing

    async def __call__(self, request: Request) -> str:
        """Give the name of the format that the route has chosen."""
        name: str = request.scope[FORMAT_NAME]
        return name

    def choose(self, scope: Scope) -> str:
        """Choose a format, and give its name.

        Raises:
            NotAcceptable: none of the formats is asked for.
        """
        return negotiate(scope, self.formats, self.missing)


Db = Annotated[Database, Depends(get_database)]
Snapshot = Annotated[ReadConnection, Depends(get_read_connection)]
ServiceSettings = Annotated[Settings, Depends(get_settings)]
RawRequest = Annotated[Request, Depends(get_request)]
WakeBackground = Annotated[Callable[[], None], Depends(get_wake_background)]
Conditions = Annotated[Preconditions, Depends(get_preconditions)]
WriterKey = Annotated[ApiKey, Depends(write_access)]
Principal = Annotated[ApiKey | None, Depends(read_access)]
