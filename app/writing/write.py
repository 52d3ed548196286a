"""The one write path: for the API, the seeds, the importer and the tests.

A write is a batch of `NewRevision`s, most often one. Everything of a batch happens in the given
transaction: references are resolved and locked, documents are rendered, index rows replaced, and a revision
inserted for each; right before COMMIT the database version is increased, and a change inserted for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, func, update

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.index import rows
from app.database.index.database_version import bump_version
from app.database.index.derive import RowOwner, assign_keys
from app.database.index.insert_rows import insert_rows
from app.database.index.new_keys import reserve_keys
from app.database.index.prepare import PreparedBatch, prepare
from app.database.lookup import StoredRecord, asking_heads, heads_of
from app.database.revisions import Action, Attribution
from app.errors import PreconditionFailed
from app.records.base import Record
from app.records.kinds import RecordKind
from app.records.serialization import (
    RENDERING,
    SCHEMA_VERSION,
    has_same_content,
    server_fields_json,
    splice_server_fields,
)
from app.values.timestamps import now, rfc3339
from app.writing.batch import PendingWrite
from app.writing.changed_fields import changed_fields
from app.writing.check_provisions import refuse_unknown_provisions
from app.writing.check_selectors import check_selectors
from app.writing.resolve_references import resolve

KEEP_CREATED_AT: Final = -1
"""Stands for the moment at which a record was first written, where its document gives it."""

_COMPARE_AND_SET: Final = CompiledStatement(
    update(tables.record)
    .where(tables.record.c.pk == bindparam("read_pk"), tables.record.c.revision == bindparam("read_revision"))
    .values(
        {
            name: bindparam(name, type_=tables.record.c[name].type)
            for name in ("state", "merged_into", "revision", "updated_at", "rendering", "document")
        }
        | {"card": func.coalesce(bindparam("card", type_=tables.record.c.card.type), tables.record.c.card)}
    )
)


@dataclass(frozen=True, slots=True)
class NewRevision:
    """One record to be written: a new one, or a new revision of the one that `replaces`."""

    kind: RecordKind
    record: Record
    action: Action = "create"
    replaces: StoredRecord | None = None

    @property
    def ref(self) -> str:
        """The record's path below `/v1/`."""
        return f"{self.kind.collection}/{self.record.id}"


def write(
    tx: Connection,
    drafts: Sequence[PendingWrite],
    edit: Attribution,
    *,
    times: Sequence[tuple[int, int, int]] | None = None,
    prepared: PreparedBatch | None = None,
    keep_unchanged: bool = False,
) -> list[StoredRecord]:
    """Write a batch; documents may refer to each other in any direction.

    `times` has (revision, created, updated) for each where they are to be kept rather than set, as an
    import of an export does. `prepared` is what was prepared of the same batch before. With `keep_unchanged`
    nothing is written where every record says already what is to be written; they are returned as they are.

    Raises:
        DanglingReferences: references to nothing or to deleted records, all of them, with pointers.
        MisplacedSelectors: selectors that do not match the text that is attached to their source.
        UnknownProvisions: missions that are newly based on what is no provision of their agreement.
        PreconditionFailed: a record that is replaced has been written in the meantime.
        SerializationFailure: another writer took an id at the same moment; run the transaction again.
    """
    at = now()
    records: Sequence[Record] = []
    if prepared is None:
        records = [draft.record for draft in drafts]
        prepared = prepare(records)
    new = sum(draft.replaces is None for draft in drafts)
    others = {ref for some in prepared.mentions for ref in some}.difference(draft.ref for draft in drafts)
    reserved, found = reserve_keys(
        tx,
        {tables.record: new, tables.entry: len(prepared.rows.entries)},
        also=asking_heads(tx, others),
    )
    own = {
        draft.ref: next(reserved[tables.record]) if draft.replaces is None else draft.replaces.pk
        for draft in drafts
    }
    moved, keys = resolve(
        tx, prepared.mentions, own, lambda position: drafts[position].record, heads_of(found)
    )
    if moved:
        records = [moved.get(position, draft.record) for position, draft in enumerate(drafts)]
        prepared = prepare(records)
        reserved |= reserve_keys(tx, {tables.entry: len(prepared.rows.entries)}).keys
    if keep_unchanged:
        kept = [draft.replaces for draft in drafts if draft.replaces is not None]
        if len(kept) == len(drafts) and all(map(_says_already, kept, prepared.documents)):
            return kept
    if prepared.quotes or any(draft.kind.kind == "source" and draft.replaces is not None for draft in drafts):
        _check_quotations(tx, drafts, records, keys, edit)
    refuse_unknown_provisions(tx, drafts, prepared.documents)

    owners: list[RowOwner] = []
    stored: list[StoredRecord] = []
    for position, draft in enumerate(drafts):
        replaced = draft.replaces
        if times is not None:
            revision, born, changed = times[position]
        elif replaced is None:
            revision, born, changed = 1, at, at
        else:
            revision, born, changed = replaced.revision + 1, KEEP_CREATED_AT, max(at, replaced.updated_at + 1)
        created_at = (
            orjson.loads(replaced.document)["created_at"]
            if replaced and born == KEEP_CREATED_AT
            else rfc3339(born)
        )
        pk = own[draft.ref]
        beginning = server_fields_json(draft.ref, draft.kind.kind, revision, created_at, rfc3339(changed))
        owners.append(RowOwner(pk, changed, beginning))
        stored.append(
            StoredRecord(
                pk,
                draft.kind.kind,
                draft.ref.partition("/")[2],
                tables.LIVE,
                None,
                revision,
                changed,
                splice_server_fields(prepared.documents[position], beginning),
            )
        )

    for draft, one, card_text in zip(drafts, stored, prepared.cards, strict=True):
        if draft.replaces is not None:
            compare_and_set(tx, draft.replaces, one, card_text)
    written = [(draft.action, one) for draft, one in zip(drafts, stored, strict=True)]
    documents = [
        splice_server_fields(revision, owner.beginning)
        for revision, owner in zip(prepared.revisions, owners, strict=True)
    ]
    gone = [draft.replaces.pk for draft in drafts if draft.replaces is not None]
    replaced_at = rows.delete_index(tx, gone, replaced=True)
    rows.insert_index(
        tx,
        assign_keys(prepared.rows, owners, keys, reserved[tables.entry]),
        replaced_at,
        born=_born(drafts, stored, prepared.cards),
        revisions=_revisions(written, documents, edit),
    )
    _tell(
        tx,
        written,
        edit,
        [
            changed_fields(draft.replaces, document)
            for draft, document in zip(drafts, prepared.documents, strict=True)
        ],
    )
    return stored


