"""Authentication and scopes: `Authorization: Bearer …` (RFC 6750)."""

from typing import Final, Literal

from fastapi import FastAPI
from starlette.types import Scope

from app.database.api_keys import ApiKey, KeyCache
from app.errors import AnnalsError, BadRequest, Fault, Forbidden, Unauthorized

KeyScope = Literal["read", "write", "admin"]

SECURITY: Final = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "annals_…",
        "description": (
            "A key made with `annals keys create`. Scopes: `read`, `write` (includes `read`), `admin` (includes both)."
        ),
    }
}
"""For `components.securitySchemes` of the OpenAPI document."""

_FOUND: Final = "annals.key"
"""Where the key that a request has is kept once it was looked up, in the scope."""

CHALLENGE: Final = 'Bearer realm="annals"'
"""The value of `WWW-Authenticate` where a key is needed."""


def key_cache(app: FastAPI) -> KeyCache:
    """Return this process's cache of keys."""
    known: KeyCache | None = getattr(app.state, "keyring", None)
    if known is None or known.db is not app.state.db:
        known = app.state.keyring = KeyCache(app.state.db)
    return known


def missing_key() -> Unauthorized:
    """Make the error for a request without a key where one is needed."""
    return Unauthorized(
        "This needs a key: send Authorization: Bearer, then the key.",
        headers={"WWW-Authenticate": CHALLENGE},
    )


async def authenticate(app: FastAPI, scope: Scope, needed: KeyScope) -> ApiKey | None:
    """Admit a request with the scope `needed`; returns its key, None for an open read without one.

    Raises:
        Unauthorized: there is no key where one is needed, or one that is mistyped, unknown, revoked or
            expired (also where none would have been needed: the client means to be someone).
        Forbidden: the key lacks the scope.
        BadRequest: the header is there more than once.
    """
    key = await find_key(app, scope)
    if key is None:
        if needed == "read" and app.state.settings.public_reads:
            return None
        raise missing_key()
    if not key.allows(needed):
        raise Forbidden(
            f"The key lacks the scope {needed}.",
            code="missing_scope",
            headers={"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{needed}"'},
            extra={"scope": needed},
        )
    return key


async def authenticate_writer(app: FastAPI, scope: Scope, needed: KeyScope = "write") -> ApiKey:
    """Admit a request that changes something; raises as `authenticate` does."""
    key = await authenticate(app, scope, needed)
    if key is None:  # only an open read needs no key
        raise missing_key()
    return key


async def find_key(app: FastAPI, scope: Scope) -> ApiKey | None:
    """Return the key that a request has, None where it has none; it is looked up once for each request.

    Raises:
        Unauthorized: it is mistyped, unknown, revoked or expired, or no key.
        BadRequest: the header is there more than once.
    """
    found: ApiKey | None
    if _FOUND in scope:
        found = scope[_FOUND]
        return found
    token = _token(scope)
    if token is None:
        scope[_FOUND] = None
        return None
    found = await key_cache(app).find(token)
    if found is None:
        raise Unauthorized(
            "The key is mistyped, unknown, revoked or expired. Leave Authorization out to read without a key, where "
            "that is open to all.",
            code="invalid_key",
            headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'},
        )
    scope[_FOUND] = found
    return found


async def check_credential(scope: Scope) -> None:
    """Refuse a request whose credential is bad, whatever it asks for; raises as `find_key` does."""
    await find_key(scope["app"], scope)


async def rate_limit_identity(scope: Scope) -> str | None:
    """Return which valid key a request has, for its rate limit; an invalid one is reported later."""
    try:
        key = await find_key(scope["app"], scope)
    except AnnalsError:
        return None
    return None if key is None else str(key.pk)


def _token(scope: Scope) -> str | None:
    given: list[bytes] = [value for name, value in scope["headers"] if name == b"authorization"]
    if not given:
        return None
    if len(given) > 1:
        fault = Fault("repeated_header", "Send this once.", header="Authorization")
        raise BadRequest("Authorization is there more than once.", faults=[fault])
    value: str = given[0].decode("latin-1")
    scheme, _, token = value.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized(
            "Use the scheme Bearer.",
            code="invalid_key",
            headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_request"'},
        )
    return token.strip()
