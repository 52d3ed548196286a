"""Keep counts of the map by type too, and in coarse cells, and have the keys of most areas say what these are.

What each rule here does is told in `app.values.map_areas`, `app.values.map_totals` and `app.database.index.area_log`, as
they were then.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COLUMNS, ROWS = 360, 180
LAST_CELL = COLUMNS * ROWS
CELL_BITS = 16
RANGE = 2**50
LEAST_HASH = 2**62
SIZES = (5, 10, 15, 20, 30, 45, 90, 360)
BATCH = 10_000

Range = tuple[int, int, int, int]
Extents = Sequence[Sequence[Range]]

AREAS = sa.text("SELECT pk, extents FROM area WHERE pk > :after ORDER BY pk LIMIT :most")
KEYS = sa.text(
    "SELECT DISTINCT area FROM place_set WHERE area > :after AND area < :hashes ORDER BY area LIMIT :most"
)
COUNTED = (
    "SELECT e.kind, e.type, s.area, count(*) AS n FROM entry e JOIN place_set s ON s.pk = e.place_set "
    "WHERE e.view = 0 AND s.area <> 0 GROUP BY e.kind, e.type, s.area"
)
WITH_TEXTS = sa.text(
    f"SELECT c.kind, c.type, c.area, a.extents, c.n FROM ({COUNTED}) c LEFT JOIN area a ON a.pk = c.area"
)
ADD_SINGLE = sa.text(
    "INSERT INTO area_single (kind, cell, type, n) VALUES (:kind, :cell, :type, :n) "
    "ON CONFLICT (kind, cell, type) DO UPDATE SET n = area_single.n + excluded.n"
)
ADD_TOTAL = sa.text(
    "INSERT INTO area_total (kind, size, cell, type, certain, possible) "
    "VALUES (:kind, :size, :cell, :type, :certain, :possible) ON CONFLICT (kind, size, cell, type) DO UPDATE SET "
    "certain = area_total.certain + excluded.certain, possible = area_total.possible + excluded.possible"
)


def upgrade() -> None:
    """Give areas their keys, make the tables, and count."""
    connection = op.get_bind()
    _make_anew(connection, with_rowid=False)
    moved = {}
    for rows in _batches(connection, AREAS):
        for pk, text in rows:
            key = _key(_extents(text))
            if key is not None:
                moved[pk] = key
    _rename(connection, moved)
    gone = sa.text("DELETE FROM area WHERE pk = :pk")
    _in_batches(connection, gone, [{"pk": pk} for pk in moved])
    op.drop_table("area_tally")
    op.create_table(
        "area_tally",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("area", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_area_tally"),
    )
    op.create_table(
        "area_count",
        sa.Column("area", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("area", "kind", name="pk_area_count"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "area_single",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "cell", "type", name="pk_area_single"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "area_total",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("certain", sa.BigInteger(), nullable=False),
        sa.Column("possible", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "size", "cell", "type", name="pk_area_total"),
        sqlite_with_rowid=False,
    )
    op.execute(
        f"INSERT INTO area_count (area, kind, n) SELECT area, kind, sum(n) FROM ({COUNTED}) c GROUP BY area, kind"
    )
    for part in connection.execute(WITH_TEXTS, execution_options={"yield_per": BATCH}).partitions():
        _add_totals(connection, part)


def downgrade() -> None:
    """Take the counts away, and give areas the keys that they had."""
    connection = op.get_bind()
    _make_anew(connection, with_rowid=True)
    add = sa.text("INSERT INTO area (pk, extents) VALUES (:pk, :extents) ON CONFLICT DO NOTHING")
    moved = {}
    for rows in _batches(connection, KEYS):
        for (key,) in rows:
            if key > LAST_CELL:
                text = _text(_extents_of(key))
                moved[key] = _hashed(text)
                connection.execute(add, {"pk": moved[key], "extents": text})
    _rename(connection, moved)
    for name in ("area_total", "area_single", "area_count", "area_tally"):
        op.drop_table(name)
    op.create_table(
        "area_tally",
        sa.Column("pk", SERIAL, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("area", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_area_tally"),
    )
    op.execute(
        "INSERT INTO area_tally (kind, area, n) SELECT e.kind, s.area, count(*) FROM entry e "
        "JOIN place_set s ON s.pk = e.place_set WHERE e.view = 0 AND s.area <> 0 GROUP BY e.kind, s.area"
    )


def _make_anew(connection: sa.Connection, *, with_rowid: bool) -> None:
    """Keep areas and sets of places in the order of their keys on SQLite, where they are looked up by these alone."""
    if connection.dialect.name != "sqlite":
        return
    for name, column in (
        ("place_set", sa.Column("area", sa.BigInteger(), nullable=False)),
        ("area", sa.Column("extents", sa.Text(), nullable=False)),
    ):
        op.create_table(
            f"{name}_new",
            sa.Column("pk", sa.BigInteger(), autoincrement=False, nullable=False),
            column,
            sa.PrimaryKeyConstraint("pk", name=f"pk_{name}"),
            sqlite_with_rowid=with_rowid,
        )
        op.execute(
            f"INSERT INTO {name}_new (pk, {column.name}) SELECT pk, {column.name} FROM {name} ORDER BY pk"
        )
        op.drop_table(name)
        op.rename_table(f"{name}_new", name)


def _batches(connection: sa.Connection, query: sa.TextClause) -> Iterator[Sequence[Any]]:
    """Read rows in the order of their keys, which come first."""
    after = 0
    while rows := connection.execute(
        query, {"after": after, "most": BATCH} | ({"hashes": LEAST_HASH} if query is KEYS else {})
    ).all():
        yield rows
        after = rows[-1][0]


def _rename(connection: sa.Connection, moved: dict[int, int]) -> None:
    """Give sets of places other keys of the areas that they are in, by an index that is there for so long."""
    if moved:
        op.create_index("ix_place_set_moved", "place_set", ["area"])
        rename = sa.text("UPDATE place_set SET area = :new WHERE area = :old")
        _in_batches(connection, rename, [{"old": old, "new": new} for old, new in moved.items()])
        op.drop_index("ix_place_set_moved", "place_set")


def _in_batches(connection: sa.Connection, statement: sa.TextClause, rows: Sequence[dict[str, int]]) -> None:
    for start in range(0, len(rows), BATCH):
        connection.execute(statement, rows[start : start + BATCH])


def _add_totals(connection: sa.Connection, counts: Sequence[Any]) -> None:
    single = Counter[tuple[str, int, str]]()
    certain, possible = Counter[tuple[str, int, int, str]](), Counter[tuple[str, int, int, str]]()
    for kind, type_, area, text, n in counts:
        extents = _extents_of(area) if text is None else _extents(text)
        if area <= LAST_CELL:
            [cell] = _cells(extents, SIZES[0])[0]
            single[kind, cell, type_] += int(n)
            continue
        for size in SIZES:
            sure, may = _cells(extents, size)
            possible.update({(kind, size, cell, type_): int(n) for cell in may})
            certain.update({(kind, size, cell, type_): int(n) for cell in sure})
    names: tuple[str, ...] = "kind", "cell", "type", "n"
    singles = [dict(zip(names, (*key, n), strict=True)) for key, n in sorted(single.items())]
    names = "kind", "size", "cell", "type", "certain", "possible"
    others = [dict(zip(names, (*key, certain[key], n), strict=True)) for key, n in sorted(possible.items())]
    for statement, rows in ((ADD_SINGLE, singles), (ADD_TOTAL, others)):
        if rows:
            connection.execute(statement, rows)


def _cells(extents: Extents, size: int) -> tuple[set[int], set[int]]:
    """Return the cells of a size that an area certainly has a place in, and those that it possibly has."""
    sure: set[int] = set()
    may: set[int] = set()
    for extent in extents:
        cells = {
            row * (COLUMNS // size) + column
            for west, south, east, north in extent
            for row in range(south // size, north // size + 1)
            for column in range(west // size, east // size + 1)
        }
        may |= cells
        if len(cells) == 1:
            sure |= cells
    return sure, may


def _key(extents: Extents) -> int | None:
    """Return the key that says what an area is, if there is one."""
    ranges = [one for extent in extents for one in extent]
    if len(ranges) > len(extents):
        return None
    if len(ranges) == 1:
        west, south, east, north = ranges[0]
        return RANGE + west + COLUMNS * (south + ROWS * (east + COLUMNS * north))
    if len(ranges) > 3 or any(one[:2] != one[2:] for one in ranges):
        return None
    numbers = sorted(1 + row * COLUMNS + column for column, row, _, _ in ranges)
    return sum(number << CELL_BITS * at for at, number in enumerate(numbers))


def _extents_of(key: int) -> Extents:
    if key >= RANGE:
        sides, west = divmod(key - RANGE, COLUMNS)
        sides, south = divmod(sides, ROWS)
        north, east = divmod(sides, COLUMNS)
        return [[(west, south, east, north)]]
    extents = []
    while key:
        row, column = divmod((key & (2**CELL_BITS - 1)) - 1, COLUMNS)
        extents.append([(column, row, column, row)])
        key >>= CELL_BITS
    return sorted(extents)


def _extents(text: str) -> Extents:
    return [[_range(one) for one in extent.split(" ")] for extent in text.split(";")]


def _range(text: str) -> Range:
    west, south, east, north = map(int, text.split(","))
    return west, south, east, north


def _text(extents: Extents) -> str:
    return ";".join(" ".join(",".join(map(str, one)) for one in extent) for extent in extents)


def _hashed(text: str) -> int:
    return LEAST_HASH | int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 2
