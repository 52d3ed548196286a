"""Authentication and scopes: `Authorization: Bearer …` (RFC 6750).

Where reading needs a key, browsers may have it in a cookie for that (`app.web.key_cookie`).
"""

from typing import Final, Literal

from fastapi import FastAPI
from starlette.types import Scope

from app.database.api_keys import ApiKey, KeyCache
from app.errors import AnnalsError, BadRequest, Fault, Forbidden, Unauthorized
from app.web.key_cookie import key_in_cookie
from app.web.responses import Headers

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

_BY_COOKIE: Final = "annals.key_by_cookie"
"""Where it is kept, in the scope, whether the key that a request has came in a cookie."""

_READ_BY_COOKIE: Final[Headers] = [(b"cache-control", b"private"), (b"vary", b"Cookie")]
"""What no cache that others read from may keep, and no browser may show once the cookie is gone."""

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
    if token is None and has_key_in_cookie(app, scope):
        token = key_in_cookie(scope)
    if token is None:
        scope[_FOUND] = None
        return None
    found = await key_cache(app).find(token)
    if found is None:
        raise _invalid_key(by_cookie=scope.get(_BY_COOKIE, False))
    scope[_FOUND] = found
    return found


def has_key_in_cookie(app: FastAPI, scope: Scope) -> bool:
    """Return whether a request has its key, a good one or not, in a cookie.

    The cookie counts where reading needs a key, and where there is no `Authorization`.
    """
    found: bool | None = scope.get(_BY_COOKIE)
    if found is None:
        closed = not app.state.settings.public_reads
        found = scope[_BY_COOKIE] = (
            closed
            and all(name != b"authorization" for name, _ in scope["headers"])
            and key_in_cookie(scope) is not None
        )
    return found


async def key_of_cookie(app: FastAPI, scope: Scope) -> ApiKey | None:
    """Return the key that a request has in a cookie; None where it has none, or one that is no good."""
    if not has_key_in_cookie(app, scope):
        return None
    try:
        return await find_key(app, scope)
    except Unauthorized:
        return None


def signed_in_with(scope: Scope) -> ApiKey | None:
    """Return the good key in the cookie of a request that was let in by it; None for any other."""
    key: ApiKey | None = scope.get(_FOUND)
    return key if scope.get(_BY_COOKIE) else None


def _invalid_key(*, by_cookie: bool) -> Unauthorized:
    remedy = (
        "Sign in again at /explore/sign-in."
        if by_cookie
        else "Leave Authorization out to read without a key, where that is open to all."
    )
    return Unauthorized(
        f"The key is mistyped, unknown, revoked or expired. {remedy}",
        code="invalid_key",
        headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'},
    )


async def check_credential(scope: Scope) -> Headers:
    """Refuse a request whose `Authorization` is bad, whatever it asks for; raises as `find_key` does.

    A bad key in a cookie is passed over where none is needed: whoever has one can still read what is open, and sign in.
    Returns headers for the response.
    """
    if has_key_in_cookie(scope["app"], scope):
        return _READ_BY_COOKIE
    await find_key(scope["app"], scope)
    return []


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
