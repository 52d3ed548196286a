"""Signing in to a database that is not open to all: an API key is asked for once, and kept in a cookie."""

import re
from typing import Final
from urllib.parse import parse_qs, quote

from fastapi import FastAPI
from starlette.types import Receive, Scope

from app.explorer.pages import Site
from app.settings import Settings
from app.web.auth import CHALLENGE, has_key_in_cookie, key_cache, key_of_cookie
from app.web.key_cookie import expiring_cookie, keeping_cookie
from app.web.request_body import check_media_type, read_body
from app.web.responses import Headers
from app.web.same_origin import came_from_other_site, refuse_other_origins
from app.web.typed_responses import NO_STORE, TypedResponse

SIGN_IN: Final = "explore/sign-in"
"""Where one signs in, below the address of the service."""

_FIRST: Final = "explore"
_FORM: Final = "application/x-www-form-urlencoded"
_MAX_BYTES: Final = 32 * 1024
_MAX_FIELDS: Final = 10
_MAX_NEXT: Final = 6000

_PAGE: Final = re.compile(
    r"explore(?:/(?!\.{1,2}(?:[/?]|$))[A-Za-z0-9._~-]+)*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@/?%\[\]|^-]*)?"
)
_NO_PAGE_TO_COME_BACK_TO: Final = re.compile(r"explore/(?:sign-in|sign-out|static)(?:[/?].*)?")

_REFUSED: Final = "This is no key of this database, or it was revoked or has expired."
_MALFORMED: Final = "Give the key, as it was shown when it was made."
_NO_LONGER_GOOD: Final = "The key you signed in with was revoked or has expired. Sign in with another."


def next_page(text: str) -> str:
    """Return the page to go on to: a path of the explorer with its query, below the address of the service.

    Whatever else a link says, such as another site's address, is passed over.
    """
    is_page = (
        len(text) <= _MAX_NEXT and _PAGE.fullmatch(text) and not _NO_PAGE_TO_COME_BACK_TO.fullmatch(text)
    )
    return text if is_page else _FIRST


def to_sign_in(scope: Scope) -> TypedResponse[str]:
    """Send a reader without a good key to where one is given, and from there back to the page that was asked for."""
    path: str = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/")
    query: str = scope["query_string"].decode("latin-1")
    asked = next_page(f"{path}?{query}" if query else path)
    after = "" if asked == _FIRST else f"?next={quote(asked, safe='/?:,=~*')}"
    return _to(scope, SIGN_IN + after)


async def sign_in_page(app: FastAPI, scope: Scope) -> TypedResponse[str]:
    """Ask for a key; who has one already, or needs none, goes on."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    wanted = next_page(query.get("next", [""])[0])
    settings: Settings = app.state.settings
    if settings.public_reads or await key_of_cookie(app, scope) is not None:
        return _to(scope, wanted)
    bad = has_key_in_cookie(app, scope)
    return _form(
        scope,
        wanted,
        fault=_NO_LONGER_GOOD if bad else "",
        # Browsers send the cookie only once a page of this very site leads on.
        leads_on=came_from_other_site(scope),
        headers=[expiring_cookie(scope)] if bad else [],
    )


async def sign_in(app: FastAPI, scope: Scope, receive: Receive) -> TypedResponse[str]:
    """Take a key, and keep it in the cookie if it is good for reading.

    Raises:
        BadRequest: the form was sent from another site's page.
        UnsupportedMediaType: the body is no form.
        TooLarge: it is longer than any form with a key is.
    """
    settings: Settings = app.state.settings
    refuse_other_origins(scope, settings)
    check_media_type(scope, (_FORM,))
    body = await read_body(scope, receive, _MAX_BYTES)
    try:
        fields = parse_qs(body.decode("latin-1"), max_num_fields=_MAX_FIELDS)
    except ValueError:
        fields = {}
    wanted = next_page(fields.get("next", [""])[0])
    if settings.public_reads:
        return _to(scope, wanted)
    given = [one.strip() for one in fields.get("key", ())]
    if len(given) != 1 or not given[0]:
        return _form(scope, wanted, fault=_MALFORMED, status=400)
    key = await key_cache(app).find(given[0])
    if key is None or not key.allows("read"):
        return _form(
            scope, wanted, fault=_REFUSED, status=401, headers=[(b"www-authenticate", CHALLENGE.encode())]
        )
    return _to(scope, wanted, [keeping_cookie(scope, given[0])])


def sign_out(scope: Scope, settings: Settings) -> TypedResponse[str]:
    """End what signing in began.

    Raises:
        BadRequest: the form was sent from another site's page.
    """
    refuse_other_origins(scope, settings)
    return _to(scope, _FIRST if settings.public_reads else SIGN_IN, [expiring_cookie(scope)])


def _form(
    scope: Scope,
    wanted: str,
    *,
    fault: str = "",
    leads_on: bool = False,
    status: int = 200,
    headers: Headers | None = None,
) -> TypedResponse[str]:
    page = Site.of(scope).page(
        "sign_in.html", status=status, next=wanted, fault=fault, leads_on=leads_on, cache_control=NO_STORE
    )
    page.raw_headers += headers or []
    return page


def _to(scope: Scope, page: str, headers: Headers | None = None) -> TypedResponse[str]:
    location = f"{scope.get('root_path', '')}/{page}".encode("latin-1")
    return TypedResponse(
        b"",
        status=303,
        media_type="text/html; charset=utf-8",
        cache_control=NO_STORE,
        headers=[(b"location", location), *(headers or [])],
    )
