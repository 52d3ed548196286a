"""A key in a cookie (RFC 6265), for browsers that look at a database which is not open to all.

Scripts cannot read it, no other site's page can have it sent, and it is gone when the browser is closed. It is for
reading alone: only GET and HEAD are let in by it.
"""

from collections.abc import Iterator
from typing import Final

from starlette.types import Scope

from app.web.headers import header_values

_NAME: Final = "annals_key"
_READING: Final = frozenset(("GET", "HEAD"))


def _is_secure(scope: Scope) -> bool:
    return bool(scope.get("scheme") == "https")


def _cookie_path(scope: Scope) -> str:
    return scope.get("root_path") or "/"


def cookie_name(scope: Scope) -> str:
    """Return the name of the cookie: with `__Host-`, by which no other host can set it, where browsers allow that."""
    prefix = "__Host-" if _is_secure(scope) and _cookie_path(scope) == "/" else ""
    return prefix + _NAME


def key_in_cookie(scope: Scope) -> str | None:
    """Return what a request that reads has in the cookie; None where it has none, and for every other request.

    Of several, the first counts: it is that of the longest path (RFC 6265, section 5.4).
    """
    if scope["method"] not in _READING:
        return None
    name = cookie_name(scope)
    return next((value for given, value in _cookies(scope) if given == name), None)


def _cookies(scope: Scope) -> Iterator[tuple[str, str]]:
    for line in header_values(scope, "cookie"):
        for pair in line.decode("latin-1").split(";"):
            name, _, value = pair.partition("=")
            yield name.strip(), value.strip()


def keeping_cookie(scope: Scope, token: str) -> tuple[bytes, bytes]:
    """Return the header with which a browser keeps a key, until it is closed."""
    return _set_cookie(scope, token)


def expiring_cookie(scope: Scope) -> tuple[bytes, bytes]:
    """Return the header with which a browser forgets the key."""
    return _set_cookie(scope, "", "; Max-Age=0")


def _set_cookie(scope: Scope, value: str, more: str = "") -> tuple[bytes, bytes]:
    secure = "; Secure" if _is_secure(scope) else ""
    cookie = (
        f"{cookie_name(scope)}={value}; Path={_cookie_path(scope)}; HttpOnly; SameSite=Strict{secure}{more}"
    )
    return b"set-cookie", cookie.encode("latin-1")
