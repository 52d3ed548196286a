"""Ids for documents of an import that bring none: the same each time the same file is imported.

Such a document stands for the record of that name that says the very same, where there is one. It never
changes one that says anything else: then it gets a number, as any other namesake.
"""

from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from sqlalchemy import Connection, bindparam, select

from app.records import RecordKind
from app.records.base import Record
from app.records.reading import read_stored
from app.records.writing import to_revision_json
from app.store import tables
from app.store.statement import AnyOf, Statement
from app.values.slug import fallback, slugify, with_suffix

MOST_NAMESAKES: Final = 1000
"""How many documents of one name can be told apart by a number."""

_MOST_NAMES: Final = 500

_record, _line = tables.record.c, tables.import_line.c
_NAMESAKES: Final = Statement(
    select(_record.id, _record.state, _record.document).where(
        _record.kind == bindparam("kind"), AnyOf.texts(_record.id, "ids")
    )
)
_STAGED: Final = Statement(
    select(_line.id).where(
        _line.job == bindparam("job"), _line.kind == bindparam("kind"), AnyOf.texts(_line.id, "ids")
    )
)


def content(record: Record) -> bytes:
    """Give what a document says, without what the server sets and derives."""
    return to_revision_json(record.changed(revision=None, created_at=None, updated_at=None, href=None))


@dataclass(slots=True)
class _Namesakes:
    """All that bear one name: which ids are taken, which say what, and whether those with a number are known."""

    taken: set[str] = field(default_factory=set)
    saying: dict[bytes, list[str]] = field(default_factory=dict)
    numbered: bool = False


class Names:
    """Gives ids within one job."""

    def __init__(self, job: int) -> None:
        """Name documents of a job."""
        self._job = job
        self._known: OrderedDict[tuple[str, str], _Namesakes] = OrderedDict()

    def name(self, tx: Connection, kind: RecordKind, record: Record, avoided: Container[str]) -> str | None:
        """Give the id for a document, none that is avoided as a reference; None where too many bear its name."""
        said = content(record.changed(id=None))
        base = slugify(record.title) or fallback(kind.kind, blake2b(said, digest_size=4).hexdigest())
        namesakes = self._known.get((kind.kind, base))
        if namesakes is None:
            namesakes = self._known[kind.kind, base] = _Namesakes()
            self._look_up(tx, kind, [base], namesakes)
            if len(self._known) > _MOST_NAMES:
                self._known.popitem(last=False)
        if base in namesakes.taken and not namesakes.numbered:
            namesakes.numbered = True
            numbers = range(2, MOST_NAMESAKES + 1)
            self._look_up(tx, kind, [with_suffix(base, number) for number in numbers], namesakes)
        same = namesakes.saying.get(said)
        if same:
            found = same.pop(0)
        else:
            numbers = range(2, MOST_NAMESAKES + 1)
            ids = (base, *(with_suffix(base, number) for number in numbers))
            free = next(
                (
                    one
                    for one in ids
                    if one not in namesakes.taken and f"{kind.collection}/{one}" not in avoided
                ),
                None,
            )
            if free is None:
                return None
            found = free
        namesakes.taken.add(found)
        return found

    def forget(self) -> None:
        """Forget what was given: the transaction it was given in did not come to its end."""
        self._known.clear()

    def _look_up(self, tx: Connection, kind: RecordKind, ids: list[str], namesakes: _Namesakes) -> None:
        staged = set(_STAGED.values(tx, {"job": self._job, "kind": kind.kind, "ids": ids}))
        found = {one: rest for one, *rest in _NAMESAKES.rows(tx, {"kind": kind.kind, "ids": ids})}
        namesakes.taken |= staged | found.keys()
        for one in ids:
            if one not in found or one in staged:
                continue
            state, document = found[one]
            if state == tables.LIVE:
                said = content(read_stored(kind, document).changed(id=None))
                namesakes.saying.setdefault(said, []).append(one)
