"""Count what maps show in cells of every size that divides the map, and by set of places.

What each rule here does is told in `app.values.map_totals`, `app.values.map_blocks` and
`app.database.index.area_log`, as they were then.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

COLUMNS = 360
LAST_CELL = 64_800
CELL_BITS = 16
RANGE = 2**50
ROWS = 180
SIZES = (1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 18, 20, 30, 36, 45, 60, 90, 360)
FORMER_SIZES = (5, 10, 15, 20, 30, 45, 90, 360)
BLOCK, MOST_BLOCKS = 10, 16
BATCH = 10_000

Range = tuple[int, int, int, int]
Extents = Sequence[Sequence[Range]]
Change = tuple[int, int, int, int, int]

COUNTED = (
    "SELECT e.kind, e.type, {set} s.area, count(*) AS n FROM entry e JOIN place_set s ON s.pk = e.place_set "
    "WHERE e.view = 0 AND s.area <> 0 GROUP BY e.kind, e.type, {set} s.area"
)
BY_AREA = COUNTED.format(set="")
WITH_TEXTS = "SELECT c.*, a.extents FROM ({}) c LEFT JOIN area a ON a.pk = c.area ORDER BY c.kind, c.type"
BY_SET = sa.text(WITH_TEXTS.format(COUNTED.format(set="e.place_set,")))
BY_TYPE = sa.text(WITH_TEXTS.format(BY_AREA))
BY_KIND = sa.text(
    WITH_TEXTS.format(f"SELECT kind, '' AS type, area, sum(n) AS n FROM ({BY_AREA}) m GROUP BY kind, area")
)
TABLES = {"area_total": ("kind",), "area_type_total": ("kind", "type")}


def upgrade() -> None:
    """Make the tables anew, and count; what is not moved yet is counted with the rest."""
    connection = op.get_bind()
    op.drop_table("area_single")
    op.drop_table("area_total")
    for name, group in TABLES.items():
        op.create_table(
            name,
            *(sa.Column(one, KEY, nullable=False) for one in group),
            sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("certain", sa.BigInteger(), nullable=False),
            sa.Column("possible", sa.BigInteger(), nullable=False),
            sa.Column("onward", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint(*group, "size", "cell", name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )
    _make_log(("kind", KEY), ("type", KEY), ("place_set", sa.BigInteger()), ("area", sa.BigInteger()))
    op.create_table(
        "place_set_count",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("place_set", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("area", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("block", "kind", "type", "place_set", "area", name="pk_place_set_count"),
        sqlite_with_rowid=False,
    )
    _count_areas(connection)
    _count_sets(connection)
    for (kind, _), counts in _groups(connection, BY_KIND):
        _insert_totals(connection, "area_total", (kind,), counts)
    for (kind, type_), counts in _groups(connection, BY_TYPE):
        if type_:
            _insert_totals(connection, "area_type_total", (kind, type_), counts)


def downgrade() -> None:
    """Count as before: areas of one cell at five degrees alone, others at fewer sizes."""
    connection = op.get_bind()
    for name in (*TABLES, "place_set_count"):
        op.drop_table(name)
    _make_log(("kind", KEY), ("type", KEY), ("area", sa.BigInteger()))
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
    _count_areas(connection)
    for group, counts in _groups(connection, BY_TYPE):
        _insert_former(connection, group, counts)


def _make_log(*counted: tuple[str, Any]) -> None:
    """Make the table of changes anew, with none: all that there is is counted with the rest."""
    op.drop_table("area_tally")
    op.create_table(
        "area_tally",
        sa.Column("pk", SERIAL, nullable=False),
        *(sa.Column(name, sort, nullable=False) for name, sort in counted),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_area_tally"),
    )


def _count_areas(connection: sa.Connection) -> None:
    connection.execute(sa.text("DELETE FROM area_count"))
    connection.execute(
        sa.text(
            f"INSERT INTO area_count (area, kind, n) SELECT area, kind, sum(n) FROM ({BY_AREA}) m GROUP BY area, kind"
        )
    )


def _count_sets(connection: sa.Connection) -> None:
    names = "block", "kind", "type", "place_set", "area", "n"
    found = connection.execute(BY_SET, execution_options={"yield_per": BATCH})
    for part in found.partitions():
        rows = [
            (block, kind, type_, key, area, int(n))
            for kind, type_, key, area, n, text in part
            for block in _blocks(_extents(area, text))
        ]
        _insert(connection, "place_set_count", names, rows)


def _blocks(extents: Extents) -> set[int]:
    """Return the blocks that an area touches, or -1 where these are too many."""
    ranges = {
        (one[0] // BLOCK, one[1] // BLOCK, one[2] // BLOCK, one[3] // BLOCK)
        for extent in extents
        for one in extent
    }
    if sum((east - west + 1) * (north - south + 1) for west, south, east, north in ranges) > MOST_BLOCKS:
        return {-1}
    return {
        row * (COLUMNS // BLOCK) + column
        for west, south, east, north in ranges
        for row in range(south, north + 1)
        for column in range(west, east + 1)
    }


def _groups(
    connection: sa.Connection, query: sa.TextClause
) -> Iterator[tuple[tuple[str, str], Iterator[tuple[Extents, int]]]]:
    """Read what is counted of each kind and type: an area, and how many."""
    rows = connection.execute(query, execution_options={"yield_per": BATCH})
    for group, some in groupby(rows, key=lambda row: (row.kind, row.type)):
        yield group, ((_extents(area, text), int(n)) for _, _, area, n, text in some)


def _insert_totals(
    connection: sa.Connection, table: str, group: tuple[str, ...], counts: Iterator[tuple[Extents, int]]
) -> None:
    found: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for extents, n in counts:
        for size in SIZES:
            for cell, certain, possible, onward in _changes(extents, size):
                there = found[size, cell]
                there[0] += certain * n
                there[1] += possible * n
                there[2] += onward * n
    names = (*TABLES[table], "size", "cell", "certain", "possible", "onward")
    _insert(connection, table, names, [(*group, *key, *there) for key, there in found.items() if any(there)])


def _insert_former(
    connection: sa.Connection, group: tuple[str, str], counts: Iterator[tuple[Extents, int]]
) -> None:
    kind, type_ = group
    single: dict[int, int] = defaultdict(int)
    found: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for extents, n in counts:
        if len(extents) == len(extents[0]) == 1 and extents[0][0][:2] == extents[0][0][2:]:
            [(cell, *_)] = _changes(extents, FORMER_SIZES[0])
            single[cell] += n
            continue
        for size in FORMER_SIZES:
            certain, possible = _cells(extents, size)
            for cell in possible:
                found[size, cell][0] += n * (cell in certain)
                found[size, cell][1] += n
    names: tuple[str, ...] = "kind", "cell", "type", "n"
    _insert(connection, "area_single", names, [(kind, cell, type_, n) for cell, n in single.items()])
    names = "kind", "size", "cell", "type", "certain", "possible"
    rows = [(kind, size, cell, type_, *there) for (size, cell), there in found.items()]
    _insert(connection, "area_total", names, rows)


def _insert(
    connection: sa.Connection, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    marks = ", ".join(f":{one}" for one in names)
    statement = sa.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})")
    rows = sorted(rows)
    for start in range(0, len(rows), BATCH):
        part = [dict(zip(names, row, strict=True)) for row in rows[start : start + BATCH]]
        connection.execute(statement, part)


def _cells(extents: Extents, size: int) -> tuple[set[int], set[int]]:
    """Return the cells of a size that an area certainly has a place in, and those that it possibly has."""
    across = COLUMNS // size
    certain: set[int] = set()
    possible: set[int] = set()
    for extent in extents:
        cells = {
            row * across + column
            for west, south, east, north in extent
            for row in range(south // size, north // size + 1)
            for column in range(west // size, east // size + 1)
        }
        possible |= cells
        if len(cells) == 1:
            certain |= cells
    return certain, possible


def _changes(extents: Extents, size: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (cell, certain, possible, onward) of an area: what it adds in each cell of a size where it adds anything.

    Of several cells next to each other in a row, the first and the one behind the last say in `onward` where these
    begin and end. Keys of two or three cells list these one by one, and so they are counted.
    """
    across = COLUMNS // size
    if len(extents) <= 3 and all(len(one) == 1 and one[0][:2] == one[0][2:] for one in extents):
        for cell in {row // size * across + column // size for [(column, row, *_)] in extents}:
            yield cell, 1, 1, 0
        return
    certain: set[int] = set()
    reached: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for extent in extents:
        boxes = {tuple(edge // size for edge in one) for one in extent}
        for west, south, east, north in boxes:
            for row in range(south, north + 1):
                reached[row].add((west, east))
        west, south, east, north = next(iter(boxes))
        if len(boxes) == 1 and (west, south) == (east, north):
            certain.add(south * across + west)
    yield from ((cell, 1, 0, 0) for cell in certain)
    for row, runs in reached.items():
        for west, east in _joined(runs):
            first, behind = row * across + west, row * across + east + 1
            if west == east:
                yield first, 0, 1, 0
                continue
            yield first, 0, 0, 1
            if east + 1 < across:
                yield behind, 0, 0, -1


def _joined(runs: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join runs of columns that touch or overlap."""
    edges = sorted({west for west, _ in runs} | {east + 1 for _, east in runs})
    parts = [
        (west, behind - 1)
        for west, behind in pairwise(edges)
        if any(one[0] <= west and one[1] >= behind - 1 for one in runs)
    ]
    joined: list[tuple[int, int]] = []
    for west, east in parts:
        if joined and joined[-1][1] + 1 == west:
            joined[-1] = joined[-1][0], east
        else:
            joined.append((west, east))
    return joined


def _extents(key: int, text: str | None) -> Extents:
    if text is not None:
        return [[_range(one) for one in extent.split(" ")] for extent in text.split(";")]
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
    return extents


def _range(text: str) -> Range:
    west, south, east, north = map(int, text.split(","))
    return west, south, east, north
