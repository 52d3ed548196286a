"""Finding records by their references, for writes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, LargeBinary, and_, bindparam, cast, func, or_, select

from app.database import tables
from app.database.engine import raw_sql as direct
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.near_ids import SIMILAR_IDS, not_found, rank_similar, similar_id_ranges
from app.errors import BadRequest, Conflict, Fault, Gone, MergedInto, NotFound, nearest, quoted
from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_collection
from app.values.portions import portions
from app.values.slug import is_id

_MAX_AT_A_TIME = 1000
COLLECTIONS = {kind.kind: kind.collection for kind in RECORD_KINDS}
_record = tables.record.c

_ROW = (
    _record.pk,
    _record.kind,
    _record.id,
    _record.state,
    _record.merged_into,
    _record.revision,
    _record.updated_at,
    _record.document,
)

_ONE = select(*_ROW).where(_record.kind == bindparam("kind"), _record.id == bindparam("id"))
FIND = CompiledStatement(_ONE)
FIND_FOR_UPDATE = CompiledStatement(_ONE.with_for_update())
_BY_KEYS = select(*_ROW).where(AnyOf.keys(_record.pk, "pks")).order_by(_record.pk)
FIND_BY_KEYS = CompiledStatement(_BY_KEYS)
FIND_BY_KEYS_FOR_UPDATE = CompiledStatement(_BY_KEYS.with_for_update())

_HEAD = CompiledStatement(
    select(_record.id, _record.pk, _record.state, _record.merged_into).where(
        _record.kind == bindparam("kind"), _record.id == bindparam("id")
    )
)

_MERGED_INTO = CompiledStatement(
    select(_record.kind, _record.id, _record.merged_into).where(_record.pk == bindparam("pk"))
)

OUTLINES = CompiledStatement(
    select(_record.pk, _record.revision, func.octet_length(_record.document)).where(
        AnyOf.keys(_record.pk, "pks")
    ),
    # SQLite has octet_length from 3.43 on.
    on_sqlite=select(_record.pk, _record.revision, func.length(cast(_record.document, LargeBinary))).where(
        AnyOf.keys(_record.pk, "pks")
    ),
)

BATCH_BYTES: Final = 2**20
"""Bytes of JSON text of the documents that are handled at a time: as objects they take up to thirty times as much."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record's row."""

    pk: int
    kind: str
    id: str
    state: int
    merged_into: int | None
    revision: int
    updated_at: int
    document: str

    @property
    def ref(self) -> str:
        """The record's path below `/v1/`."""
        return f"{COLLECTIONS[self.kind]}/{self.id}"


@lru_cache(maxsize=128)
def finding_heads(collections: tuple[str, ...], *, lock: bool = False) -> CompiledStatement:
    """Make the statement that finds records by lists of ids, each named for its collection."""
    kinds = [kind for kind in RECORD_KINDS if kind.collection in collections]
    heads = (
        select(_record.pk, _record.kind, _record.id, _record.state, _record.merged_into)
        .where(
            or_(
                *(and_(_record.kind == kind.kind, AnyOf.texts(_record.id, kind.collection)) for kind in kinds)
            )
        )
        .order_by(_record.pk)
    )
    return CompiledStatement(heads.with_for_update(read=True) if lock else heads)


def ids_by_collection(refs: Iterable[str]) -> dict[str, list[str]]:
    """Group references by their collections; those into unknown collections are left out."""
    ids: dict[str, list[str]] = {}
    for ref in refs:
        collection, _, record_id = ref.partition("/")
        if kind_by_collection(collection) is not None:
            ids.setdefault(collection, []).append(record_id)
    return ids


class RecordHead(NamedTuple):
    """What a reference leads to: the record's key, state and revision."""

    pk: int
    ref: str
    state: int
    merged_into: int | None


def find(tx: Connection, kind: RecordKind, record_id: str, *, lock: bool = False) -> StoredRecord | None:
    """Find a record, live or not; `lock` locks its row until the transaction ends."""
    statement = FIND_FOR_UPDATE if lock else FIND
    row = statement.first(tx, {"kind": kind.kind, "id": record_id})
    return None if row is None else StoredRecord(*row)


def find_by_keys(tx: Connection, pks: Sequence[int], *, lock: bool = False) -> list[StoredRecord]:
    """Find records by their keys, in the order of the keys; `lock` locks their rows."""
    statement = FIND_BY_KEYS_FOR_UPDATE if lock else FIND_BY_KEYS
    return [StoredRecord(*row) for row in statement.rows(tx, {"pks": list(pks)})]


