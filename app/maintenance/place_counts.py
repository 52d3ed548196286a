"""The sets of places, their areas and what is counted in these: compared with what entries and boxes say, and made anew."""

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, select, text, update

from app.database import tables
from app.database.index.area_log import miscounts, recount_areas
from app.database.index.place_sets import (
    Members,
    areas_of,
    fetch_members,
    insert_areas,
    insert_members,
    insert_sets,
)
from app.values.map_areas import LEAST_HASH, Area, area_key, hashed_key

BATCH: Final = 1_000

_set, _area = tables.place_set.c, tables.area.c

_MISSING = text(
    "SELECT DISTINCT place_set FROM entry WHERE place_set <> 0 AND place_set NOT IN (SELECT pk FROM place_set) "
    "ORDER BY place_set"
)


def place_damages(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield tables, and what is wrong in them: sets that are not there, areas and counts that are not right."""
    for key in connection.execute(_MISSING).scalars():
        yield "place_set", f"Set {key} is not there."
    for stored, areas in _sets(connection):
        for key, area in areas.items():
            if stored[key] != area_key(area):
                yield (
                    "place_set",
                    f"Set {key} is said to be in area {stored[key]}, and is in area {area_key(area)}.",
                )
        wanted = {key for key in map(area_key, areas.values()) if key >= LEAST_HASH}
        there = connection.execute(select(_area.pk).where(_area.pk.in_(wanted))).scalars()
        for key in sorted(wanted.difference(there)):
            yield "area", f"Area {key} is not there."
    for key, extents in connection.execute(select(_area.pk, _area.extents).order_by(_area.pk)):
        if key != hashed_key(extents):
            yield "area", f"Area {key} is not there as it should be."
    yield from miscounts(connection)


def recount_places(connection: Connection) -> None:
    """Derive the area of every set of places anew and recount the records in them; delete sets that no entry has."""
    for table, column in ((tables.place_set, "pk"), (tables.place_set_member, "place_set")):
        connection.execute(
            text(f"DELETE FROM {table.name} WHERE {column} NOT IN (SELECT place_set FROM entry)")
        )
    missing = list(connection.execute(_MISSING).scalars())
    for start in range(0, len(missing), BATCH):
        keys = missing[start : start + BATCH]
        insert_sets(connection, areas_of(connection, keys, fetch_members(connection, keys)))
    connection.execute(text("DELETE FROM area"))
    move = update(tables.place_set).where(_set.pk == bindparam("moved")).values(area=bindparam("new_area"))
    for stored, areas in _sets(connection):
        insert_areas(connection, areas.values())
        moved = [
            {"moved": key, "new_area": area_key(area)}
            for key, area in areas.items()
            if stored[key] != area_key(area)
        ]
        if moved:
            connection.execute(move, moved)
    recount_areas(connection)


def mend_members(connection: Connection, place_sets: Mapping[int, Members]) -> None:
    """Correct the members of existing sets."""
    found = fetch_members(connection, list(place_sets))
    wrong = {key: members for key, members in place_sets.items() if found[key] != members}
    if wrong:
        member = tables.place_set_member
        connection.execute(member.delete().where(member.c.place_set.in_(wrong)))
        insert_members(connection, wrong)


def _sets(connection: Connection) -> Iterator[tuple[dict[int, int], dict[int, Area]]]:
    """Yield batches of all sets: the key of the area that each has by what is stored, and the area it should have."""
    after = 0
    while True:
        page = select(_set.pk, _set.area).where(_set.pk > after).order_by(_set.pk).limit(BATCH)
        stored = dict(connection.execute(page).all())
        if not stored:
            return
        keys = list(stored)
        yield stored, areas_of(connection, keys, fetch_members(connection, keys))
        after = keys[-1]
