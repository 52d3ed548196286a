"""The texts of sources over HTTP: attach, read, remove, verify."""

from codecs import utf_8_decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import orjson
from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.types import Receive, Scope, Send

from app.database.engine.database import Database
from app.errors import BadRequest, Fault, Forbidden, MergedInto, TooLarge, Unauthorized
from app.reading.service import find_live
from app.settings import Settings
from app.source_texts.schemas import attach_operation, remove_operation, text_operation, verify_operation
from app.source_texts.service import SOURCE, Attached, attach, attached_size, read_text, remove
from app.source_texts.verification import Work, gather, report_json
from app.web.auth import CHALLENGE, authenticate, authenticate_writer
from app.web.caching import CachedResponse, send_cached
from app.web.client_addresses import counted_as
from app.web.headers import JSON_ONLY, header, negotiate
from app.web.request_body import body_pieces, check_media_type, declared_length, read_body, too_large
from app.web.responses import redirect, send_bytes, send_empty
from app.web.routes import AsgiRoute
from app.web.turns import Turns, verifying_turns
from app.web.write_requests import refuse_query
from app.writing.verification_process import LONG, examine_aside, is_long

PLAIN: Final = "text/plain"
_PIECE: Final = 2**16
_JSON_HEADERS: Final = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]

_TEXT_HEADERS: Final = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"vary", b"Accept"),
]


