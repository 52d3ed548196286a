"""`/explore`: one question, and what it finds as a list, on a time line, on a map, as a network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

import orjson

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.errors import BadRequest, Fault
from app.explorer.filter_fields import FIELD_GROUPS, FIELD_NAMES
from app.explorer.pages import Site
from app.explorer.query import PAGE_PARAMETERS, VIEW_PARAMETERS, Asked, ViewName, parts_of
from app.formats import FORMATS, formats_for
from app.formats.format import Use
from app.listing.query import explain
from app.listing.service import list_records
from app.records.kinds import RECORD_KINDS, kind_by_name
from app.web.typed_responses import TypedResponse

_PER_PAGE: Final = 50
_FACETS: Final = ("type", "decade")

_MORE_FACETS: Final = ("tag", "participant", "place", "source")
"""Facets that take longer, and are counted when they are opened."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: records as a list has them, cards of what they refer to, and counts."""

    records: Sequence[Mapping[str, Any]]
    linked: Mapping[str, Any]
    count: int
    facets: Mapping[str, Sequence[Mapping[str, Any]]]
    cut_facets: Sequence[str]
    next: str | None
    prev: str | None


async def render_explore_page(db: Database, site: Site, raw: bytes) -> TypedResponse[str]:
    """Answer a question; one that is wrong is shown with what is wrong beside each field, and finds nothing."""
    asked = Asked(raw)
    found: Found | None = None
    if not asked.faults:
        try:
            found = await db.answer(lambda reading: _find(reading, asked))
        except BadRequest as error:
            asked.faults = error.faults or [Fault(error.code, error.detail, "")]
    query = asked.query
    return site.page(
        "explore.html",
        status=400 if asked.faults else 200,
        asked=asked,
        query=query,
        found=found,
        views=get_args(ViewName),
        kinds=RECORD_KINDS,
        parts=parts_of(asked),
        explanation=explain(query.question),
        field_groups=FIELD_GROUPS,
        other_faults=list(_faults_without_a_field(asked)),
        kept=[(name, value) for name, value in asked.pairs if name in VIEW_PARAMETERS],
        more_facets=_MORE_FACETS,
        addresses=_addresses(asked),
        formats=[FORMATS[name] for name in formats_for(Use.LIST)],
    )


async def _find(reading: ReadConnection, asked: Asked) -> Found:
    limit = asked.query.limit if "limit" in asked.query.model_fields_set else _PER_PAGE
    facets = tuple(dict.fromkeys((*_FACETS, *asked.query.facets)))
    question = replace(
        asked.query.question, limit=limit, include=("linked",), facets=facets, count="exact", explain=False
    )
    page = await list_records(reading, question)
    return Found(
        records=orjson.loads(b"[%b]" % page.documents),
        linked=orjson.loads(b"{%b}" % (page.linked or b"")),
        count=page.more["count"],
        facets=page.more["facets"],
        cut_facets=page.more.get("facets_truncated", ()),
        next=page.next,
        prev=page.prev,
    )


def _faults_without_a_field(asked: Asked) -> Iterable[Fault]:
    return (fault for fault in asked.faults if fault.parameter not in FIELD_NAMES | {"q"})


def _addresses(asked: Asked) -> Sequence[tuple[str, str]]:
    """Return the addresses of the API that ask the same: one for each kind, or that of a search."""
    names = VIEW_PARAMETERS | PAGE_PARAMETERS
    of_search = asked.string([(name, value) for name, value in asked.pairs if name not in names])
    if asked.query.q is not None and len(asked.query.kinds) != 1:
        return [("search", f"v1/search?{of_search}")]
    pairs = [(name, value) for name, value in asked.pairs if name not in names | {"kind"}]
    collections = [kind_by_name(kind).collection for kind in asked.query.kinds]
    return [(one, f"v1/{one}?{asked.string(pairs)}".rstrip("?")) for one in collections]
