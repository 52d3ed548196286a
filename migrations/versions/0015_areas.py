"""Keep of each entry the set of its places, and of each set the area on the map, so that cells of a map are counted fast.

What each rule here does is told in `app.values.map_areas` and `app.database.index.place_sets`, as they were then.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

EARTH_RADIUS_KM, MARGIN = 6371.0088, 1e-6
LEAST_HASH = 2**62
BATCH = 1_000

DATED = ("view", "kind", "span_class", "s1", "e2", "id", "set_kind", "record", "cell")
OF_TYPE = ("view", "kind", "type", *DATED[2:])
OF_RECORD = ("record", "view", "kind", "cell")
INDEXES = {"ix_entry_date": DATED, "ix_entry_type_date": OF_TYPE, "ix_entry_record": OF_RECORD}

SEVERAL = -1
"""What a set that lists its members is called until its key is known."""

DOCUMENT = "CASE WHEN e.view = 0 THEN r.document ELSE e.document END"
OF_PLACES = "UPDATE entry SET place_set = record WHERE kind = 'place'"
OF_LINKS = f"""
UPDATE entry SET place_set = (
    SELECT CASE WHEN count(*) = 0 THEN 0 WHEN min(l.target) = max(l.target) THEN min(l.target) ELSE {SEVERAL} END
    FROM link l WHERE l.view = entry.view AND l.record = entry.record AND l.relation = 'place'
)
WHERE kind <> 'place'
"""
WITH_PRECISION = f"""
UPDATE entry SET place_set = {SEVERAL} WHERE pk IN (
    SELECT e.pk FROM entry e JOIN record r ON r.pk = e.record
    WHERE e.kind <> 'place' AND e.place_set > 0 AND {DOCUMENT} LIKE '%"precision_m"%'
)
"""
DATED_PLACES = sa.text(
    f"SELECT e.pk, e.view, e.record, {DOCUMENT} AS document FROM entry e JOIN record r ON r.pk = e.record "
    f"WHERE e.pk > :after AND e.kind = 'place' AND {DOCUMENT} LIKE '%\"precision_m\"%' ORDER BY e.pk LIMIT :most"
)
WITH_SEVERAL = sa.text(
    f"SELECT e.pk, e.view, e.record, {DOCUMENT} AS document FROM entry e JOIN record r ON r.pk = e.record "
    f"WHERE e.pk > :after AND e.place_set = {SEVERAL} ORDER BY e.pk LIMIT :most"
)
TARGETS = sa.text(
    "SELECT target FROM link WHERE view = :view AND record = :record AND relation = 'place' ORDER BY position"
)
SETS = sa.text("SELECT pk FROM place_set WHERE pk > :after ORDER BY pk LIMIT :most")
MEMBERS = sa.text("SELECT place, precision_m FROM place_set_member WHERE place_set = :pk")
BOXES = sa.text("SELECT west, south, east, north, precision_m FROM box WHERE view = 0 AND record = :place")
MEMBER = sa.text(
    "INSERT INTO place_set_member (place_set, place, precision_m) VALUES (:place_set, :place, :precision_m) "
    "ON CONFLICT DO NOTHING"
)

Box = tuple[float, float, float, float]


def upgrade() -> None:
    """Make the tables and columns, and fill them from entries, links and boxes."""
    op.add_column("entry", sa.Column("place_set", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("box", sa.Column("precision_m", sa.Float(53), nullable=False, server_default="0"))
    op.create_table(
        "place_set",
        sa.Column("pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("area", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_place_set"),
    )
    op.create_table(
        "place_set_member",
        sa.Column("place_set", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("precision_m", sa.Float(53), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("place_set", "place", "precision_m", name="pk_place_set_member"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_place_set_member_place", "place_set_member", ["place", "place_set"])
    op.create_table(
        "area",
        sa.Column("pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("extents", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_area"),
    )
    op.create_table(
        "area_tally",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("area", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_area_tally"),
    )
    connection = op.get_bind()
    for name in INDEXES:
        op.drop_index(name, "entry")
    op.create_index("ix_entry_record", "entry", [*OF_RECORD, "place_set"])
    _keep_precision_of_geometries(connection)
    for statement in (OF_PLACES, OF_LINKS, WITH_PRECISION):
        connection.exec_driver_sql(statement.replace("%", "%%") if _is_postgres(connection) else statement)
    _list_members(connection)
    op.execute(
        "INSERT INTO place_set (pk, area) SELECT DISTINCT place_set, 0 FROM entry WHERE place_set <> 0"
    )
    _find_areas(connection)
    op.execute(
        "INSERT INTO area_tally (kind, area, n) SELECT e.kind, s.area, count(*) FROM entry e "
        "JOIN place_set s ON s.pk = e.place_set WHERE e.view = 0 AND s.area <> 0 GROUP BY e.kind, s.area"
    )
    for name in ("ix_entry_date", "ix_entry_type_date"):
        op.create_index(name, "entry", [*INDEXES[name], "place_set", "qualified"])


def downgrade() -> None:
    """Take all of it away."""
    for name in INDEXES:
        op.drop_index(name, "entry")
    for name in ("area_tally", "area", "place_set_member", "place_set"):
        op.drop_table(name)
    op.drop_column("box", "precision_m")
    op.drop_column("entry", "place_set")
    for name, columns in INDEXES.items():
        op.create_index(name, "entry", list(columns))


def _is_postgres(connection: sa.Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _batches(connection: sa.Connection, query: sa.TextClause) -> Iterator[Sequence[Any]]:
    """Read rows in the order of their keys, which come first."""
    after = 0
    while rows := connection.execute(query, {"after": after, "most": BATCH}).all():
        yield rows
        after = rows[-1].pk


def _keep_precision_of_geometries(connection: sa.Connection) -> None:
    keep = sa.text(
        "UPDATE box SET precision_m = :metres WHERE view = :view AND record = :record AND position = :position"
    )
    for rows in _batches(connection, DATED_PLACES):
        for row in rows:
            for position, one in enumerate(json.loads(row.document).get("geometries", ()), 1):
                if metres := float(one.get("precision_m") or 0):
                    of = {"view": row.view, "record": row.record, "position": position}
                    connection.execute(keep, {**of, "metres": metres})


def _list_members(connection: sa.Connection) -> None:
    """Find the keys of sets of several places, or with a precision, and list their members."""
    assign = sa.text("UPDATE entry SET place_set = :place_set WHERE pk = :pk")
    for rows in _batches(connection, WITH_SEVERAL):
        for row in rows:
            targets = connection.execute(TARGETS, {"view": row.view, "record": row.record}).scalars().all()
            places = json.loads(row.document).get("places", ())
            precisions = [float(one.get("precision_m") or 0) for one in places]
            members = sorted(set(zip(targets, precisions, strict=True)))
            if len(members) == 1 and not members[0][1]:
                key = members[0][0]
            else:
                key = _hashed(" ".join(f"{place}:{metres!r}" for place, metres in members))
                connection.execute(
                    MEMBER,
                    [{"place_set": key, "place": place, "precision_m": metres} for place, metres in members],
                )
            connection.execute(assign, {"place_set": key, "pk": row.pk})


def _find_areas(connection: sa.Connection) -> None:
    move = sa.text("UPDATE place_set SET area = :area WHERE pk = :pk")
    add = sa.text("INSERT INTO area (pk, extents) VALUES (:pk, :extents) ON CONFLICT DO NOTHING")
    for rows in _batches(connection, SETS):
        for (pk,) in rows:
            members: Iterable[Any] = [(pk, 0.0)]
            if pk >= LEAST_HASH:
                members = connection.execute(MEMBERS, {"pk": pk}).all()
            found = set()
            for place, metres in members:
                boxes = connection.execute(BOXES, {"place": place}).all()
                if boxes:
                    parts = [part for *box, own in boxes for part in _widened(box, own + metres)]
                    found.add(tuple(sorted({_range(*part) for part in parts})))
            if not found:
                continue
            extents = sorted(found)
            key, text = _area(extents)
            if key >= LEAST_HASH:
                connection.execute(add, {"pk": key, "extents": text})
            connection.execute(move, {"pk": pk, "area": key})


def _area(extents: Sequence[Sequence[Sequence[int]]]) -> tuple[int, str]:
    text = ";".join(" ".join(",".join(map(str, one)) for one in extent) for extent in extents)
    if len(extents) == 1 and len(extents[0]) == 1:
        west, south, east, north = extents[0][0]
        if west == east and south == north:
            return 1 + south * 360 + west, text
    return _hashed(text), text


def _hashed(text: str) -> int:
    return LEAST_HASH | int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 2


def _range(west: float, south: float, east: float, north: float) -> tuple[int, int, int, int]:
    return (
        min(math.floor(west) + 180, 359),
        min(math.floor(south) + 90, 179),
        min(math.floor(east) + 180, 359),
        min(math.floor(north) + 90, 179),
    )


def _widened(box: Sequence[float], metres: float) -> list[Box]:
    """Cover all that is within a distance of a box."""
    west, south, east, north = box
    if not metres:
        return [(west, south, east, north)]
    radius = metres / 1000 / EARTH_RADIUS_KM
    reach = math.degrees(radius) + MARGIN
    low, high = south - reach, north + reach
    if low <= -90 or high >= 90:
        return [(-180.0, max(low, -90.0), 180.0, min(high, 90.0))]
    parallel = math.cos(math.radians(max(abs(south), abs(north))))
    width = math.degrees(math.asin(min(1.0, math.sin(radius) / parallel))) + MARGIN
    first, last = west - width, east + width
    if last - first >= 360:
        return [(-180.0, low, 180.0, high)]
    if first <= -180:
        first += 360
    elif last >= 180:
        last -= 360
    if first <= last:
        return [(first, low, last, high)]
    return [(first, low, 180.0, high), (-180.0, low, last, high)]
