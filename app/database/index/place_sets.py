"""The sets of places that records are at: their members and keys, and the area that each may be in.

An area follows from the boxes of the places of a set. Where a place's geometry changes so that areas do, their sets
are given the new ones, and counts of records move from the old areas to the new (`app.database.index.area_counts`);
entries stay as they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, Connection, bindparam, select

from app.database import tables
from app.database.engine.raw_sql import insert_many
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.index.bounding_boxes import EDGES
from app.records.base import Record
from app.values.coordinates import BBox
from app.values.map_areas import (
    LEAST_HASH,
    Area,
    area_key,
    area_of,
    area_text,
    extent_of,
    hashed_key,
    widened,
)

Members: TypeAlias = tuple[tuple[Any, float], ...]
"""The places of a set by their keys, each with how far off, in metres, a record that is there may be."""

NO_PLACES: Final = 0
"""The key of the empty set."""

_INSERT_AREA = {
    "sqlite": "INSERT OR IGNORE INTO area (pk, extents) VALUES (?, ?)",
    "postgresql": (
        "INSERT INTO area (pk, extents) SELECT * FROM unnest(%s::bigint[], %s::text[]) ON CONFLICT DO NOTHING"
    ),
}
_INSERT_SET = {
    "sqlite": "INSERT OR IGNORE INTO place_set (pk, area) VALUES (?, ?)",
    "postgresql": (
        "INSERT INTO place_set (pk, area) "
        "SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING"
    ),
}
_INSERT_MEMBER = {
    "sqlite": "INSERT OR IGNORE INTO place_set_member (place_set, place, precision_m) VALUES (?, ?, ?)",
    "postgresql": (
        "INSERT INTO place_set_member (place_set, place, precision_m) "
        "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::float8[]) ON CONFLICT DO NOTHING"
    ),
}

_member, _box = tables.place_set_member.c, tables.box.c

MEMBERS: Final = CompiledStatement(
    select(_member.place_set, _member.place, _member.precision_m)
    .where(AnyOf.keys(_member.place_set, "sets"))
    .order_by(_member.place_set, _member.place, _member.precision_m)
)
"""The members of sets that list them."""

BOXES: Final = CompiledStatement(
    select(_box.record, *(_box[edge] for edge in EDGES), _box.precision_m).where(
        AnyOf.keys(_box.record, "places"), _box.view == bindparam("view", type_=BigInteger())
    )
)
"""The boxes of places, with how far off each may be."""


def place_members(record: Record, pk: int, keys: Callable[[str], Any]) -> Members:
    """Return the places that a record is at; a place is at itself."""
    if record.kind == "place":
        return ((pk, 0.0),)
    links = record.place_links()
    if len(links) == 1:
        return ((keys(links[0].place), float(links[0].precision_m or 0)),)
    return tuple(sorted({(keys(one.place), float(one.precision_m or 0)) for one in links})) if links else ()


def place_set_key(members: Members) -> Any:
    """Return the key of a set: that of its place where it is one without more, else a hash of its members."""
    if not members:
        return NO_PLACES
    if len(members) == 1 and not members[0][1]:
        return members[0][0]
    return hashed_key(" ".join(f"{place}:{metres!r}" for place, metres in members))


def is_listed(place_set: Any) -> bool:
    """Return whether a set's members are listed: those of a place without more are not."""
    return type(place_set) is int and place_set >= LEAST_HASH


def insert_members(connection: Connection, sets: Mapping[int, Members]) -> None:
    """Insert the members of sets, where they are not there yet; sorted, against deadlocks."""
    rows = [(key, place, metres) for key in sorted(sets) for place, metres in sets[key]]
    if rows:
        insert_many(connection, _INSERT_MEMBER, rows)


def insert_sets(connection: Connection, areas: Mapping[int, Area]) -> None:
    """Insert sets with their areas, where they are not there yet."""
    insert_areas(connection, areas.values())
    rows = [(key, area_key(areas[key])) for key in sorted(areas)]
    if rows:
        insert_many(connection, _INSERT_SET, rows)


def insert_areas(connection: Connection, areas: Iterable[Area]) -> None:
    """Insert those of the areas that are not there yet and whose keys do not say what they are."""
    keyed = {area_key(area): area for area in areas}
    rows = sorted((key, area_text(area)) for key, area in keyed.items() if key >= LEAST_HASH)
    if rows:
        insert_many(connection, _INSERT_AREA, rows)


def fetch_members(connection: Connection, sets: Sequence[int]) -> dict[int, Members]:
    """Return the members of sets, as they are stored."""
    found: dict[int, list[tuple[int, float]]] = {}
    for key, place, metres in MEMBERS.rows(connection, {"sets": [key for key in sets if is_listed(key)]}):
        found.setdefault(key, []).append((place, metres))
    return {key: tuple(found.get(key, ())) if is_listed(key) else ((key, 0.0),) for key in sets}


def areas_of(connection: Connection, sets: Sequence[int], members: Mapping[int, Members]) -> dict[int, Area]:
    """Return the areas that sets have by the boxes of their places, as these are now."""
    places = sorted({place for key in sets for place, _ in members.get(key, ())})
    boxes: dict[int, list[tuple[BBox, float]]] = {}
    for record, *edges, metres in BOXES.rows(connection, {"places": places, "view": tables.CANONICAL_VIEW}):
        boxes.setdefault(record, []).append((BBox(*edges), metres))
    return {
        key: area_of(
            extent_of(part for box, own in boxes.get(place, ()) for part in widened(box, own + metres))
            for place, metres in members.get(key, ())
        )
        for key in sets
    }