@dataclass(frozen=True, slots=True)
class SourceTexts:
    """The operations on the texts of sources."""

    app: FastAPI
    settings: Settings
    turns: Turns

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def attach(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `PUT /v1/sources/{id}/text`."""
        key = await authenticate_writer(self.app, scope)
        refuse_query(scope)
        negotiate(scope, JSON_ONLY)
        check_media_type(scope, (PLAIN,))
        text = await self._read(scope, receive, str(key.pk))
        source_id: str = scope["path_params"]["id"]

        def work(tx: Connection) -> Attached:
            return attach(tx, source_id, text or "")

        done = await self.db.write(work)
        headers = [*_JSON_HEADERS, (b"location", f"/v1/sources/{source_id}/text".encode())]
        await send_bytes(send, 201 if done.new else 200, headers, orjson.dumps(done.to_dict(source_id)))

    async def read(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/sources/{id}/text`."""
        await authenticate(self.app, scope, "read")
        refuse_query(scope)
        if not self.settings.public_texts:
            raise Forbidden(
                "Texts of sources are not read here: whoever runs this service has not said that their licences allow it "
                "(ANNALS_PUBLIC_TEXTS). Evidence can be verified against them all the same.",
                code="texts_not_public",
            )
        negotiate(scope, {"text": PLAIN})
        try:
            source_id: str = scope["path_params"]["id"]
            body = (await self.db.answer(lambda reading: read_text(reading, source_id))).encode()
        except MergedInto as merged:
            await redirect(scope, send, f"{merged.target}/text")
            return
        etag = f'"{sha256(body).hexdigest()[:24]}"'.encode()
        await send_cached(scope, send, CachedResponse("", etag, _TEXT_HEADERS, body))

    async def remove(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `DELETE /v1/sources/{id}/text`."""
        await authenticate_writer(self.app, scope)
        refuse_query(scope)
        source_id: str = scope["path_params"]["id"]
        await self.db.write(lambda tx: remove(tx, source_id))
        await send_empty(send, 204, [(b"cache-control", b"no-store")])

    async def verify(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST /v1/sources/{id}/verify`."""
        key = await authenticate(self.app, scope, "read")
        most = self.settings.max_text_bytes
        limit = most if key is not None else min(most, self.settings.max_public_text_bytes)
        refuse_query(scope)
        negotiate(scope, JSON_ONLY)
        if header(scope, b"content-length") not in (b"", b"0") or header(scope, b"transfer-encoding"):
            check_media_type(scope, (PLAIN,))
        source_id: str = scope["path_params"]["id"]
        try:
            found = await self.db.decide(lambda reading: find_live(reading, SOURCE, source_id), single=True)
        except MergedInto as merged:
            await redirect(scope, send, f"{merged.target}/verify")
            return
        client = str(key.pk) if key else counted_as(scope, loopback=self.settings.rate_limit_loopback)
        async with self.turns.turn_when_needed(client) as take_turn:
            text = await self._read_verified(scope, receive, limit, client, take_turn)
            if text is None:
                size = await self.db.decide(lambda reading: attached_size(reading, found[0][6]), single=True)
                if size > limit:
                    raise _needs_key(limit)
                if is_long(size, ()):
                    await take_turn()

            def gathered() -> Work:
                with self.db.snapshot() as connection:
                    return gather(connection, source_id, text)

            work = await self.db.in_thread(gathered)
            if is_long(len(work.text), work.selectors):
                await take_turn()
            examined = await examine_aside(work.text, work.selectors)
            body = await self.db.in_thread(lambda: report_json(work, examined))
        await send_bytes(send, 200, _JSON_HEADERS, body)

    async def _read_verified(
        self,
        scope: Scope,
        receive: Receive,
        limit: int,
        client: str | None,
        take_turn: Callable[[], Awaitable[None]],
    ) -> bytearray | None:
        """Read the text to verify; None where the body is empty.

        A long one is not read before its turn, and one that needs a key and has none is not read at all
        where its length is declared.
        """
        most = self.settings.max_text_bytes
        declared = declared_length(scope) or 0
        if limit < declared <= most:
            raise _needs_key(limit)
        if LONG <= declared <= limit:
            await take_turn()
        text = bytearray()
        try:
            async for piece in body_pieces(scope, receive, limit, client):
                if len(text) + len(piece) >= LONG:
                    await take_turn()
                text += piece
        except TooLarge:
            raise _needs_key(limit) if limit < most else too_large(most) from None
        _check_utf8(text)
        return text or None

    async def _read(self, scope: Scope, receive: Receive, client: str) -> str | None:
        """Read a text; None where the body is empty."""
        body = await read_body(scope, receive, self.settings.max_text_bytes, client)
        _check_utf8(body)
        return body.decode() or None


def _check_utf8(text: bytes | bytearray) -> None:
    """Raise `BadRequest` where a text is not UTF-8. Decodes it in parts: as a whole it may take four times the memory."""
    with memoryview(text) as whole:
        at = 0
        try:
            while at < len(whole):
                piece = whole[at : at + _PIECE]
                at += utf_8_decode(piece, "strict", at + _PIECE >= len(whole))[1]
        except UnicodeDecodeError as error:
            fault = Fault("not_utf8", f"Byte {at + error.start} begins no character of UTF-8.", "")
            raise BadRequest("The text is not UTF-8.", code="not_utf8", faults=[fault]) from None


def _needs_key(limit: int) -> Unauthorized:
    return Unauthorized(
        f"A text of more than {limit} bytes is verified with a key alone: send Authorization: Bearer, then a key that "
        "has the scope read; or send a part of the text.",
        code="long_text_needs_key",
        headers={"WWW-Authenticate": CHALLENGE, "Connection": "close"},
        extra={"limit": limit},
    )


def takes_text(path: str) -> bool:
    """Return whether a path takes a text, which may be longer than other bodies."""
    return path.startswith("/v1/sources/") and path.endswith(("/text", "/verify"))


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operations on the texts of sources."""
    texts = SourceTexts(app, settings, verifying_turns(app, settings))
    path = "/v1/sources/{id}/text"
    return [
        AsgiRoute(path, texts.attach, methods=["PUT"], **attach_operation()),
        AsgiRoute(path, texts.read, **text_operation()),
        AsgiRoute(path, texts.remove, methods=["DELETE"], **remove_operation()),
        AsgiRoute("/v1/sources/{id}/verify", texts.verify, methods=["POST"], **verify_operation()),
    ]
