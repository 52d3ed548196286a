"""Exact tests of geometries against an area: prepared shapes are cached, memory and work are bounded."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import Engine, and_, case, func, literal_column, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.engine.statement import AnyOf, CompiledStatement
from app.values.portions import batched
from app.values.prepared_shapes import Budget, Shape, TooMuchWork

MAX_BYTES: Final = 64 * 2**20
"""The size of documents whose shapes are tested for one query, in bytes."""

MAX_POSITIONS: Final = 1_750_000
"""Positions of the shapes that are tested for one query."""

MAX_COMPARISONS: Final = 2_000_000
"""Comparisons with segments, and with boxes of segments, for one query."""

MAX_REMEMBERED: Final = 32 * 2**20
"""The memory of a worker for prepared shapes, in bytes: what one query may test fits."""

_CHUNK: Final = 8
"""Shapes read at a time: each may be a document of a mebibyte."""

Test = Callable[[Shape, Budget], bool]

_Document = tuple[int, int, int]
"""Record, view and moment of the last change, which together identify a document."""

_Key = tuple[int, int, int, int]
"""Those of a document, and the position of a geometry in it."""

box, entry, record = tables.box.c, tables.entry.c, tables.record.c
_document = case((box.view == literal_column("0"), record.document), else_=entry.document)

_whole = tables.box.join(tables.record, record.pk == box.record).join(
    tables.entry, and_(entry.record == box.record, entry.view == box.view)
)

_STATES: Final = CompiledStatement(
    select(box.pk, box.record, box.view, entry.updated_at, box.position, func.octet_length(_document))
    .select_from(_whole)
    .where(AnyOf.keys(box.pk, "boxes"))
    .order_by(box.pk)
)

_DOCUMENTS: Final = CompiledStatement(
    select(box.record, box.view, entry.updated_at, _document)
    .select_from(_whole)
    .where(AnyOf.keys(box.pk, "boxes"))
)


class _Remembered:
    """An LRU cache of prepared shapes, bounded in bytes."""

    def __init__(self) -> None:
        self._bytes = 0
        self._shapes: OrderedDict[_Key, Shape] = OrderedDict()

    def get(self, key: _Key) -> Shape | None:
        shape = self._shapes.get(key)
        if shape is not None:
            self._shapes.move_to_end(key)
        return shape

    def put(self, key: _Key, shape: Shape) -> None:
        if key in self._shapes:
            return
        self._shapes[key] = shape
        self._bytes += shape.size
        while self._bytes > MAX_REMEMBERED:
            _, gone = self._shapes.popitem(last=False)
            self._bytes -= gone.size


_remembered: WeakKeyDictionary[Engine, _Remembered] = WeakKeyDictionary()


async def passing(db: ReadConnection, boxes: Sequence[int], test: Test) -> list[int]:
    """Return those of the rows of `box` whose shapes pass a test.

    Raises:
        TooMuchWork: the shapes are more, or larger, than one query may test. That does not depend on what
            is cached.
    """
    states = await db.fetch_slow(_STATES, {"boxes": list(boxes)})
    rows: dict[_Key, list[int]] = {}
    sizes: dict[_Document, int] = {}
    for pk, *document, position, size in states:
        rows.setdefault((*document, position), []).append(pk)
        sizes[tuple(document)] = size
    if sum(sizes.values()) > MAX_BYTES:
        raise TooMuchWork
    remembered = _remembered.setdefault(db.engine, _Remembered())
    at_hand = {key: shape for key in rows if (shape := remembered.get(key)) is not None}
    missing: dict[_Document, list[int]] = {}
    for *document, position in rows.keys() - at_hand.keys():
        missing.setdefault(tuple(document), []).append(position)
    positions, budget = Budget(MAX_POSITIONS), Budget(MAX_COMPARISONS)
    positions.spend(sum(shape.positions for shape in at_hand.values()))
    found = await db.in_thread(partial(_test, at_hand, test, budget))
    del at_hand
    for some in batched(missing.items(), _CHUNK):
        one_each = [rows[*document, positions[0]][0] for document, positions in some]
        documents = await db.fetch_slow(_DOCUMENTS, {"boxes": one_each})
        shapes = await db.in_thread(partial(_prepared, documents, dict(some)))
        positions.spend(sum(shape.positions for shape in shapes.values()))
        found += await db.in_thread(partial(_test, shapes, test, budget))
        for key, shape in shapes.items():
            remembered.put(key, shape)
    return [pk for key in found for pk in rows[key]]


def _prepared(rows: Rows, wanted: Mapping[_Document, Sequence[int]]) -> dict[_Key, Shape]:
    found: dict[_Key, Shape] = {}
    for record_pk, view, updated_at, document in rows:
        members = orjson.loads(document)
        for position in wanted[record_pk, view, updated_at]:
            # As `app.records.place.Place.shapes` counts them.
            place = members["geometries"][position - 1] if position else members
            found[record_pk, view, updated_at, position] = Shape(place["geometry"])
    return found


def _test(shapes: dict[_Key, Shape], test: Test, budget: Budget) -> list[_Key]:
    return [key for key, shape in shapes.items() if test(shape, budget)]
