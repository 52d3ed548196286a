"""Suggestions for an id that no record has."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, bindparam, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.errors import NotFound
from app.records.kinds import RecordKind, kind_by_collection
from app.records.scalars import MAX_TITLE
from app.values.slug import is_id, slugify
from app.values.text_folding import tokens

_record = tables.record.c

SIMILAR_IDS = CompiledStatement(
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


def not_found(tx: Connection, kind: RecordKind, record_id: str) -> NotFound:
    """Make the error for a record that never existed, with similar ids and where to search for its words."""
    return _not_found(kind, record_id, similar_references(tx, f"{kind.collection}/{record_id}"))


def _not_found(kind: RecordKind, record_id: str, refs: Sequence[str]) -> NotFound:
    extra: dict[str, Any] = {}
    if refs:
        extra["near"] = [{"ref": ref, "href": f"/v1/{ref}"} for ref in refs]
    if words := tokens(record_id[:MAX_TITLE]):
        extra["search"] = f"/v1/search?{urlencode({'q': ' '.join(words)}, quote_via=quote)}"
    detail = f"There is no such {kind.kind}." + (" Near matches are listed." if refs else "")
    return NotFound(detail, extra=extra)


def similar_references(tx: Connection, ref: str, most: int = 5) -> list[str]:
    """Return references to live records whose ids are like that of `ref`, the nearest first."""
    kind, record_id = kind_by_collection(ref.partition("/")[0]), ref.partition("/")[2]
    if kind is None or not record_id:
        return []
    ranges = similar_id_ranges(kind, record_id)
    found = {found for parameters in ranges for found in SIMILAR_IDS.values(tx, parameters)}
    return rank_similar(kind, record_id, found, most)


def similar_id_ranges(kind: RecordKind, record_id: str) -> list[dict[str, str]]:
    """Return the parameters of `SIMILAR_IDS` that find ids like this one.

    They read the neighbours in the order of ids, and those that share the first letters, so that the cost
    does not grow with the database. A text that is no id is treated as a title.
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


def rank_similar(kind: RecordKind, record_id: str, candidates: Iterable[str], most: int = 5) -> list[str]:
    """Return references to the candidates that are similar to the id, the nearest first."""
    meant = _as_id(record_id)
    found = process.extract(meant, sorted(candidates), scorer=fuzz.ratio, score_cutoff=60, limit=most)
    return [f"{kind.collection}/{match[0]}" for match in found]


def _as_id(text: str) -> str | None:
    """Return an id that may have been meant: `W1` for w1, for a title the id made from it; None where there is none."""
    return text if is_id(text) else slugify(text[:MAX_TITLE])


async def record_not_found(db: ReadConnection, kind: RecordKind, record_id: str) -> NotFound:
    """Make the error for a record that never existed, with similar ids and where to search for its words."""
    near: set[str] = set()
    for parameters in similar_id_ranges(kind, record_id):
        near.update(row[0] for row in await db.fetch(SIMILAR_IDS, parameters))
    return _not_found(kind, record_id, rank_similar(kind, record_id, near))
