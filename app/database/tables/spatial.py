"""Derived tables of where records are: the boxes of places, and what maps count by.

Times are stored as in `app.database.tables.derived`. What maps count by has no foreign keys: a backup of a schema without
these tables is put back before they are dropped, and drops `record`.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, func

from app.database.tables.columns import KeyText, Serial, metadata

box = Table(
    "box",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("view", BigInteger, nullable=False),
    Column("record", BigInteger, ForeignKey("record.pk"), nullable=False),
    Column("west", Float(53), nullable=False),
    Column("south", Float(53), nullable=False),
    Column("east", Float(53), nullable=False),
    Column("north", Float(53), nullable=False),
    # A point is its own box; other shapes are tested exactly once their box is found.
    Column("exact", Boolean, nullable=False),
    # Which of the place's geometries: 0 is that of no time, others are counted from 1.
    Column("position", Integer, nullable=False),
    # When it held, as far as overlaps are asked for; of a set, one row for each member. Always, where it has no date.
    Column("s1", BigInteger, nullable=False),
    Column("s2", BigInteger, nullable=False),
    Column("e1", BigInteger, nullable=False),
    Column("e2", BigInteger, nullable=False),
    # How far off the geometry may be; 0 is not at all.
    Column("precision_m", Float(53), nullable=False),
    Index("ix_box_record", "record"),
)

BOX_GIST = Index(
    "ix_box_area",
    func.box(func.point(box.c.west, box.c.south), func.point(box.c.east, box.c.north)),
    postgresql_using="gist",
).ddl_if(dialect="postgresql")

# The sets of places that records are at, each with the key of the area that it may be in (`app.values.map_areas`):
# inserted when they are first needed, never deleted by writes. A place without more, which every place is at
# itself, has the place's own key and no members here; the key of another set is a hash of its members.
place_set = Table(
    "place_set",
    metadata,
    Column("pk", BigInteger, primary_key=True, autoincrement=False),
    Column("area", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The places of a set, and how far off a record that is there may be; 0 is not at all.
place_set_member = Table(
    "place_set_member",
    metadata,
    Column("place_set", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("precision_m", Float(53), primary_key=True, autoincrement=False),
    Index("ix_place_set_member_place", "place", "place_set"),
    sqlite_with_rowid=False,
)

# Areas whose key does not say what they are.
area = Table(
    "area",
    metadata,
    Column("pk", BigInteger, primary_key=True, autoincrement=False),
    Column("extents", Text, nullable=False),
    sqlite_with_rowid=False,
)

# What is counted of the records in each area, in the canonical view (`app.database.index.area_log`): what writes changed
# since the counts below were last brought up to date; rows are only ever inserted, and moved, ...
area_tally = Table(
    "area_tally",
    metadata,
    Column("pk", Serial, primary_key=True),
    Column("kind", KeyText, nullable=False),
    Column("type", KeyText, nullable=False),
    Column("place_set", BigInteger, nullable=False),
    Column("area", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
)

# ... how many there are at a set of places, by blocks that the area of the set touches (`app.values.map_blocks`), ...
place_set_count = Table(
    "place_set_count",
    metadata,
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("kind", KeyText, primary_key=True),
    Column("type", KeyText, primary_key=True),
    Column("place_set", BigInteger, primary_key=True, autoincrement=False),
    Column("area", BigInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# ... how many there are in an area, ...
area_count = Table(
    "area_count",
    metadata,
    Column("area", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", KeyText, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# ... and how many in each cell of many sizes (`app.values.map_totals`), by kind ...
area_total = Table(
    "area_total",
    metadata,
    Column("kind", KeyText, primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("certain", BigInteger, nullable=False),
    Column("possible", BigInteger, nullable=False),
    Column("onward", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# ... and by type, where there is one. Rows of a map are one range of either.
area_type_total = Table(
    "area_type_total",
    metadata,
    Column("kind", KeyText, primary_key=True),
    Column("type", KeyText, primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("certain", BigInteger, nullable=False),
    Column("possible", BigInteger, nullable=False),
    Column("onward", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
