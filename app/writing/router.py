"""Writing over HTTP: create, replace, patch, delete, restore and revert records of all six kinds."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.types import Receive, Scope, Send

from app.database.api_keys import ApiKey
from app.database.lookup import StoredRecord, find
from app.database.revisions import Attribution
from app.database.vocabulary import VocabularyVersion, current_vocabulary, kept_vocabulary
from app.errors import InvalidDocument
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.validation.document import InvalidRecord, model_faults
from app.settings import Settings
from app.values.json_patch import JSON_PATCH, MERGE_PATCH, json_patch, merge_patch
from app.values.text_selectors import SelectorMatches
from app.web.headers import JSON_MEDIA_TYPE
from app.web.idempotency import StoredResponse
from app.web.preconditions import Preconditions, precondition_failed, read_preconditions
from app.web.routes import AsgiRoute
from app.web.write_requests import FEW_BYTES, Writer, WriteRequest, send_answer, writer_of
from app.writing import service as editing
from app.writing.check_selectors import QuotedText, attached_text, quoted_texts
from app.writing.resolve_references import add_dangling_references
from app.writing.schemas import (
    RevertRequest,
    create_operation,
    delete_operation,
    patch_operation,
    replace_operation,
    restore_operation,
    revert_operation,
)
from app.writing.service import Check, read_back
from app.writing.submitted_document import SubmittedDocument
from app.writing.verification_process import examine_aside, is_long

_LARGEST_PATCH: Final = 2 * 2**20


@dataclass(frozen=True, slots=True)
class Operations:
    """The writing operations of one kind of record."""

    kind: RecordKind
    writer: Writer

    async def create(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST /v1/{collection}`."""
        asked = await self.writer.ask(scope, receive, (JSON_MEDIA_TYPE,))
        earlier = await self.writer.earlier(scope, asked)
        if earlier is not None:
            return await send_answer(send, earlier)
        sent = await self._sent(asked)

        def work(tx: Connection, edit: Attribution) -> StoredResponse:
            return self._created(tx, editing.create_record(tx, self.kind, sent, edit))

        return await self.writer.commit(scope, send, asked, work, await self._looked_up(asked.key, sent))

    async def replace(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `PUT /v1/{collection}/{id}`."""
        asked = await self.writer.ask(scope, receive, (JSON_MEDIA_TYPE,))
        conditions = read_preconditions(scope)
        earlier = await self.writer.earlier(scope, asked)
        if earlier is not None:
            return await send_answer(send, earlier)
        record_id = scope["path_params"]["id"]
        if not conditions.creates:
            conditions.require()
        sent = await self._sent(asked, record_id)

        def work(tx: Connection, edit: Attribution) -> StoredResponse:
            check = self._check(tx, conditions)
            if conditions.creates:
                return self._created(tx, editing.create_at(tx, self.kind, record_id, sent, edit, check))
            return self._written(tx, editing.replace_record(tx, self.kind, record_id, sent, edit, check))

        return await self.writer.commit(
            scope, send, asked, work, await self._looked_up(asked.key, sent, record_id)
        )

    async def patch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `PATCH /v1/{collection}/{id}`."""
        asked = await self.writer.ask(scope, receive, (MERGE_PATCH, JSON_PATCH), most_bytes=_LARGEST_PATCH)
        read = merge_patch if asked.media_type == MERGE_PATCH else json_patch
        patch = read(await self.writer.parsed(asked))
        db = self.writer.db

        record_id = scope["path_params"]["id"]

        def apply() -> editing.Patched | None:
            with db.snapshot() as connection:
                return editing.apply_patch(connection, self.kind, record_id, patch)

        async with self.writer.large_bodies if asked.is_large else nullcontext():
            patched = await db.in_thread(apply)

        def work(tx: Connection, record_id: str, edit: Attribution, check: Check) -> StoredRecord:
            return editing.patch_record(tx, self.kind, record_id, patch, edit, check, patched)

        sent = patched.outcome if patched is not None else None
        findings = (
            await self._looked_up(asked.key, sent, record_id) if isinstance(sent, SubmittedDocument) else None
        )
        await self._on_existing(scope, send, asked, work, findings)

    async def delete(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `DELETE /v1/{collection}/{id}`."""
        asked = await self.writer.ask(scope, receive)
        conditions, record_id = read_preconditions(scope), scope["path_params"]["id"]

        def work(tx: Connection, edit: Attribution) -> StoredResponse:
            check = self._check(tx, conditions)
            gone = editing.delete_record(tx, self.kind, record_id, edit, check)
            return StoredResponse(204, record=gone.pk)

        await self.writer.commit(scope, send, asked, work)

    async def restore(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST /v1/{collection}/{id}/restore`."""
        asked = await self.writer.ask(scope, receive)
        record_id = scope["path_params"]["id"]

        def work(tx: Connection, edit: Attribution) -> StoredResponse:
            return self._written(tx, editing.restore_record(tx, self.kind, record_id, edit))

        await self.writer.commit(scope, send, asked, work)

    async def revert(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST /v1/{collection}/{id}/revert`."""
        asked = await self.writer.ask(scope, receive, (JSON_MEDIA_TYPE,), most_bytes=FEW_BYTES)
        to = _revision_to(await self.writer.parsed(asked))

        def work(tx: Connection, record_id: str, edit: Attribution, check: Check) -> StoredRecord:
            return editing.revert_record(tx, self.kind, record_id, to, edit, check)

        await self._on_existing(scope, send, asked, work)

    async def _on_existing(
        self,
        scope: Scope,
        send: Send,
        asked: WriteRequest[Any],
        verb: Callable[[Connection, str, Attribution, Check], StoredRecord],
        findings: SelectorMatches | None = None,
    ) -> None:
        conditions, record_id = read_preconditions(scope), scope["path_params"]["id"]

        def work(tx: Connection, edit: Attribution) -> StoredResponse:
            return self._written(tx, verb(tx, record_id, edit, self._check(tx, conditions)))

        await self.writer.commit(scope, send, asked, work, findings)

    async def _looked_up(
        self, key: ApiKey, sent: SubmittedDocument, record_id: str | None = None
    ) -> SelectorMatches | None:
        """Search attached texts for the passages of a document before its transaction makes other writes wait."""
        if not any(item.selector is not None for item in sent.record.evidence_items()):
            return None
        db = self.writer.db

        def quoted() -> list[QuotedText]:
            with db.snapshot() as connection:
                old = find(connection, self.kind, record_id) if record_id is not None else None
                return quoted_texts(connection, [(sent.record, old.document if old else None)])

        def text_of(source: int) -> bytes:
            with db.snapshot() as connection:
                return (attached_text(connection, source) or "").encode()

        findings = SelectorMatches()
        async with self.writer.verifying.turn_when_needed(str(key.pk)) as take_turn:
            for one in await db.in_thread(quoted):
                if is_long(one.size, one.selectors):
                    await take_turn()
                text = await db.in_thread(partial(text_of, one.source))
                findings.add(text, one.selectors, (await examine_aside(text, one.selectors)).findings)
        return findings

    async def _sent(self, asked: WriteRequest[Any], record_id: str | None = None) -> SubmittedDocument:
        raw, earlier = await self.writer.parsed_with_faults(asked)
        reading = partial(SubmittedDocument.read, self.kind, raw, record_id=record_id, earlier=earlier)
        try:
            return await self._under_vocabulary(reading, large=asked.is_large)
        except InvalidRecord as error:
            raise await self._refusal(error) from None

    async def _under_vocabulary(
        self, reading: Callable[..., SubmittedDocument], *, large: bool
    ) -> SubmittedDocument:
        db = self.writer.db

        async def read(known: VocabularyVersion) -> SubmittedDocument:
            work = partial(reading, known=known)
            return await self.writer.work(work, large=large)

        # A document was validated with the vocabulary of a moment ago; the transaction validates it again
        # if that has changed. Only an invalid one must be validated with the current vocabulary before it
        # is refused.
        kept = kept_vocabulary(db)
        if kept is None:
            kept = await db.decide(current_vocabulary)
        try:
            return await read(kept)
        except InvalidRecord:
            in_force = await db.decide(current_vocabulary)
            if in_force.version == kept.version:
                raise
        return await read(in_force)

    async def _refusal(self, error: InvalidRecord) -> InvalidRecord:
        """Report references that lead nowhere together with all other faults of a document."""
        if not error.mentions:
            return error

        def look() -> InvalidRecord:
            with self.writer.db.snapshot() as connection:
                return add_dangling_references(connection, error)

        return await self.writer.db.in_thread(look)

    def _check(self, tx: Connection, conditions: Preconditions) -> Check:
        def check(current: StoredRecord) -> None:
            if not conditions.creates:
                conditions.require()
            if not conditions.hold_for(current.revision):
                etag = read_back(tx, self.kind, current.id).etag
                raise precondition_failed(f"/v1/{current.ref}", current.revision, etag, conditions)

        return check

    def _created(self, tx: Connection, stored: StoredRecord) -> StoredResponse:
        return self._written(tx, stored, 201, ("location", f"/v1/{stored.ref}"))

    def _written(
        self, tx: Connection, stored: StoredRecord, status: int = 200, *headers: tuple[str, str]
    ) -> StoredResponse:
        read = read_back(tx, self.kind, stored.id)
        return StoredResponse(
            status, read.body, (("content-type", JSON_MEDIA_TYPE), ("etag", read.etag), *headers), stored.pk
        )


def _revision_to(document: Any) -> int:
    """Parse `{"to": n}`.

    Raises:
        InvalidDocument: it is anything else, with every fault.
    """
    faults = model_faults(document, RevertRequest)
    if faults:
        raise InvalidDocument('Send the revision to go back to: {"to": 3}.', faults=faults)
    return RevertRequest.model_validate(document).to


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the writing operations of all six kinds."""
    writer = writer_of(app, settings)
    found = []
    for kind in RECORD_KINDS:
        one = f"/v1/{kind.collection}/{{id}}"
        on = Operations(kind, writer)
        found += [
            AsgiRoute(f"/v1/{kind.collection}", on.create, methods=["POST"], **create_operation(kind)),
            AsgiRoute(one, on.replace, methods=["PUT"], **replace_operation(kind)),
            AsgiRoute(one, on.patch, methods=["PATCH"], **patch_operation(kind)),
            AsgiRoute(one, on.delete, methods=["DELETE"], **delete_operation(kind)),
            AsgiRoute(f"{one}/restore", on.restore, methods=["POST"], **restore_operation(kind)),
            AsgiRoute(f"{one}/revert", on.revert, methods=["POST"], **revert_operation(kind)),
        ]
    return found
