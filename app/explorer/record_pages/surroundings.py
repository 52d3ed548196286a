"""What surrounds a record: who refers to it, what happened around it, and which missions carry its provisions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import orjson

from app.database.engine.read_snapshot import ReadConnection
from app.explorer.record_pages.questions import list_question, query_string
from app.listing.service import list_records
from app.reading.chosen_names import NameChoice
from app.reading.incoming_links import incoming_links
from app.records.base import Record
from app.records.historical_date import HistoricalDate, span_of
from app.records.kinds import kind_by_name
from app.records.references import BENEFITS, ESTABLISHED_UNDER, EVIDENCE, OBLIGES, PARTICIPANT, PARTY, PLACE
from app.values.edtf.value import shown
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END

_WORDS: Final = {
    PARTICIPANT: "Took part in",
    PARTY: "Is party to",
    PLACE: "Is the place of",
    OBLIGES: "Is obliged by",
    BENEFITS: "Is to benefit from",
    EVIDENCE: "Is named by evidence on",
}
"""How a record stands to what refers to it, by the relation.

Relations of the vocabulary are shown with their time, and missions that rest on an agreement beside its provisions.
"""

_PARAMETERS: Final = {PARTICIPANT: "participant", PARTY: "party", PLACE: "place"}
_PER_GROUP: Final = 25
_NEAREST: Final = 4
_ACTORS: Final = 3
"""Actors whose events before and after are looked for."""

_MOST_CARRIERS: Final = 200


@dataclass(frozen=True, slots=True)
class IncomingGroup:
    """Records of a kind that refer to one in the same way.

    Attributes:
        title: how the record stands to them.
        records: as `incoming` of the API has them, in the order of time, as many as are shown.
        count: how many were read.
        link: the question of the explorer that finds all of them, if there is one.
    """

    title: str
    kind: str
    records: Sequence[Mapping[str, Any]]
    count: int
    link: str | None


async def read_incoming(
    db: ReadConnection, ref: str, pk: int, view: int, names: NameChoice
) -> tuple[list[IncomingGroup], bool]:
    """Read what refers to a record in a view, relations aside, by kind and by how; and whether more does than was read."""
    found = await incoming_links(db, pk, view, names)
    items = [one for one in found["incoming"] if one["relation"] in _WORDS]
    return list(_groups(ref, items)), "incoming_truncated" in found


def _groups(ref: str, items: Sequence[Mapping[str, Any]]) -> Iterator[IncomingGroup]:
    order = list(_WORDS)

    def group_of(one: Mapping[str, Any]) -> tuple[int, str]:
        return order.index(one["relation"]), one["kind"]

    for (number, kind), some in groupby(sorted(items, key=group_of), key=group_of):
        of_group = sorted(some, key=_in_time)
        relation = order[number]
        title = f"{_WORDS[relation]} {kind_by_name(kind).collection}"
        link = _question(kind, relation, ref)
        yield IncomingGroup(title, kind, of_group[:_PER_GROUP], len(of_group), link)


def _in_time(one: Mapping[str, Any]) -> tuple[int, str]:
    return (span_of(one["date"]).bounds.s1 if "date" in one else OPEN_END, one["ref"])


def _question(kind: str, relation: str, ref: str) -> str | None:
    if relation == EVIDENCE:
        return None
    name = _PARAMETERS.get(relation)
    asked = {name: ref} if name else {"target": f"{ref}:{relation}"}
    return query_string({"kind": kind, **asked})


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Events near a record in time, as lists have them.

    Attributes:
        title: how they lie to it.
        actor: the actor that they share with it, if that is asked.
        link: the question that finds all of them.
    """

    title: str
    actor: str | None
    records: Sequence[Mapping[str, Any]]
    link: str


async def read_neighbours(
    db: ReadConnection,
    ref: str,
    record: Record,
    date: HistoricalDate | None,
    *,
    policy: str | None,
    lang: str | None,
) -> list[Neighbours]:
    """Read the events nearest to a record in time: before, during and after its date, and those of the same actors.

    None where no year of the date is known, or the record is no event, agreement or mission.
    """
    bounds = None if date is None else known_bounds(date.value)
    if record.kind not in ("event", "agreement", "mission") or bounds is None:
        return []
    days = f"{shown(bounds.s1) or '..'}/{shown(bounds.e2) or '..'}"
    beside = {"policy": None if policy is None else f"source:{policy}", "lang": lang}
    before = {"relation": "before", "certainty": "certain", "sort": "-date"}
    during = {"relation": "overlaps", "sort": "date"}
    after = {"relation": "after", "certainty": "certain", "sort": "date"}
    ways: list[tuple[str, str | None, Mapping[str, str]]] = [
        ("Before", None, before),
        ("At the same time, possibly", None, during),
        ("After", None, after),
    ]
    for one in _actors(record):
        ways += [("Before", one, before), ("After", one, after)]
    found, seen = [], {ref}
    for title, actor, way in ways:
        given = {"when": days, "participant": actor, "year": "known", **way, **beside}
        records = await _nearest(db, given, seen)
        if records:
            found.append(Neighbours(title, actor, records, query_string({"kind": "event", **given})))
            seen |= {near["href"].removeprefix("/v1/") for near in records}
    return found


def _actors(record: Record) -> list[str]:
    members = record.__dict__
    named = [one.actor for one in (*members.get("participants", ()), *members.get("parties", ()))]
    return list(dict.fromkeys(named))[:_ACTORS]


async def _nearest(
    db: ReadConnection, given: Mapping[str, str | None], seen: set[str]
) -> list[Mapping[str, Any]]:
    page = await list_records(db, list_question("event", {**given, "limit": _NEAREST + len(seen)}))
    records = orjson.loads(b"[%b]" % page.documents)
    return [one for one in records if one["href"].removeprefix("/v1/") not in seen][:_NEAREST]


@dataclass(frozen=True, slots=True)
class Carriers:
    """Missions that rest on an agreement, by the provision that carries them; those of no provision below None."""

    by_provision: Mapping[str | None, Sequence[Mapping[str, Any]]]
    cut: bool


async def read_carriers(db: ReadConnection, ref: str, *, policy: str | None, lang: str | None) -> Carriers:
    """Read the missions that rest on an agreement."""
    given: dict[str, str | int | None] = {
        "target": f"{ref}:{ESTABLISHED_UNDER}",
        "fields": "title,established_under",
        "limit": _MOST_CARRIERS,
        "policy": None if policy is None else f"source:{policy}",
        "lang": lang,
    }
    page = await list_records(db, list_question("mission", given))
    found: dict[str | None, list[Mapping[str, Any]]] = {}
    for one in orjson.loads(b"[%b]" % page.documents):
        found.setdefault(one.get("established_under", {}).get("provision"), []).append(one)
    return Carriers(found, page.next is not None)
