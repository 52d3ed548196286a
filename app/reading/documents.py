"""Documents in bounded memory: those too large to be read with their rows, and many of them in portions."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.engine.statement import AnyOf, CompiledStatement
from app.records.kinds import RecordKind, kind_by_name
from app.values.portions import octets, portions

PORTION_BYTES: Final = 4 * 2**20
"""Documents that are read at a time where many are gone through; a larger one comes alone."""

_record, _entry = tables.record.c, tables.entry.c
_IN_VIEW: Final = _entry.view == bindparam("view")

SIZES: Final = CompiledStatement(
    select(_record.pk, func.octet_length(_record.document)).where(AnyOf.keys(_record.pk, "keys"))
)

SIZES_IN_VIEW: Final = CompiledStatement(
    select(_entry.record, func.octet_length(_entry.document)).where(
        AnyOf.keys(_entry.record, "keys"), _IN_VIEW
    )
)

DOCUMENTS: Final = CompiledStatement(
    select(_record.pk, _record.document).where(AnyOf.keys(_record.pk, "keys"))
)

DOCUMENTS_IN_VIEW: Final = CompiledStatement(
    select(_entry.record, _entry.document).where(AnyOf.keys(_entry.record, "keys"), _IN_VIEW)
)


async def with_large_documents(
    db: ReadConnection, rows: Rows, view: int, most_bytes: int
) -> tuple[Rows, bool]:
    """Fill in the documents of rows (document, …, key of the record, …) that came without, as many as fit.

    Returns the first rows, whose documents take at most `most_bytes` together, and the first in any case;
    and whether these are all. A record that has been deleted since is left out.
    """
    large = [row[2] for row in rows if row[0] is None]
    if not large:
        return rows, True
    of_view = {"keys": large, "view": view}
    own = view == tables.CANONICAL_VIEW
    sizes: dict[int, int] = dict(await db.fetch_slow(SIZES if own else SIZES_IN_VIEW, of_view))
    present = [row for row in rows if row[0] is not None or row[2] in sizes]

    def size(row: tuple[Any, ...]) -> int:
        return sizes[row[2]] if row[0] is None else octets(row[0])

    kept: list[tuple[Any, ...]] = next(portions(present, size, most_size=most_bytes), [])
    wanted = [row[2] for row in kept if row[0] is None]
    found: dict[int, str] = {}
    if wanted:
        statement = DOCUMENTS if own else DOCUMENTS_IN_VIEW
        found = dict(await db.fetch_slow(statement, {"keys": wanted, "view": view}))
    filled = [
        row if row[0] is not None else (found[row[2]], *row[1:])
        for row in kept
        if row[0] is not None or row[2] in found
    ]
    return filled, len(kept) == len(present)


async def in_portions(
    db: ReadConnection, keys: Sequence[int], view: int = tables.CANONICAL_VIEW
) -> AsyncIterator[Rows]:
    """Yield (key, document) of records in a view, a portion at a time; one that has been deleted since is left out."""
    own = view == tables.CANONICAL_VIEW
    asked = {"keys": list(keys), "view": view}
    sizes: dict[int, int] = dict(await db.fetch_slow(SIZES if own else SIZES_IN_VIEW, asked))
    for portion in portions(
        (key for key in keys if key in sizes), sizes.__getitem__, most_size=PORTION_BYTES
    ):
        yield await db.fetch_slow(DOCUMENTS if own else DOCUMENTS_IN_VIEW, {"keys": portion, "view": view})


def kind_of(document: str) -> RecordKind:
    """Return the kind of record that a stored document is of: each begins `{"kind":"…"`."""
    return kind_by_name(document[9 : document.index('"', 9)])
