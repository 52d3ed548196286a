"""The page that explains evidence, with examples from the database at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import resolve_references
from app.evidence.coverage import measure
from app.evidence.service import evidence_of, list_passages
from app.explorer.pages import Site
from app.listing.query import LIST_QUERIES
from app.listing.service import list_records
from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_collection
from app.web.typed_responses import FixedResponse

_LOOKED_THROUGH: Final = 300
"""Passages of a source among which an illustrative one is chosen."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The examples that a database has: responses of the API, or None where there is none."""

    source: Mapping[str, Any] | None = None
    passage: Mapping[str, Any] | None = None
    side_by_side: Mapping[str, Any] | None = None
    contested: Mapping[str, Any] | None = None
    dispute: Mapping[str, Any] | None = None
    under_policy: tuple[int, int] | None = None
    coverage: Mapping[str, Any] | None = None


async def render_evidence_page(reading: ReadConnection) -> FixedResponse[str]:
    """Render the page with examples."""
    return _page(await _shown(reading))


def evidence_page_without_examples() -> FixedResponse[str]:
    """Render the page for a database that is read with a key alone, of which it tells nothing."""
    return _page(Shown())


def _page(shown: Shown) -> FixedResponse[str]:
    return Site.at("/docs/evidence").kept_page("evidence.html", shown=shown, to_json=_to_json)


async def _shown(db: ReadConnection) -> Shown:
    coverage = await measure(db, None, 1)
    sources = coverage["sources"]["items"]
    if not sources or not sources[0]["records"]:
        return Shown(coverage=coverage)
    source = sources[0]
    key = (await resolve_references(db, {"source": source["ref"]}))["source"]
    passages = (await list_passages(db, key, _LOOKED_THROUGH, None)).items
    quoted = [one for one in passages if "exact" in one["evidence"].get("selector", {})]
    passage = max(quoted, key=_rank_passage, default=None)
    contested, dispute = await _contested(db)
    return Shown(
        source,
        passage,
        await _beside(db, passage["ref"], passage["evidence"].get("property")) if passage else None,
        contested,
        dispute,
        (await _count(db, ""), await _count(db, f"source:{source['ref']}")),
        coverage,
    )


def _rank_passage(passage: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """Prefer passages that support a statement, a date best of all."""
    item = passage["evidence"]
    return "stance" not in item, "basis" not in item, item.get("property") == "date"


async def _beside(db: ReadConnection, ref: str, about: str | None) -> Mapping[str, Any]:
    kind, record_id = _split(ref)
    return await evidence_of(db, kind, record_id, about or "record")


async def _contested(db: ReadConnection) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    for kind in RECORD_KINDS:
        query = LIST_QUERIES[kind.kind].model_validate({"contested": "true", "limit": "1"})
        page = await list_records(db, query.question)
        if page.documents:
            record: dict[str, Any] = orjson.loads(page.documents)
            evidence = await evidence_of(db, kind, record["id"], None)
            return record, next((one for one in evidence["items"] if one["contested"]), None)
    return None, None


async def _count(db: ReadConnection, policy: str) -> int:
    asked = {"count": "exact", "limit": "1"} | ({"policy": policy} if policy else {})
    page = await list_records(db, LIST_QUERIES["event"].model_validate(asked).question)
    return int(page.more["count"])


def _split(ref: str) -> tuple[RecordKind, str]:
    collection, _, record_id = ref.partition("/")
    kind = kind_by_collection(collection)
    if kind is None:  # references of stored records lead into collections
        raise KeyError(collection)
    return kind, record_id


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()
