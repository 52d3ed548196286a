"""Bounding boxes: queries on SQLite's R*Tree and Postgres' GiST index for those that may meet another.

Neither misses a box; both may return one that only comes near, since the R*Tree holds 32-bit floats,
rounded outwards, and Postgres compares with a tolerance. The columns of `box` decide.
"""

from typing import Any

from sqlalchemy import ColumnElement, Float, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean

from app.database import tables

EDGES = ("west", "south", "east", "north")


class MayMeet(ColumnElement[bool]):
    """A row of `tables.box` may meet the box whose edges are the parameters `{name}_west` and so on."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, name: str) -> None:
        """Compare with the box whose edges are parameters with this prefix."""
        self.name = name

    def self_group(self, against: object = None) -> "MayMeet":
        """Return itself: SQLAlchemy would write `(…) = 1` on SQLite, which then does not use the R*Tree."""
        del against
        return self


def _edges(element: MayMeet, compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [
        compiler.process(bindparam(f"{element.name}_{edge}", type_=Float(53), unique=False), **kw)
        for edge in EDGES
    ]


@compiles(MayMeet, "sqlite")
def _in_tree(element: MayMeet, compiler: SQLCompiler, **kw: Any) -> str:
    west, south, east, north = _edges(element, compiler, **kw)
    return (
        f"{compiler.process(tables.box.c.pk, **kw)} IN (SELECT pk FROM box_tree "
        f"WHERE west <= {east} AND east >= {west} AND south <= {north} AND north >= {south})"
    )


@compiles(MayMeet, "postgresql")
def _in_gist(element: MayMeet, compiler: SQLCompiler, **kw: Any) -> str:
    own_west, own_south, own_east, own_north = (compiler.process(tables.box.c[edge], **kw) for edge in EDGES)
    west, south, east, north = _edges(element, compiler, **kw)
    return (
        f"box(point({own_west}, {own_south}), point({own_east}, {own_north})) && "
        f"box(point({west}, {south}), point({east}, {north}))"
    )
