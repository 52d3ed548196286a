"""Who asks, and what they may do: `Authorization: Bearer …` (RFC 6750)."""

from typing import Final, Literal

from fastapi import FastAPI
from starlette.types import Scope

from app.database.api_keys import Key, Keyring
from app.errors import AnnalsError, BadRequest, Fault, Forbidden, Unauthorized

Needed = Literal["read", "write", "admin"]


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


CHALLENGE: Final = 'Bearer realm="annals"'
"""What `WWW-Authenticate` says where a key is needed."""


def keyring(app: FastAPI) -> Keyring:
    """Give the keys that this process has seen."""
    known: Keyring | None = getattr(app.state, "keyring", None)
    if known is None or known.db is not app.state.db:
        known = app.state.keyring = Keyring(app.state.db)
    return known


async def admit(app: FastAPI, scope: Scope, needed: Needed) -> Key | None:
    """Let a request in that may do what is `needed`; gives its key, None for an open read without one.

    Raises:
        Unauthorized: there is no key where one is needed, or one that is mistyped, unknown, revoked or
            expired (also where none would have been needed: the client means to be someone).
        Forbidden: the key lacks the scope.
        BadRequest: the header is there more than once.
    """
    token = _token(scope)
    if token is None:
        if needed == "read" and app.state.settings.public_reads:
            return None
        raise Unauthorized(
            "This needs a key: send Authorization: Bearer, then the key.",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    key = await keyring(app).find(token)
    if key is None:
        raise Unauthorized(
            "The key is mistyped, unknown, revoked or expired.",
            code="invalid_key",
            headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'},
        )
    if not key.allows(needed):
        raise Forbidden(
            f"The key lacks the scope {needed}.",
            code="missing_scope",
            headers={"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{needed}"'},
            extra={"scope": needed},
        )
    return key


async def admit_writer(app: FastAPI, scope: Scope, needed: Needed = "write") -> Key:
    """Let a request in that changes something; raises as `admit` does."""
    key = await admit(app, scope, needed)
    if key is None:  # only an open read goes without a key
        raise Unauthorized(headers={"WWW-Authenticate": CHALLENGE})
    return key


async def identify(scope: Scope) -> str | None:
    """Tell which good key a request carries, for its rate limit; whatever is wrong with it is told later."""
    try:
        token = _token(scope)
        key = await keyring(scope["app"]).find(token) if token else None
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
