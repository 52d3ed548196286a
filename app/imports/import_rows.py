"""The rows of imports that are kept for good: who imported what, when and why, and what became of it.

A row is made with the job, so that all that the job writes can point at it, and deleted with it where
nothing was written: it is no import then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from app.database import tables
from app.values.timestamps import now

_import = tables.import_.c
_KEPT_COUNTS: Final = ("read", "created", "updated", "unchanged", "failed", "gave_way", "deleted")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read: its name, and the SHA-256 of its bytes in hexadecimal."""

    name: str
    sha256: str


def insert_import(tx: Connection, by: str, comment: str | None, label: str | None) -> int:
    """Insert the row of an import that has not written yet; returns its key."""
    values = {"by": by, "comment": comment, "label": label, "files": "[]", "counts": "{}"}
    pk: int = tx.execute(insert(tables.import_).values(**values).returning(_import.pk)).scalar_one()
    return pk


def resume_import(tx: Connection, pk: int, comment: str | None) -> None:
    """Keep the comment of the run that goes on, where it has one."""
    if comment is not None:
        tx.execute(update(tables.import_).where(_import.pk == pk).values(comment=comment))


def begin_writing(tx: Connection, pk: int, files: Sequence[SourceFile]) -> None:
    """Keep the moment at which an import begins to write, and the files that it read."""
    listed = orjson.dumps([{"name": one.name, "sha256": one.sha256} for one in files]).decode()
    tx.execute(update(tables.import_).where(_import.pk == pk).values(at=now(), files=listed))


def close_import(tx: Connection, pk: int, counts: str, *, ended: bool) -> None:
    """Keep what became of the documents; the row is deleted where nothing was written.

    `counts` are those of the job, as JSON; `ended`: it came to its end, and was not interrupted.
    """
    if tx.execute(select(_import.at).where(_import.pk == pk)).scalar() is None:
        tx.execute(delete(tables.import_).where(_import.pk == pk))
        return
    kept = {name: number for name, number in orjson.loads(counts).items() if name in _KEPT_COUNTS}
    values = {"counts": orjson.dumps(kept).decode(), "ended_at": now() if ended else None}
    tx.execute(update(tables.import_).where(_import.pk == pk).values(**values))
