"""What the answers to lists share, whichever their format: entity tags, links to other pages, 304."""

from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import quote, unquote_plus

from starlette.types import Scope, Send

from app.api.answers import Answer, Key
from app.api.requests import header, matches
from app.api.routing import Headers, send_empty


def answer_key(scope: Scope, variant: str) -> Key:
    """Give what an answer is kept under: all of the request that shapes it.

    `variant` is its format.
    """
    return scope["path"], scope["query_string"], variant


def list_etag(version: str, key: tuple[str, bytes, str]) -> bytes:
    """Give the strong entity tag of a list: the database's version, and what was asked."""
    asked = blake2b(b"\0".join((key[0].encode(), key[1], key[2].encode())), digest_size=6)
    return f'"{version}-{asked.hexdigest()}"'.encode()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The paths of the pages after and before one, where there are any."""

    following: str | None
    preceding: str | None

    @property
    def headers(self) -> Headers:
        """The `Link` header that leads there (RFC 8288); none where there is nowhere to go."""
        paths = {"next": self.following, "prev": self.preceding}
        links = [f'<{path}>; rel="{name}"' for name, path in paths.items() if path]
        return [(b"link", ", ".join(links).encode())] if links else []


def neighbours(scope: Scope, following: str | None, preceding: str | None) -> Neighbours:
    """Give the paths of the list that was asked with other cursors: the query as it came, else unchanged."""
    parts = [part for part in scope["query_string"].decode("ascii").split("&") if part]
    kept = [part for part in parts if not _is_cursor(part.partition("=")[0])]
    beginning = quote("&".join([*kept, "cursor="]), safe="%&=+:/,")
    paths = (cursor and f"{scope['path']}?{beginning}{cursor}" for cursor in (following, preceding))
    return Neighbours(*paths)


def _is_cursor(name: str) -> bool:
    return name == "cursor" or ("%" in name and unquote_plus(name) == "cursor")


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
