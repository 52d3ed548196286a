"""`/explore`: one question, and what it finds as a list, on a time line, on a map, as a network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, get_args

import orjson

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.errors import Fault
from app.explorer.elsewhere import elsewhere
from app.explorer.filter_fields import FIELD_GROUPS, FIELD_NAMES
from app.explorer.offers import read_offers
from app.explorer.pages import Site
from app.explorer.parts import Part, parts_of
from app.explorer.query import Asked, ExploreQuery, GroupName, ViewName
from app.explorer.readings import Reading, WrittenOnly, readings_of, ref_of, written_only
from app.explorer.record_pages.value_words import in_words
from app.explorer.titles import references_in, titles_of
from app.listing.facets import count_facets
from app.listing.query import ListQuery, explain
from app.listing.service import bound_query, list_records
from app.records.historical_date import span_of
from app.records.kinds import RECORD_KINDS
from app.schemas.query_model import parameters_of
from app.values.timespan import TemporalRelation, certain
from app.web.typed_responses import TypedResponse

_PER_PAGE: Final = 50
_FACETS: Final = ("type", "decade")

_MORE_FACETS: Final = ("tag", "participant", "place", "source", "century")
"""Facets that take longer or are asked for seldom, and are counted when they are opened."""

_ANY_OF: Final = ("type", "tag")
"""Parameters of which any value may match: their facets count what would be found without them, to choose more."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found.

    Attributes:
        records: a page of them, as a list has them.
        certain: for each, whether its date certainly stands to the days asked for as it is asked; None where no date is.
        count: how many there are in all.
        facets: counts by value, of each facet.
        cut_facets: facets that have more values than these.
        titles: of the records that the question and the facets name, by reference.
        next: the cursor of the next page, if there is one.
        prev: the cursor of the page before.
        readings: how records stand to the source that they are read as, by reference.
        written_only: on the first page, what is found as it is written and not as that source has it.
    """

    records: Sequence[Mapping[str, Any]]
    certain: Sequence[bool | None]
    count: int
    facets: Mapping[str, Sequence[Mapping[str, Any]]]
    cut_facets: Sequence[str]
    titles: Mapping[str, str]
    next: str | None
    prev: str | None
    readings: Mapping[str, Reading]
    written_only: WrittenOnly | None


async def render_explore_page(db: Database, site: Site, raw: bytes) -> TypedResponse[str]:
    """Answer a question; one that is wrong is shown with what is wrong beside each field, and finds nothing."""
    asked = Asked(raw)
    parts = parts_of(asked)
    found = await asked.answer(db, lambda reading: _find(reading, asked, parts))
    query = asked.query
    offers = await db.answer(lambda reading: read_offers(reading, query.kinds))
    render = partial(
        site.page,
        "explore.html",
        status=400 if asked.faults else 200,
        asked=asked,
        query=query,
        found=found,
        titles=found.titles if found is not None else {},
        views=get_args(ViewName),
        groups=get_args(GroupName),
        kinds=RECORD_KINDS,
        parts=parts,
        explanation=explain(replace(query.question, facets=(), limit=_limit(asked))),
        field_groups=FIELD_GROUPS,
        offers=offers,
        other_faults=list(_faults_without_a_field(asked)),
        kept=_without_a_field(asked),
        more_facets=_MORE_FACETS,
        elsewhere=elsewhere(asked),
        value_in_words=in_words,
    )
    # A page of hundreds of records takes long enough to be noticed by those who ask at the same time.
    return await db.in_thread(render)


def _limit(asked: Asked) -> int:
    return asked.query.limit if "limit" in asked.query.model_fields_set else _PER_PAGE


async def _find(reading: ReadConnection, asked: Asked, parts: Sequence[Part]) -> Found:
    query = asked.query
    facets = tuple(dict.fromkeys((*_FACETS, *query.facets)))
    apart = [name for name in facets if name in _ANY_OF and name in query.model_fields_set]
    question = replace(
        query.question,
        limit=_limit(asked),
        include=(),
        facets=[name for name in facets if name not in apart],
        count="exact",
        explain=False,
    )
    page = await list_records(reading, question)
    counted = {"facets": page.more.get("facets", {}), "cut": list(page.more.get("facets_truncated", ()))}
    for name in apart:
        of_others = await _count_without(reading, question, name)
        counted["facets"] |= of_others["facets"]
        counted["cut"] += of_others.get("facets_truncated", ())
    records = orjson.loads(b"[%b]" % page.documents)
    beside = None
    if question.source is not None and question.cursor is None:
        beside = await written_only(reading, question)
    refs = [ref_of(one) for one in (*records, *(beside.records if beside is not None else ()))]
    named = [one["value"] for name in facets for one in counted["facets"][name] if "/" in one["value"]]
    named += [ref for part in parts for ref in references_in(part.sentence)]
    return Found(
        records=records,
        certain=_certainty(question, records),
        count=page.more["count"],
        facets={name: counted["facets"][name] for name in facets},
        cut_facets=counted["cut"],
        titles=await titles_of(reading, named, question.names),
        next=page.next,
        prev=page.prev,
        readings={} if question.source is None else await readings_of(reading, refs, question.source),
        written_only=beside,
    )


async def _count_without(reading: ReadConnection, question: ListQuery, name: str) -> dict[str, Any]:
    """Count by a parameter what all other conditions select."""
    others = [one for one in question.conditions if one.shape[0] != name]
    bound = await bound_query(reading, replace(question, conditions=others, cursor=None, facets=(name,)))
    return await count_facets(reading, bound, (name,))


def _certainty(question: ListQuery, records: Sequence[Mapping[str, Any]]) -> Sequence[bool | None]:
    """Return of each record whether it meets the condition on time certainly; None where there is none."""
    when = next((one for one in question.conditions if one.shape[0] == "when"), None)
    if when is None:
        return [None] * len(records)
    relation, a, b = TemporalRelation(when.shape[1]), when.parameters["when_a"], when.parameters["when_b"]
    return ["date" in one and certain(relation, span_of(one["date"]), a, b) for one in records]


def _without_a_field(asked: Asked) -> Sequence[tuple[str, str]]:
    """Return what is given that no field of the form has, as far as it is known: the form sends it along."""
    known = parameters_of(ExploreQuery).keys() - FIELD_NAMES - {"q", "kind", "cursor"}
    return [(name, value) for name, value in asked.pairs if name in known and not asked.faults_of(name)]


def _faults_without_a_field(asked: Asked) -> Iterable[Fault]:
    return (fault for fault in asked.faults if fault.parameter not in FIELD_NAMES | {"q", "kind"})
