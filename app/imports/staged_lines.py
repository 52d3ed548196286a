"""Reading staged lines, a few megabytes at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import BATCH_BYTES
from app.imports.fault_log import Origin
from app.records.base import Record
from app.records.kinds import RecordKind, kind_by_name
from app.records.serialization import has_server_fields
from app.records.validation.document import load_stored
from app.records.vocabulary import TERM_KIND
from app.values.portions import portions

_line = tables.import_line.c
_OF_JOB: Final = _line.job == bindparam("job")

_ROW: Final = (
    _line.position,
    _line.file,
    _line.line,
    _line.number,
    _line.base_revision,
    _line.kind,
    _line.id,
    _line.if_missing,
    _line.document,
)

_AT: Final = CompiledStatement(
    select(*_ROW).where(_OF_JOB, AnyOf.keys(_line.position, "positions")).order_by(_line.position)
)

_NEXT: Final = {
    ready: CompiledStatement(
        select(_line.position, _line.size)
        .where(
            _OF_JOB,
            _line.position > bindparam("after"),
            _line.kind != TERM_KIND,
            *((_line.ready.is_(True),) if ready else ()),
        )
        .order_by(_line.position)
        .limit(bindparam("most"))
    )
    for ready in (True, False)
}

_TERMS: Final = CompiledStatement(
    select(_line.position, _line.file, _line.line, _line.number, _line.id, _line.document)
    .where(_OF_JOB, _line.kind == TERM_KIND)
    .order_by(_line.position)
)


@dataclass(frozen=True)
class Staged:
    """A staged line.

    Attributes:
        position: among the documents of the import.
        file: the number of its file.
        line: its line in that.
        number: which feature of its file it is, where that says more.
        base_revision: the revision that it was made from; it must not change a record with a later one.
        kind: the kind of record.
        ref: the record.
        if_missing: whether it gives way to an existing record.
        document: its document.
    """

    position: int
    file: int
    line: int
    number: int | None
    base_revision: int | None
    kind: RecordKind
    ref: str
    if_missing: bool
    document: str

    @cached_property
    def record(self) -> Record:
        """The record: validated only where its text is not enough."""
        return load_stored(self.kind, self.document)

    @property
    def is_signed(self) -> bool:
        """Whether it brings fields that the server sets."""
        return has_server_fields(self.document, self.ref, self.kind.kind)

    def origin(self, files: Sequence[str]) -> Origin:
        """Return where it comes from."""
        return Origin(files[self.file], self.line, self.number, self.ref.partition("/")[2])


def staged_at(connection: Connection, job: int, positions: Sequence[int]) -> list[Staged]:
    """Read staged lines by their positions, in the order of the positions."""
    found = []
    rows = _AT.rows(connection, {"job": job, "positions": list(positions)})
    for position, file, line, number, base_revision, kind_name, record_id, if_missing, document in rows:
        kind = kind_by_name(kind_name)
        ref = f"{kind.collection}/{record_id}"
        whole = _with_id(document, kind_name, record_id)
        found.append(Staged(position, file, line, number, base_revision, kind, ref, bool(if_missing), whole))
    return found


def staged_after(
    connection: Connection, job: int, position: int, most: int, *, ready: bool = True
) -> list[Staged]:
    """Read the next staged lines after a position, at most so many; without `ready` waiting ones as well."""
    sizes = dict(_NEXT[ready].rows(connection, {"job": job, "after": position, "most": most}))
    positions = next(portions(sizes, sizes.__getitem__, most_size=BATCH_BYTES, most=most), [])
    return staged_at(connection, job, positions) if positions else []


def staged_terms(connection: Connection, job: int) -> list[tuple[Any, ...]]:
    """Read the staged terms, in order: position, file, line, number, scheme/id, document."""
    return _TERMS.rows(connection, {"job": job})


def _with_id(document: str, kind: str, record_id: str) -> str:
    """Return a document with the id that it was given after it was staged."""
    beginning = f'{{"kind":"{kind}",'
    return (
        document
        if document.startswith('"id":', len(beginning))
        else f'{beginning}"id":"{record_id}",{document[len(beginning) :]}'
    )
