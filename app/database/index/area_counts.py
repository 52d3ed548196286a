"""Counts of records by area (`app.values.map_areas`), kept up to date by every write (`app.database.index.area_log`).

Whoever counts a record locks the sets of places it is at, shared with others who do; whoever gives sets another area
locks them alone, and then moves what is counted of them. So none counts in an area that is just being given up.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import BigInteger, Connection, bindparam, func, literal_column, or_, select, union, update

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.index.area_log import LOG
from app.database.index.place_sets import (
    Members,
    areas_of,
    fetch_members,
    insert_areas,
    insert_members,
    insert_sets,
    is_listed,
)
from app.values.map_areas import NOWHERE, area_key

PlacedRecords: TypeAlias = Mapping[tuple[str, str, int], int]
"""How many records of a kind and a type are at a set of places."""

_set, _member, _entry, _link = (
    table.c for table in (tables.place_set, tables.place_set_member, tables.entry, tables.link)
)

_KNOWN = select(_set.pk, _set.area).where(AnyOf.keys(_set.pk, "sets")).order_by(_set.pk)
_TO_COUNT = CompiledStatement(_KNOWN.with_for_update(read=True), on_sqlite=_KNOWN)

_of_places = select(_set.pk, _set.area).where(
    or_(
        AnyOf.keys(_set.pk, "places"),
        _set.pk.in_(select(_member.place_set).where(AnyOf.keys(_member.place, "places"))),
    )
)
_TO_MOVE = CompiledStatement(
    _of_places.order_by(_set.pk).with_for_update(), on_sqlite=_of_places.order_by(_set.pk)
)

_AT_PLACES = union(
    select(_link.record).where(
        _link.view == tables.CANONICAL_VIEW,
        _link.relation == literal_column("'place'"),
        AnyOf.keys(_link.target, "places"),
    ),
    select(tables.record.c.pk).where(AnyOf.keys(tables.record.c.pk, "places")),
)
_MOVING = CompiledStatement(
    select(_entry.place_set, _entry.kind, _entry.type, func.count())
    .where(
        _entry.view == tables.CANONICAL_VIEW,
        _entry.record.in_(_AT_PLACES),
        AnyOf.keys(_entry.place_set, "moved"),
    )
    .group_by(_entry.place_set, _entry.kind, _entry.type)
)
_MOVE = CompiledStatement(
    update(tables.place_set)
    .where(_set.pk == bindparam("moved", type_=BigInteger()))
    .values(area=bindparam("new_area", type_=BigInteger()))
)


def add_place_sets(
    connection: Connection,
    place_sets: Mapping[int, Members],
    placed: PlacedRecords,
    replaced: PlacedRecords,
) -> None:
    """Insert the sets that new records are at, and count the records; their links and boxes are there already.

    `place_sets` are those that list their members; `replaced` are the records that these replace, whose entries are gone:
    where nothing changes, nothing is written.
    """
    if not placed and not place_sets and not replaced:
        return
    places = sorted({key for kind, _, key in placed if kind == "place"})
    wanted = {key for _, _, key in placed} | place_sets.keys()
    keys = sorted(wanted | {key for _, _, key in replaced})
    known = dict(_TO_COUNT.rows(connection, {"sets": keys}))
    counts: Counter[tuple[str, str, int, int]] = Counter()
    _count(counts, replaced, known, -1)
    new = sorted(wanted - known.keys())
    if new:
        insert_members(connection, {key: place_sets[key] for key in new if is_listed(key)})
        members = fetch_members(connection, new)
        areas = areas_of(connection, new, members)
        insert_sets(connection, areas)
        known |= {key: area_key(area) for key, area in areas.items()}
    changed = [key for key in places if key not in new]
    if changed:
        known |= refresh_places(connection, changed)
    _count(counts, placed, known, 1)
    LOG.add(connection, counts)


def subtract_placed(connection: Connection, placed: PlacedRecords) -> None:
    """Subtract records that are at sets of places."""
    if placed:
        keys = sorted({key for _, _, key in placed})
        counts: Counter[tuple[str, str, int, int]] = Counter()
        _count(counts, placed, dict(_TO_COUNT.rows(connection, {"sets": keys})), -1)
        LOG.add(connection, counts)


def _count(
    counts: Counter[tuple[str, str, int, int]], placed: PlacedRecords, areas: Mapping[int, int], sign: int
) -> None:
    for (kind, type_, key), n in placed.items():
        area = areas.get(key, NOWHERE)
        if area != NOWHERE:
            counts[kind, type_, key, area] += sign * n


def refresh_places(connection: Connection, places: Sequence[int]) -> dict[int, int]:
    """Give the sets with these places the areas that they have by the boxes as they are now, and move counts.

    Returns the sets whose area changed, with the new one.
    """
    known = dict(_TO_MOVE.rows(connection, {"places": list(places)}))
    sets = list(known)
    areas = areas_of(connection, sets, fetch_members(connection, sets))
    moved = {key: area_key(areas[key]) for key in sets if area_key(areas[key]) != known[key]}
    if not moved:
        return moved
    insert_areas(connection, (areas[key] for key in moved))
    for key, area in moved.items():
        _MOVE.do(connection, {"moved": key, "new_area": area})
    counts: Counter[tuple[str, str, int, int]] = Counter()
    for key, kind, type_, n in _MOVING.rows(connection, {"places": list(places), "moved": list(moved)}):
        for area, step in ((known[key], -n), (moved[key], n)):
            if area != NOWHERE:
                counts[kind, type_, key, area] += step
    LOG.add(connection, counts)
    return moved
