"""The one write path: for the API, the seeds, the importer and the tests.

A write is a batch of `Draft`s, most often one. Everything of a batch happens in the transaction it is
given: references are resolved and held, documents are rendered, index rows replaced, a revision and a
change kept for each, and last of all the database's version is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import (
    BigInteger,
    Connection,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    union_all,
    update,
)

from app.errors import Conflict, Fault, Gone, NotFound, PreconditionFailed
from app.records import RecordKind, kind_named
from app.records.base import Record
from app.records.writing import SCHEMA_VERSION, server_fields, signed
from app.store import rows, tables
from app.store.faults import INTEGRITY_ERRORS, LostRace
from app.store.indexing import Owner, keyed
from app.store.statement import Statement
from app.store.statistics import keep_up
from app.values.moments import now, rfc3339
from app.verbs.drafts import Action, Writable
from app.verbs.finding import Stored, find
from app.verbs.free_ids import free_id
from app.verbs.passages import Findings, refuse_misplaced
from app.verbs.preparing import Prepared, prepare
from app.verbs.provisions import refuse_unknown_provisions
from app.verbs.referring import resolve

RENDERING = 1
"""The version of derived members in stored documents; `reindex` renders anew what is older."""

KEPT: Final = -1
"""Stands for the moment at which a record was first written, where its document says it."""

_merged = tables.record.alias("merged")

REFERRERS = Statement(
    select(tables.record.c.kind, tables.record.c.id)
    .where(
        exists().where(
            tables.reference.c.record == tables.record.c.pk,
            # What still refers to a record merged into it, while a long merge is under way, refers to it.
            tables.reference.c.target.in_(
                union_all(
                    select(bindparam("pk", type_=BigInteger())),
                    select(_merged.c.pk).where(_merged.c.merged_into == bindparam("pk")),
                )
            ),
            tables.reference.c.record != bindparam("pk"),
        )
    )
    .order_by(tables.record.c.kind, tables.record.c.id)
    .limit(101)
)

_TO_BE_REFERRED_TO = Statement(
    select(tables.merge.c.pk)
    .join(tables.merge_move, tables.merge_move.c.merge == tables.merge.c.pk)
    .where(tables.merge_move.c.revision < literal_column("0"), tables.merge.c.source == bindparam("pk"))
    .limit(literal_column("1"))
)

_COMPARE_AND_SET: Final = Statement(
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
class Edit:
    """Who writes, and why."""

    by: str
    comment: str | None = None
    vocabulary: int | None = None
    """The version of the vocabulary that the documents were read under, where that can have changed since."""
    findings: Findings | None = None
    """What was found in attached texts before the transaction began."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One record to be written: a new one, or a new revision of the one that `replaces`."""

    kind: RecordKind
    record: Record
    action: Action = "create"
    replaces: Stored | None = None

    @property
    def ref(self) -> str:
        """The record's path below `/v1/`."""
        return f"{self.kind.collection}/{self.record.id}"


def write(
    tx: Connection,
    drafts: Sequence[Writable],
    edit: Edit,
    *,
    times: Sequence[tuple[int, int, int]] | None = None,
    prepared: Prepared | None = None,
) -> list[Stored]:
    """Write a batch; drafts may refer to each other in any direction.

    `times` gives (revision, created, updated) for each draft where they are to be kept rather than
    set, as an import of an export does. `prepared` is what was made of the same drafts before.

    Raises:
        DanglingReferences: references to nothing or to deleted records, all of them, with pointers.
        MisplacedPassages: selectors that do not match the text that is attached to their source.
        UnknownProvisions: missions that newly rest on what is no provision of their agreement.
        PreconditionFailed: a record that is replaced has been written in the meantime.
        LostRace: another writer took an id at the same moment; run the transaction again.
    """
    at = now()
    new_keys = rows.next_keys(tx, tables.record, sum(draft.replaces is None for draft in drafts))
    own = {draft.ref: next(new_keys) if draft.replaces is None else draft.replaces.pk for draft in drafts}
    records: Sequence[Record] = []
    if prepared is None:
        records = [draft.record for draft in drafts]
        prepared = prepare(records)
    moved, keys = resolve(tx, prepared.mentions, own, lambda position: drafts[position].record)
    if moved:
        records = [moved.get(position, draft.record) for position, draft in enumerate(drafts)]
        prepared = prepare(records)
    if prepared.quotes or any(draft.kind.kind == "source" and draft.replaces is not None for draft in drafts):
        written = [
            (record, draft.replaces.document if draft.replaces is not None else None)
            for draft, record in zip(drafts, records or [draft.record for draft in drafts], strict=True)
        ]
        refuse_misplaced(tx, written, keys.__getitem__, edit.findings)
    refuse_unknown_provisions(tx, drafts, prepared.documents)

    owners: list[Owner] = []
    stored: list[Stored] = []
    for position, draft in enumerate(drafts):
        replaced = draft.replaces
        if times is not None:
            revision, born, changed = times[position]
        elif replaced is None:
            revision, born, changed = 1, at, at
        else:
            revision, born, changed = replaced.revision + 1, KEPT, max(at, replaced.updated_at + 1)
        created_at = (
            orjson.loads(replaced.document)["created_at"] if replaced and born == KEPT else rfc3339(born)
        )
        pk = own[draft.ref]
        beginning = server_fields(draft.ref, draft.kind.kind, revision, created_at, rfc3339(changed))
        owners.append(Owner(pk, changed, beginning))
        stored.append(
            Stored(
                pk,
                draft.kind.kind,
                draft.ref.partition("/")[2],
                tables.LIVE,
                None,
                revision,
                changed,
                signed(prepared.documents[position], beginning),
            )
        )

    _store_documents(tx, drafts, stored, prepared.cards)
    rows.delete_index(tx, [draft.replaces.pk for draft in drafts if draft.replaces is not None])
    next_entry = rows.next_keys(tx, tables.entry, len(prepared.rows.entries))
    rows.insert_index(tx, keyed(prepared.rows, owners, keys, next_entry))
    log(
        tx,
        [(draft.action, one) for draft, one in zip(drafts, stored, strict=True)],
        [
            signed(revision, owner.beginning)
            for revision, owner in zip(prepared.revisions, owners, strict=True)
        ],
        edit,
    )
    return stored