class RecordOutline(NamedTuple):
    """The revision of a record and the size of its document, known without reading it."""

    revision: int
    size: int


def outlines(tx: Connection, pks: Sequence[int]) -> dict[int, RecordOutline]:
    """Return the outlines of records by their keys."""
    return {pk: RecordOutline(revision, size) for pk, revision, size in OUTLINES.rows(tx, {"pks": list(pks)})}


def find_in_batches(tx: Connection, pks: Sequence[int]) -> Iterator[StoredRecord]:
    """Find records by their keys, some megabytes at a time, to bound memory."""
    found = outlines(tx, pks)
    for batch in portions(found, lambda pk: found[pk].size, most_size=BATCH_BYTES, most=_MAX_AT_A_TIME):
        yield from find_by_keys(tx, batch)


def find_heads(tx: Connection, refs: Iterable[str], *, lock: bool = True) -> dict[str, RecordHead]:
    """Find what references lead to; the rows are locked against deletion, in the order of keys."""
    return heads_of(direct.fetch_together(tx, asking_heads(tx, refs, lock=lock)))


def asking_heads(tx: Connection, refs: Iterable[str], *, lock: bool = True) -> list[direct.Query]:
    """Return the statement that finds what references lead to, for `heads_of`; none where they lead nowhere."""
    ids = ids_by_collection(refs)
    return [finding_heads(tuple(sorted(ids)), lock=lock).on(tx, ids)] if ids else []


def heads_of(answers: Iterable[Iterable[tuple[Any, ...]]]) -> dict[str, RecordHead]:
    """Return what references lead to, from the rows of `asking_heads`."""
    heads: dict[str, RecordHead] = {}
    for rows in answers:
        for pk, kind, record_id, state, merged_into in rows:
            ref = f"{COLLECTIONS[kind]}/{record_id}"
            heads[ref] = RecordHead(pk, ref, state, merged_into)
    return heads


def split_ref(ref: str) -> tuple[RecordKind, str]:
    """Split a reference into its kind and id; raises `NotFound` for an unknown collection."""
    collection, _, record_id = ref.partition("/")
    kind = kind_by_collection(collection)
    if kind is None:
        raise NotFound(
            "There is no such collection.",
            extra={"nearest": nearest(collection, [kind.collection for kind in RECORD_KINDS])},
        )
    return kind, record_id


def follow_merges(tx: Connection, merged: Iterable[RecordHead]) -> dict[str, RecordHead]:
    """Follow merged and renamed records to the ones they ended in, however many merges away."""
    ends: dict[str, RecordHead] = {}
    for head in merged:
        next_pk = head.merged_into
        while next_pk is not None:
            target = find_by_keys(tx, [next_pk])[0]
            next_pk = target.merged_into
            ends[head.ref] = RecordHead(target.pk, target.ref, target.state, target.merged_into)
    return ends


def lock_live_record(tx: Connection, kind: RecordKind, record_id: str) -> StoredRecord:
    """Find a live record and lock it until the transaction ends.

    Raises:
        NotFound: there never was such a record.
        Gone: it was deleted.
        Conflict: it was merged into another, or renamed; where it is is named.
    """
    current = find(tx, kind, record_id, lock=True) if is_id(record_id) else None
    if current is None and is_id(record_id):
        # Postgres finds no row that was renamed while this waited for its lock; the next statement does.
        current = find(tx, kind, record_id, lock=True)
    if current is None:
        raise not_found(tx, kind, record_id)
    refuse_merged(tx, current)
    if current.state == tables.DELETED:
        raise Gone(
            "This record was deleted; restore it first.",
            extra={"revision": current.revision - 1, "restore": f"/v1/{current.ref}/restore"},
        )
    return current


def refuse_merged(tx: Connection, current: StoredRecord) -> None:
    """Raise `Conflict` for a record that was merged into another, or renamed, naming where it is."""
    if current.state not in tables.MOVED:
        return
    head = RecordHead(current.pk, current.ref, current.state, current.merged_into)
    target = follow_merges(tx, [head])[current.ref]
    if current.state == tables.RENAMED:
        raise Conflict(
            f"This record was renamed, and is {target.ref} now; write to that.",
            code="renamed",
            headers={"Link": f'</v1/{target.ref}>; rel="canonical"'},
            extra={"renamed_to": target.ref, "href": f"/v1/{target.ref}"},
        )
    raise Conflict(
        f"This record was merged into {target.ref}; write to that.",
        code="merged",
        headers={"Link": f'</v1/{target.ref}>; rel="canonical"'},
        extra={"merged_into": target.ref, "href": f"/v1/{target.ref}"},
    )