def _check_quotations(
    tx: Connection,
    drafts: Sequence[PendingWrite],
    records: Sequence[Record],
    keys: Mapping[str, int],
    edit: Attribution,
) -> None:
    """Check what the records quote; raises `MisplacedSelectors`."""
    quoting = [
        (record, draft.replaces.document if draft.replaces is not None else None)
        for draft, record in zip(drafts, records or [draft.record for draft in drafts], strict=True)
    ]
    check_selectors(tx, quoting, keys.__getitem__, edit.findings)


def _says_already(current: StoredRecord, document: str) -> bool:
    """Return whether a live record has a document, but for what the server sets."""
    return current.state == tables.LIVE and has_same_content(current.document, document)


def append_history(tx: Connection, written: Sequence[tuple[Action, StoredRecord]], edit: Attribution) -> None:
    """Insert a revision without a document and a change for each write, as of records that were deleted or merged away."""
    insert_rows(tx, tables.revision, _revisions(written, [None] * len(written), edit))
    _tell(tx, written, edit, [None] * len(written))


def _revisions(
    written: Sequence[tuple[Action, StoredRecord]], documents: Sequence[str | None], edit: Attribution
) -> list[tuple[Any, ...]]:
    return [
        (
            one.pk,
            one.revision,
            one.updated_at,
            edit.by,
            action,
            edit.comment,
            SCHEMA_VERSION,
            document,
            edit.import_,
            edit.merge,
        )
        for (action, one), document in zip(written, documents, strict=True)
    ]


def _tell(
    tx: Connection,
    written: Sequence[tuple[Action, StoredRecord]],
    edit: Attribution,
    fields: Sequence[str | None],
) -> None:
    """Have a change told of each write; `fields` are those that each has changed, None where there are none to compare."""
    changes = [
        (one.updated_at, edit.by, action, one.pk, one.revision, one.kind, changed)
        for (action, one), changed in zip(written, fields, strict=True)
    ]
    bump_version(tx, len(changes), edit.vocabulary, changes)


def compare_and_set(tx: Connection, current: StoredRecord, new: StoredRecord, card_text: str = "") -> None:
    """Update a record's row if its revision is still the one that was read.

    Raises:
        PreconditionFailed: somebody wrote in between.
    """
    values = {
        "read_pk": current.pk,
        "read_revision": current.revision,
        "state": new.state,
        "merged_into": new.merged_into,
        "revision": new.revision,
        "updated_at": new.updated_at,
        "rendering": RENDERING,
        "document": new.document,
        "card": card_text or None,
    }
    if _COMPARE_AND_SET.do(tx, values) != 1:
        raise PreconditionFailed(
            "The record has been written since you read it; read it again, then repeat the change."
        )


def _born(
    drafts: Sequence[PendingWrite], stored: Sequence[StoredRecord], cards: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Return the rows of the records that are new."""
    return [
        (
            one.pk,
            one.kind,
            one.id,
            one.state,
            None,
            one.revision,
            RENDERING,
            one.updated_at,
            one.document,
            card_text,
        )
        for draft, one, card_text in zip(drafts, stored, cards, strict=True)
        if draft.replaces is None
    ]
