"""A batch of an import while it is staged: its lines, and those that are taken out of it again."""

from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, select

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.index.insert_rows import columns_of
from app.database.lookup import BATCH_BYTES, find_by_keys
from app.errors import Fault
from app.imports.additions import other_labels, sum_of
from app.imports.documents import ImportedDocument
from app.imports.existing_records import Earlier, Present, own_ref
from app.imports.fault_log import ImportFault
from app.imports.jobs import drop_lines
from app.imports.sync import Named
from app.imports.validate import Validated, Validator
from app.values.portions import portions
from app.values.text_selectors import SelectorMatches
from app.writing.batch import InvalidBatch
from app.writing.check_selectors import check_selectors

BATCH: Final = 1000
"""Documents that are validated, and lines that are stored, at a time; fewer where they are large."""

_POSITION: Final = columns_of(tables.import_line).index("position")
_UNNAMED: Final = columns_of(tables.import_unnamed).index("position")
_line = tables.import_line.c

_STORED: Final = CompiledStatement(
    select(_line.document).where(_line.job == bindparam("job"), _line.position == bindparam("position"))
)


@dataclass(slots=True)
class Batch:
    """The outcome of a batch while it is staged.

    `quoting` has the lines that quote a source which is in the database.
    """

    present: Present
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    references: list[tuple[Any, ...]] = field(default_factory=list)
    unnamed: list[tuple[Any, ...]] = field(default_factory=list)
    faults: list[ImportFault] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    quoting: list[tuple[int, Validated]] = field(default_factory=list)

    def withdraw(self, position: int) -> None:
        """Take out a line that is not stored yet."""
        self.lines = [row for row in self.lines if row[_POSITION] != position]
        self.references = [row for row in self.references if row[_POSITION] != position]
        self.quoting = [(at, one) for at, one in self.quoting if at != position]


def told_with(
    tx: Connection, batch: Batch, job: int, earlier: Earlier, one: Validated, validator: Validator
) -> Validated | list[Fault] | None:
    """Return what an earlier line says together with one that adds to the same record, in place of the line; or why not.

    None: it says something else in a member that it does not add to.
    """
    document = earlier.document
    if document is None:
        ((document,),) = _STORED.rows(tx, {"job": job, "position": earlier.position})
    present, more = orjson.loads(document), orjson.loads(one.more)
    own = orjson.loads(one.document)
    if any(present.get(name) != own.get(name) for name in (present.keys() | own.keys()) - more.keys()):
        return None
    if faults := other_labels(present.get("labels"), more.get("labels")):
        return faults
    summed = {name: sum_of(present.get(name), added) for name, added in more.items()}
    raw = present | {name: added for name, added in summed.items() if added is not None}
    told = validator.read(
        ImportedDocument(earlier.line, raw, number=earlier.number, base_revision=one.base_revision)
    )
    if told.faults:
        return list(told.faults)
    if earlier.document is None:
        drop_lines(tx, job, [earlier.position])
    else:
        batch.withdraw(earlier.position)
    return told


def take_out_misplaced(
    tx: Connection, batch: Batch, findings: SelectorMatches | None
) -> list[tuple[int, Validated, Fault]]:
    """Remove lines whose selectors do not match a text that is attached to their source.

    Returns their positions and documents with their faults.
    """
    heads = batch.present.heads
    found: list[tuple[int, Validated, Fault]] = []

    def size(quoting: tuple[int, Validated]) -> int:
        outline = batch.present.outline(own_ref(quoting[1]))
        return quoting[1].size + (outline.size if outline is not None else 0)

    for some in portions(batch.quoting, size, most_size=BATCH_BYTES, most=BATCH):
        own = [heads.get(own_ref(one)) for _, one in some]
        documents = {one.pk: one.document for one in find_by_keys(tx, [head.pk for head in own if head])}
        written = [
            (one.record(), documents.get(head.pk) if head else None)
            for (_, one), head in zip(some, own, strict=True)
        ]
        try:
            check_selectors(tx, written, lambda ref: heads[ref].pk if ref in heads else 0, findings)
        except InvalidBatch as error:
            found += [(*some[at], fault) for at, fault in error.found]
    lost = {position for position, _, _ in found}
    if lost:
        batch.lines = [row for row in batch.lines if row[_POSITION] not in lost]
        batch.references = [row for row in batch.references if row[_POSITION] not in lost]
        batch.unnamed = [row for row in batch.unnamed if row[_UNNAMED] not in lost]
    return found
