"""What the answers to lists share, whichever their format: entity tags, links to other pages, 304."""

from hashlib import blake2b
from urllib.parse import parse_qsl, urlencode

from starlette.types import Scope, Send

from app.api.answers import Answer, Key
from app.api.requests import header, is_lenient, matches
from app.api.routing import Headers, send_empty


def answer_key(scope: Scope, variant: str) -> Key:
    """Give what an answer is kept under: all of the request that shapes it.

    `variant` is its format; a query that is read leniently may mean something else than read strictly.
    """
    query: bytes = scope["query_string"]
    if query and is_lenient(scope):
        variant += " lenient"
    return scope["path"], query, variant


def list_etag(version: int, key: tuple[str, bytes, str]) -> bytes:
    """Give the strong entity tag of a list: the database's version, and what was asked."""
    asked = blake2b(b"\0".join((key[0].encode(), key[1], key[2].encode())), digest_size=6)
    return f'"{version}-{asked.hexdigest()}"'.encode()


def with_cursor(scope: Scope, cursor: str | None) -> str | None:
    """Give the path of another page of the list that was asked."""
    if cursor is None:
        return None
    pairs = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name != "cursor"]
    return f"{scope['path']}?{urlencode([*kept, ('cursor', cursor)], safe=':/,')}"


def link_header(scope: Scope, following: str | None, preceding: str | None) -> Headers:
    """Give the `Link` header to the pages before and after (RFC 8288); none where there are none."""
    paths = {"next": with_cursor(scope, following), "prev": with_cursor(scope, preceding)}
    links = [f'<{path}>; rel="{name}"' for name, path in paths.items() if path]
    return [(b"link", ", ".join(links).encode())] if links else []


async def answer(scope: Scope, send: Send, made: Answer) -> None:
    """Send an answer, or 304 where the client has it already."""
    wanted = header(scope, b"if-none-match")
    if wanted and matches(wanted, made.etag):
        await send_empty(send, 304, [(b"etag", made.etag), *made.headers[1:]])
        return
    body = made.body if scope["method"] != "HEAD" else b""
    headers = [(b"etag", made.etag), (b"content-length", b"%d" % len(made.body)), *made.headers]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
