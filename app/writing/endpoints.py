"""What the endpoints that write records share: patches and passages before the transaction, preconditions and responses in it."""

from contextlib import nullcontext
from functools import partial
from typing import Any

from sqlalchemy import Connection

from app.database.engine.database import Database
from app.database.lookup import StoredRecord, find
from app.database.revisions import find_revision, has_unique_number
from app.database.tables import LIVE
from app.records.kinds import RecordKind
from app.values.entity_tag import mark_of
from app.values.json_patch import Patch
from app.values.text_selectors import SelectorMatches
from app.web.idempotency import StoredResponse
from app.web.preconditions import NamedRevision, Preconditions, PresentRevision, precondition_failed
from app.web.turns import Turns
from app.web.write_requests import Writer, WriteRequest
from app.writing import service as editing
from app.writing.check_selectors import QuotedText, attached_text, may_quote_texts, quoted_texts
from app.writing.submitted_document import SubmittedDocument
from app.writing.verification_process import examine_in_process, is_long


async def apply_before(
    writer: Writer, body: WriteRequest[Any], kind: RecordKind, record_id: str, patch: Patch
) -> editing.Patched | None:
    """Apply a patch to a record before the transaction that makes other writes wait; None where there is no live one."""
    db = writer.db

    def apply() -> editing.Patched | None:
        with db.snapshot() as connection:
            return editing.apply_patch(connection, kind, record_id, patch)

    async with writer.large_bodies if body.is_large else nullcontext():
        return await db.in_thread(apply)


async def look_up_quotations(
    db: Database,
    turns: Turns,
    body: WriteRequest[Any],
    kind: RecordKind,
    sent: SubmittedDocument | editing.Patched | None,
    record_id: str | None = None,
) -> SelectorMatches | None:
    """Search attached texts for the passages of a document before its transaction makes other writes wait."""
    document = sent.outcome if isinstance(sent, editing.Patched) else sent
    if not isinstance(document, SubmittedDocument):
        return None
    record = document.record
    if not await db.decide(lambda reading: may_quote_texts(reading, record), single=True):
        return None

    def quoted() -> list[QuotedText]:
        with db.snapshot() as connection:
            old = find(connection, kind, record_id) if record_id is not None else None
            return quoted_texts(connection, [(record, old.document if old else None)])

    def text_of(source: int) -> bytes:
        with db.snapshot() as connection:
            return (attached_text(connection, source) or "").encode()

    findings = SelectorMatches()
    async with turns.turn_when_needed(str(body.key.pk)) as take_turn:
        for one in await db.in_thread(quoted):
            if is_long(one.size, one.selectors):
                await take_turn()
            text = await db.in_thread(partial(text_of, one.source))
            findings.add(text, one.selectors, (await examine_in_process(text, one.selectors)).findings)
    return findings


def require_preconditions(db: Database, kind: RecordKind, record_id: str, conditions: Preconditions) -> None:
    """Raise `PreconditionRequired` where the preconditions of a request are missing, with the revision there is."""
    with db.snapshot() as connection:
        found = find(connection, kind, record_id)
        is_live = found is not None and found.state == LIVE
        conditions.require(_present(connection, found) if found is not None and is_live else None)


def _present(connection: Connection, current: StoredRecord) -> PresentRevision:
    unique = partial(has_unique_number, connection, current.pk, current.revision)
    return PresentRevision(current.revision, mark_of(current.updated_at), unique)


def check_of(tx: Connection, kind: RecordKind, conditions: Preconditions) -> editing.Check:
    """Give what raises where the preconditions of a request do not hold for a record."""

    def check(current: StoredRecord) -> None:
        present = _present(tx, current)
        conditions.require(present)
        if not conditions.hold_for(present):
            etag = editing.read_back(tx, kind, current.id).etag
            is_lost = partial(_is_lost, tx, current)
            raise precondition_failed(f"/v1/{current.ref}", present, etag, conditions, is_lost)

    return check


def _is_lost(tx: Connection, current: StoredRecord, named: NamedRevision) -> bool:
    found = find_revision(tx, current.pk, named.number) if named.number < current.revision else None
    return found is not None and mark_of(found.at) != named.mark


def record_response(
    tx: Connection, kind: RecordKind, stored: StoredRecord, status: int = 200, *headers: tuple[str, str]
) -> StoredResponse[Any]:
    """Give the response with a record as it was written: the bytes and the entity tag of reading it."""
    read = editing.read_back(tx, kind, stored.id)
    return StoredResponse.of_json(read.body, status, ("etag", read.etag), *headers, record=stored.pk)


def created_response(tx: Connection, kind: RecordKind, stored: StoredRecord) -> StoredResponse[Any]:
    """Give the response with a record that was created, and where it is."""
    return record_response(tx, kind, stored, 201, ("location", f"/v1/{stored.ref}"))
