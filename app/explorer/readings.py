"""A list as one source has it, beside what is written: what that source has otherwise, and what it is silent on."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import orjson

from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.lookup import ids_by_collection
from app.explorer.record_pages.standing import Shown, properties_of
from app.filters.attributes import MAX_IDS, IdsFilter
from app.listing.query import LIST_QUERIES, ListQuery
from app.listing.service import bound_query, count, list_page, list_records
from app.listing.sorting import SORTS
from app.reading.documents import kind_of
from app.records.kinds import RECORD_KINDS
from app.records.source_view import sources_of
from app.records.validation.document import load_stored

_LOOKED_AT: Final = 50
"""How many records found as they are written are held against what is found as the source has them."""

_SHOWN: Final = ("title", "type", "date", "summary")
"""What a list shows of a record."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a record stands to what a source has.

    Attributes:
        shown: what a list shows of it, by field, as far as the source or the record has it.
        is_silent: whether the source says nothing of the record.
    """

    shown: Mapping[str, Shown]
    is_silent: bool


@dataclass(frozen=True, slots=True)
class WrittenOnly:
    """Records that a question finds as they are written, and does not find as a source has them.

    Attributes:
        records: those among the first that are found as they are written, as a list has them.
        count: how many are found as they are written.
        looked_at: how many of these were looked at.
    """

    records: Sequence[Mapping[str, Any]]
    count: int
    looked_at: int


def ref_of(record: Mapping[str, Any]) -> str:
    """Return the reference of a record of a list."""
    href: str = record["href"]
    return href.removeprefix("/v1/")


async def written_only(db: ReadConnection, question: ListQuery) -> WrittenOnly:
    """Return what a question that is read as a source has it finds as it is written alone."""
    written = replace(question, source=None, cursor=None, limit=_LOOKED_AT, facets=(), count="none")
    page = await list_records(db, written)
    records: list[dict[str, Any]] = orjson.loads(b"[%b]" % page.documents)
    found = await _found_among(db, question, records)
    return WrittenOnly(
        [one for one in records if ref_of(one) not in found],
        await count(db, await bound_query(db, written)),
        len(records),
    )


async def _found_among(
    db: ReadConnection, question: ListQuery, records: Sequence[Mapping[str, Any]]
) -> set[str]:
    """Return which of some records a question finds as it is read."""
    if not records:
        return set()
    others = [one for one in question.conditions if one.shape[0] != "ids"]
    named = IdsFilter(ids=tuple(one["id"] for one in records)).conditions(question.kind)
    # Several kinds may have records of the same id.
    most = len(records) * len(LIST_QUERIES)
    among = replace(question, conditions=[*others, *named], sort=SORTS["title"], cursor=None, limit=most)
    among = replace(among, fields=("title",), facets=(), count="none")
    found: set[str] = set()
    while True:
        page = await list_records(db, among)
        found |= {ref_of(one) for one in orjson.loads(b"[%b]" % page.documents)}
        if page.next is None:
            return found
        among = replace(among, cursor=page.next)


async def readings_of(db: ReadConnection, refs: Iterable[str], source: str) -> Mapping[str, Reading]:
    """Return how records stand to a source, by reference."""
    found: dict[str, Reading] = {}
    async for rows in _documents(db, refs):
        found |= await db.in_thread(partial(_readings, rows, source))
    return found


async def _documents(db: ReadConnection, refs: Iterable[str]) -> AsyncIterator[Rows]:
    """Yield rows whose first column is the document of a record, page by page."""
    by_collection = ids_by_collection(refs)
    for kind in RECORD_KINDS:
        ids = by_collection.get(kind.collection, [])
        for first in range(0, len(ids), MAX_IDS):
            asked = {"ids": ids[first : first + MAX_IDS], "limit": str(MAX_IDS)}
            query = LIST_QUERIES[kind.kind].model_validate(asked).question
            while True:
                page, rows = await list_page(db, query)
                yield rows
                if page.next is None:
                    break
                query = replace(query, cursor=page.next)


def _readings(rows: Rows, source: str) -> dict[str, Reading]:
    return dict(_reading(row[0], source) for row in rows)


def _reading(document: str, source: str) -> tuple[str, Reading]:
    kind = kind_of(document)
    record = load_stored(kind, document)
    properties = properties_of(record, source)
    shown = {name: properties[name][0] for name in _SHOWN if name in properties}
    return f"{kind.collection}/{record.id}", Reading(shown, source not in sources_of(record))
