"""Vocabularies over HTTP: reading the terms, and adding to them with `admin`."""

from typing import Final

import orjson
from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.types import Receive, Scope, Send

from app.database.revisions import Attribution
from app.database.vocabulary import (
    StoredTerm,
    VocabularyVersion,
    current_vocabulary,
    find_term,
    require_scheme,
    term_json,
)
from app.errors import PreconditionFailed
from app.settings import Settings
from app.values.json_patch import JSON_PATCH, MERGE_PATCH, json_patch, merge_patch
from app.vocabularies.schemas import term_operations
from app.vocabularies.service import (
    begin_change,
    create_term,
    delete_term,
    existing_term,
    read_term,
    replace_term,
)
from app.web import caching as answers
from app.web.auth import authenticate
from app.web.caching import send_cached
from app.web.headers import JSON_MEDIA_TYPE, JSON_ONLY, negotiate
from app.web.idempotency import StoredResponse
from app.web.preconditions import Preconditions, precondition_failed, read_preconditions
from app.web.responses import JSON_HEADERS, body_of, send_body
from app.web.routes import AsgiRoute, read_numbers
from app.web.write_requests import Writer, send_answer, writer_of

_MANY: Final = 200_000


class _Vocabularies:
    """The operations on vocabularies."""

    def __init__(self, app: FastAPI, writer: Writer) -> None:
        self.app = app
        self.writer = writer

    async def list(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/vocabularies`."""
        await self._open(scope)
        known = await self.writer.db.answer(current_vocabulary)
        items = [
            {"scheme": name, "href": f"/v1/vocabularies/{name}", "terms": len(known.vocabulary.terms(name))}
            for name in known.vocabulary.schemes
        ]
        await send_cached(scope, send, _list_answer(known, body_of(items)))

    async def read(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/vocabularies/{scheme}`."""
        await self._open(scope)
        scheme = scope["path_params"]["scheme"]
        require_scheme(scheme)
        known = await self.writer.db.answer(current_vocabulary)
        terms = b",".join(map(term_json, known.vocabulary.terms(scheme)))
        body = b'{"scheme":%s,"terms":[%s]}' % (orjson.dumps(scheme), terms)
        await send_cached(scope, send, _list_answer(known, body))

    async def read_term(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/vocabularies/{scheme}/{id}`."""
        await self._open(scope)
        scheme, term_id = _address(scope)

        def read() -> StoredTerm:
            with self.writer.db.snapshot() as connection:
                return existing_term(connection, scheme, term_id)

        found = await self.writer.db.in_thread(read)
        await send_body(scope, send, term_json(found.term), [(b"etag", _etag(found).encode()), *JSON_HEADERS])

    async def create(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST /v1/vocabularies/{scheme}`."""
        asked = await self.writer.ask(scope, receive, (JSON_MEDIA_TYPE,), needed="admin", most_bytes=_MANY)
        earlier = await self.writer.earlier(scope, asked)
        if earlier is not None:
            return await send_answer(send, earlier)
        scheme = scope["path_params"]["scheme"]
        require_scheme(scheme)
        term = read_term(await self.writer.parsed(asked))

        def work(tx: Connection, _edit: Attribution) -> StoredResponse:
            begin_change(tx)
            return _created(create_term(tx, scheme, term))

        return await self.writer.commit(scope, send, asked, work)

    async def replace(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `PUT /v1/vocabularies/{scheme}/{id}`."""
        asked = await self.writer.ask(scope, receive, (JSON_MEDIA_TYPE,), needed="admin", most_bytes=_MANY)
        conditions = read_preconditions(scope)
        scheme, term_id = _address(scope)
        if not conditions.creates:
            conditions.require()
        term = read_term(await self.writer.parsed(asked), term_id)

        def work(tx: Connection, _edit: Attribution) -> StoredResponse:
            begin_change(tx)
            current = find_term(tx, scheme, term_id)
            if current is None and conditions.creates:
                return _created(create_term(tx, scheme, term))
            if current is None:
                raise PreconditionFailed("There is no such term; to create it, send If-None-Match: *.")
            _check(current, conditions)
            return _answer(replace_term(tx, current, term))

        await self.writer.commit(scope, send, asked, work)

    async def patch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `PATCH /v1/vocabularies/{scheme}/{id}`."""
        accepted = (MERGE_PATCH, JSON_PATCH)
        asked = await self.writer.ask(scope, receive, accepted, needed="admin", most_bytes=_MANY)
        conditions = read_preconditions(scope)
        scheme, term_id = _address(scope)
        read = merge_patch if asked.media_type == MERGE_PATCH else json_patch
        patch = read(await self.writer.parsed(asked))

        def work(tx: Connection, _edit: Attribution) -> StoredResponse:
            begin_change(tx)
            current = existing_term(tx, scheme, term_id)
            _check(current, conditions)
            patched = patch(orjson.loads(term_json(current.term)))
            return _answer(replace_term(tx, current, read_term(patched, term_id)))

        await self.writer.commit(scope, send, asked, work)

    async def delete(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `DELETE /v1/vocabularies/{scheme}/{id}`."""
        asked = await self.writer.ask(scope, receive, needed="admin")
        conditions = read_preconditions(scope)
        scheme, term_id = _address(scope)

        def work(tx: Connection, _edit: Attribution) -> StoredResponse:
            begin_change(tx)
            current = existing_term(tx, scheme, term_id)
            _check(current, conditions)
            delete_term(tx, current)
            return StoredResponse(204)

        await self.writer.commit(scope, send, asked, work)

    async def _open(self, scope: Scope) -> None:
        await authenticate(self.app, scope, "read")
        negotiate(scope, JSON_ONLY)
        read_numbers(scope, {})


def _address(scope: Scope) -> tuple[str, str]:
    scheme, term_id = scope["path_params"]["scheme"], scope["path_params"]["id"]
    require_scheme(scheme)
    return scheme, term_id


def _list_answer(known: VocabularyVersion, body: bytes) -> answers.CachedResponse:
    """Tag a response with the version of the vocabulary, which every change of a term changes."""
    version = f"v{known.version}"
    return answers.CachedResponse(version, f'"{version}"'.encode(), JSON_HEADERS, body)


def _check(current: StoredTerm, conditions: Preconditions) -> None:
    if not conditions.creates:
        conditions.require()
    if not conditions.hold_for(current.revision):
        raise precondition_failed(None, current.revision, _etag(current), conditions)


def _etag(found: StoredTerm) -> str:
    return f'"{found.revision}"'


def _answer(found: StoredTerm, status: int = 200, *headers: tuple[str, str]) -> StoredResponse:
    return StoredResponse(
        status, term_json(found.term), (("content-type", JSON_MEDIA_TYPE), ("etag", _etag(found)), *headers)
    )


def _created(found: StoredTerm) -> StoredResponse:
    return _answer(found, 201, ("location", f"/v1/vocabularies/{found.scheme}/{found.term.id}"))


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operations on vocabularies."""
    on = _Vocabularies(app, writer_of(app, settings))
    operations = term_operations()
    one, scheme = "/v1/vocabularies/{scheme}/{id}", "/v1/vocabularies/{scheme}"
    return [
        AsgiRoute(path, handler, methods=[method], **operations[name])
        for method, path, handler, name in (
            ("GET", "/v1/vocabularies", on.list, "list_vocabularies"),
            ("GET", scheme, on.read, "get_vocabulary"),
            ("GET", one, on.read_term, "get_term"),
            ("POST", scheme, on.create, "create_term"),
            ("PUT", one, on.replace, "replace_term"),
            ("PATCH", one, on.patch, "patch_term"),
            ("DELETE", one, on.delete, "delete_term"),
        )
    ]
