"""What endpoints are given beside their parameters: `Annotated` aliases for their signatures.

Each is provided by an asynchronous function of the request alone, so that every class of route can call it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.types import Scope

from app.database.api_keys import ApiKey
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.settings import Settings
from app.web.auth import authenticate
from app.web.headers import negotiate

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


class Negotiated:
    """Provides the name of the format of an answer, by `format`, else by `Accept`."""

    def __init__(self, formats: Mapping[str, str], missing: Mapping[str, str] = MappingProxyType({})) -> None:
        """Choose among formats, as `negotiate` takes them."""
        self.formats = formats
        self.missing = missing

    async def __call__(self, request: Request) -> str:
        """Give the name of the format.

        Raises:
            NotAcceptable: none of the formats is asked for.
        """
        return self.choose(request.scope)

    def choose(self, scope: Scope) -> str:
        """Do as a call does; what calls it directly saves a few microseconds."""
        return negotiate(scope, self.formats, self.missing)


Db = Annotated[Database, Depends(get_database)]
Snapshot = Annotated[ReadConnection, Depends(get_read_connection)]
ServiceSettings = Annotated[Settings, Depends(get_settings)]
Principal = Annotated[ApiKey | None, Depends(read_access)]
