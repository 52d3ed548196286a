"""Finding records by their references, for those who write."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, LargeBinary, and_, bindparam, cast, func, or_, select

from app.errors import NotFound, nearest
from app.records import RECORDS, RecordKind, kind_of_collection
from app.records.scalars import MAX_TITLE
from app.store import tables
from app.store.statement import AnyOf, Statement
from app.values.portions import portions
from app.values.slug import is_id, slugify
from app.verbs.batches import BATCH_BYTES

_MOST_AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class Stored:
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


COLLECTIONS = {kind.kind: kind.collection for kind in RECORDS}

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
FIND = Statement(_ONE)
FIND_FOR_UPDATE = Statement(_ONE.with_for_update())
_BY_KEYS = select(*_ROW).where(AnyOf.keys(_record.pk, "pks")).order_by(_record.pk)
FIND_BY_KEYS = Statement(_BY_KEYS)
FIND_BY_KEYS_FOR_UPDATE = Statement(_BY_KEYS.with_for_update())
OUTLINES = Statement(
    select(_record.pk, _record.revision, func.octet_length(_record.document)).where(
        AnyOf.keys(_record.pk, "pks")
    ),
    # It has octet_length from 3.43 on.
    on_sqlite=select(_record.pk, _record.revision, func.length(cast(_record.document, LargeBinary))).where(
        AnyOf.keys(_record.pk, "pks")
    ),
)


@lru_cache(maxsize=128)
def finding_heads(collections: tuple[str, ...], *, lock: bool = False) -> Statement:
    """Make the statement that finds records by lists of ids, each named for its collection."""
    kinds = [kind for kind in RECORDS if kind.collection in collections]
    heads = (
        select(_record.pk, _record.kind, _record.id, _record.state, _record.merged_into)
        .where(
            or_(
                *(and_(_record.kind == kind.kind, AnyOf.texts(_record.id, kind.collection)) for kind in kinds)
            )
        )
        .order_by(_record.pk)
    )
    return Statement(heads.with_for_update(read=True) if lock else heads)


def ids_by_collection(refs: Iterable[str]) -> dict[str, list[str]]:
    """Sort references by their collections; those to none that there is are left out."""
    ids: dict[str, list[str]] = {}
    for ref in refs:
        collection, _, record_id = ref.partition("/")
        if kind_of_collection(collection) is not None:
            ids.setdefault(collection, []).append(record_id)
    return ids


NEIGHBOURS = Statement(
    select(_record.id)
    .where(
        _record.kind == bindparam("kind"),
        _record.id >= bindparam("from_id"),
        _record.id < bindparam("to_id"),
        _record.state == tables.LIVE,
    )
    .order_by(_record.id)
    .limit(200)
)


class Head(NamedTuple):
    """What a reference leads to."""

    pk: int
    ref: str
    state: int
    merged_into: int | None


def find(tx: Connection, kind: RecordKind, record_id: str, *, lock: bool = False) -> Stored | None:
    """Find a record, alive or not; `lock` holds its row until the transaction ends."""
    statement = FIND_FOR_UPDATE if lock else FIND
    row = statement.first(tx, {"kind": kind.kind, "id": record_id})
    return None if row is None else Stored(*row)


def find_by_keys(tx: Connection, pks: Sequence[int], *, lock: bool = False) -> list[Stored]:
    """Find records by their keys, in the order of the keys; `lock` holds their rows."""
    statement = FIND_BY_KEYS_FOR_UPDATE if lock else FIND_BY_KEYS
    return [Stored(*row) for row in statement.rows(tx, {"pks": list(pks)})]


class Outline(NamedTuple):
    """What is known of a record without reading it: its revision, and the bytes of its document."""

    revision: int
    size: int


def outlines(tx: Connection, pks: Sequence[int]) -> dict[int, Outline]:
    """Give the outlines of records by their keys."""
    return {pk: Outline(revision, size) for pk, revision, size in OUTLINES.rows(tx, {"pks": list(pks)})}


def find_in_batches(tx: Connection, pks: Sequence[int]) -> Iterator[Stored]:
    """Find records by their keys, some megabytes of them at a time; whoever keeps none holds no more."""
    found = outlines(tx, pks)
    for batch in portions(found, lambda pk: found[pk].size, most_size=BATCH_BYTES, most=_MOST_AT_A_TIME):
        yield from find_by_keys(tx, batch)


def find_heads(tx: Connection, refs: Iterable[str], *, lock: bool = True) -> dict[str, Head]:
    """Find what references lead to; the rows are held against deletion, in the order of keys."""
    ids = ids_by_collection(refs)
    heads: dict[str, Head] = {}
    if not ids:
        return heads
    for pk, kind, record_id, state, merged_into in finding_heads(tuple(sorted(ids)), lock=lock).rows(tx, ids):
        ref = f"{COLLECTIONS[kind]}/{record_id}"
        heads[ref] = Head(pk, ref, state, merged_into)
    return heads


def split_ref(ref: str) -> tuple[RecordKind, str]:
    """Split a reference into its kind and id; raises `NotFound` for an unknown collection."""
    collection, _, record_id = ref.partition("/")
    kind = kind_of_collection(collection)
    if kind is None:
        raise NotFound(
            "There is no such collection.",
            extra={"nearest": nearest(collection, [kind.collection for kind in RECORDS])},
        )
    return kind, record_id


def targets_of_merges(tx: Connection, merged: Iterable[Head]) -> dict[str, Head]:
    """Follow merged records to the live ones they ended in, however many merges away."""
    ends: dict[str, Head] = {}
    for head in merged:
        next_pk = head.merged_into
        while next_pk is not None:
            target = find_by_keys(tx, [next_pk])[0]
            next_pk = target.merged_into
            ends[head.ref] = Head(target.pk, target.ref, target.state, target.merged_into)
    return ends


def near_refs(tx: Connection, ref: str, most: int = 5) -> list[str]:
    """Give references to live records whose ids are like that of `ref`, the nearest first."""
    kind, record_id = kind_of_collection(ref.partition("/")[0]), ref.partition("/")[2]
    if kind is None or not record_id:
        return []
    ranges = neighbour_ranges(kind, record_id)
    found = {found for parameters in ranges for found in NEIGHBOURS.values(tx, parameters)}
    return rank_neighbours(kind, record_id, found, most)


def neighbour_ranges(kind: RecordKind, record_id: str) -> list[dict[str, str]]:
    """Give the parameters of `NEIGHBOURS` that find ids like this one.

    They look at the neighbours in the order of ids, and at those that share the first letters, so
    that the cost does not grow with the database. What is no id is taken for the title of one.
    """
    meant = _as_id(record_id)
    if meant is None:
        return []
    # The last letter of a short id may be the one that is wrong.
    start = meant[: min(3, max(1, len(meant) - 1))]
    return [
        {"kind": kind.kind, "from_id": start, "to_id": start + "~"},
        {"kind": kind.kind, "from_id": meant, "to_id": "~"},
    ]


def rank_neighbours(kind: RecordKind, record_id: str, candidates: Iterable[str], most: int = 5) -> list[str]:
    """Give references to the candidates that are like the id, the nearest first."""
    meant = _as_id(record_id)
    found = process.extract(meant, sorted(candidates), scorer=fuzz.ratio, score_cutoff=60, limit=most)
    return [f"{kind.collection}/{match[0]}" for match in found]


def _as_id(text: str) -> str | None:
    """Give an id that may have been meant: `W1` for w1, a title for what is made from it; None where nothing is."""
    return text if is_id(text) else slugify(text[:MAX_TITLE])