async def follow_renaming(db: ReadConnection, kind: RecordKind, record_id: str) -> None:
    """Raise `MergedInto` for the id of a record that was renamed: what is below its address is at the other."""
    for _, _, state, merged_into in await db.fetch(_HEAD, {"kind": kind.kind, "id": record_id}):
        if state == tables.RENAMED:
            raise MergedInto((await end_of_merges(db, merged_into))[1])


async def end_of_merges(db: ReadConnection, pk: int) -> tuple[int, str]:
    """Follow a merged record to the live one it ended in; returns that one's key and reference."""
    while True:
        kind, record_id, merged_into = (await db.fetch(_MERGED_INTO, {"pk": pk}))[0]
        if merged_into is None:
            return pk, f"{COLLECTIONS[kind]}/{record_id}"
        pk = merged_into


def reference_deleted(pointer: str, ref: str) -> Fault:
    """Make the fault for a reference to a deleted record."""
    detail = "This record was deleted; restore it first, or refer to another."
    return Fault("reference_deleted", detail, pointer, value=quoted(ref))


async def resolve_references(db: ReadConnection, refs: Mapping[str, str]) -> dict[str, int]:
    """Find the keys of records as `find_references` does.

    Raises:
        BadRequest: every reference that leads to nothing, with near ones.
        NotFound: a reference is into a collection that there is not.
    """
    found, faults = await find_references(db, refs)
    if faults:
        raise BadRequest(
            "The query refers to records that do not exist.", code="invalid_query", faults=faults
        )
    return found


async def find_references(
    db: ReadConnection, refs: Mapping[str, str]
) -> tuple[dict[str, int], Sequence[Fault]]:
    """Find the keys of records by references, given by the parameter that names them, and what is wrong with the others.

    A merged record stands for the one it was merged into, an old id for the record that had it.

    Raises:
        NotFound: a reference is into a collection that there is not.
    """
    if not refs:
        return {}, ()
    for ref in refs.values():
        split_ref(ref)
    ids = ids_by_collection(dict.fromkeys(refs.values()))
    found: dict[str, int] = {}
    heads = await db.fetch(finding_heads(tuple(sorted(ids))), ids)
    for pk, kind_name, record_id, state, merged_into in heads:
        if state == tables.LIVE:
            found[f"{COLLECTIONS[kind_name]}/{record_id}"] = pk
        elif state in tables.MOVED:
            found[f"{COLLECTIONS[kind_name]}/{record_id}"] = (await end_of_merges(db, merged_into))[0]
    faults = [
        await unknown_reference(db, parameter, ref) for parameter, ref in refs.items() if ref not in found
    ]
    return {parameter: found[ref] for parameter, ref in refs.items() if ref in found}, faults


async def key_of_address(db: ReadConnection, parameter: str, ref: str) -> int:
    """Find the key of the record that has or had a reference, whether live or not; an old id is followed, no merge is.

    Raises:
        BadRequest: there never was such a record, with a near one.
        NotFound: the reference is into a collection that there is not.
    """
    kind, record_id = split_ref(ref)
    for _, pk, state, merged_into in await db.fetch(_HEAD, {"kind": kind.kind, "id": record_id}):
        return int(merged_into if state == tables.RENAMED else pk)
    faults = [await unknown_reference(db, parameter, ref)]
    raise BadRequest("The query refers to records that do not exist.", code="invalid_query", faults=faults)


async def key_of_source(db: ReadConnection, source: str | None) -> int | None:
    """Find the key of the source whose view `policy` asks for; None where it asks for none.

    Raises:
        BadRequest: there is no such source.
    """
    return None if source is None else (await resolve_references(db, {"policy": source}))["policy"]


async def unknown_reference(db: ReadConnection, parameter: str, ref: str) -> Fault:
    """Make the fault for a reference of a query that leads to nothing, with a near one."""
    kind, record_id = split_ref(ref)
    near: set[str] = set()
    for parameters in similar_id_ranges(kind, record_id):
        near.update(row[0] for row in await db.fetch(SIMILAR_IDS, parameters))
    refs = rank_similar(kind, record_id, near, 1)
    return Fault(
        "unknown_reference",
        "There is no such record.",
        parameter=parameter.partition("_")[0],
        suggestion=refs[0] if refs else None,
    )


def refuse_unless_live(current: StoredRecord | None, ref: str) -> StoredRecord:
    """Return a live record; raise the error of a write to any other."""
    if current is None:
        raise NotFound("There is no such record.", extra={"ref": ref})
    if current.state == tables.DELETED:
        raise Gone("This record was deleted; restore it first.", extra={"revision": current.revision - 1})
    return current