def log(
    tx: Connection,
    written: Sequence[tuple[Action, Stored]],
    documents: Sequence[str | None],
    edit: Edit,
) -> None:
    """Keep a revision and a change for each write; takes the database's version, so call it last."""
    rows.insert_revisions(
        tx,
        [
            (
                one.pk,
                one.revision,
                one.updated_at,
                edit.by,
                action,
                edit.comment,
                SCHEMA_VERSION,
                document,
            )
            for (action, one), document in zip(written, documents, strict=True)
        ],
    )
    first = rows.advance_version(tx, len(written), edit.vocabulary)
    rows.insert_changes(
        tx,
        [
            (first + step, one.updated_at, edit.by, action, one.pk, one.revision)
            for step, (action, one) in enumerate(written)
        ],
    )
    keep_up(tx, first + len(written) - 1, len(written))


def create(tx: Connection, kind: RecordKind, record: Record, edit: Edit) -> Stored:
    """Create a record; one without an id is given one.

    Raises:
        Conflict: the id is in use, deleted or merged away.
    """
    if record.id is None:
        record = record.model_copy(update={"id": free_id(tx, kind, record.title)})
    else:
        refuse_taken(find(tx, kind, record.id))
    return write(tx, [Draft(kind, record)], edit)[0]


def refuse_taken(existing: Stored | None) -> None:
    """Raise `Conflict` where an id cannot be given to a new record."""
    if existing is None:
        return
    reason = {
        tables.LIVE: "This id is in use; send the document with PUT and If-Match to replace it.",
        tables.DELETED: "This id belonged to a record that was deleted; restore it, or choose another id.",
        tables.MERGED: "This id belonged to a record that was merged into another; choose another id.",
    }[existing.state]
    raise Conflict(reason, code="id_in_use", faults=[Fault("id_in_use", reason, pointer="/id")])


def replace(tx: Connection, current: Stored, record: Record, edit: Edit, action: Action = "update") -> Stored:
    """Write a new revision of a record found with `find(…, lock=True)`."""
    kind = kind_named(current.kind)
    record = record.model_copy(update={"id": current.id})
    return write(tx, [Draft(kind, record, action, current)], edit)[0]


def delete(tx: Connection, current: Stored, edit: Edit) -> Stored:
    """Leave a tombstone in a record's place; `current` must have been found with `lock=True`.

    Raises:
        Conflict: other records refer to it; the answer names the first hundred.
    """
    refuse_referenced(tx, current)
    gone = Stored(
        pk=current.pk,
        kind=current.kind,
        id=current.id,
        state=tables.DELETED,
        merged_into=None,
        revision=current.revision + 1,
        updated_at=max(now(), current.updated_at + 1),
        document=current.document,
    )
    compare_and_set(tx, current, gone)
    rows.delete_index(tx, [current.pk])
    log(tx, [("delete", gone)], [None], edit)
    return gone


def refuse_referenced(tx: Connection, current: Stored) -> None:
    """Raise `Conflict` where records other than itself refer to a record, or will once a merge of it is undone."""
    found = REFERRERS.rows(tx, {"pk": current.pk})
    if not found:
        if _TO_BE_REFERRED_TO.rows(tx, {"pk": current.pk}):
            detail = "A merge of this record is still being undone; wait until that is over."
            raise Conflict(detail, code="merge_under_way", faults=[Fault("merge_under_way", detail)])
        return
    refs = [f"{kind_named(kind).collection}/{record_id}" for kind, record_id in found]
    more = " and more" if len(refs) > 100 else ""
    raise Conflict(
        "Other records refer to this one; change them first, or merge this record into another.",
        code="referenced",
        faults=[Fault("referenced", f"{ref} refers to this record.", "") for ref in refs[:100]],
        extra={"referrers": refs[:100], **({"note": more.strip()} if more else {})},
    )


def compare_and_set(tx: Connection, current: Stored, new: Stored, card_text: str = "") -> None:
    """Write a record's row if its revision is still the one that was read.

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


def _store_documents(
    tx: Connection, drafts: Sequence[Writable], stored: Sequence[Stored], cards: Sequence[str]
) -> None:
    born = []
    for draft, one, card_text in zip(drafts, stored, cards, strict=True):
        if draft.replaces is None:
            born.append(
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
            )
        else:
            compare_and_set(tx, draft.replaces, one, card_text)
    try:
        rows.insert_rows(tx, tables.record, born)
    except INTEGRITY_ERRORS as error:
        raise LostRace from error


def refuse_unless_live(current: Stored | None, ref: str) -> Stored:
    """Give a live record back; raise what a write to anything else answers (api.md §3)."""
    if current is None:
        raise NotFound("There is no such record.", extra={"ref": ref})
    if current.state == tables.DELETED:
        raise Gone("This record was deleted; restore it first.", extra={"revision": current.revision - 1})
    return current
