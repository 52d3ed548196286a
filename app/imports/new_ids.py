"""Ids for documents of an import that have none: the same each time the same file is imported.

They are assigned once all documents are read, so that they do not depend on batches:

* A document stands for the existing record of its name that says the very same. Each such record stands for
one document: of two documents that say the same, the second is another record.
* Any other gets the first id of its name that no record has or had, and no document brings: `protest`,
`protest-2`, … in the order of the documents.

The records of a name are the one whose id is made from the title, and those with a number after it.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Text, bindparam, delete, func, literal, or_, select
from sqlalchemy.types import ARRAY

from app.database import tables
from app.database.engine import raw_sql as direct
from app.database.engine.database import Database
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import find_in_batches
from app.imports.jobs import Job, drop_lines, step
from app.records.base import Record
from app.records.kinds import kind_by_name
from app.records.serialization import content_without_server_fields
from app.records.validation.document import load_stored
from app.values.slug import MAX_LENGTH, fallback, slugify, with_suffix

UNNAMED: Final = "#"
"""Stands for the id of a line that has none yet, before its position."""

_AT_A_TIME: Final = 1000
_MAX_DIGITS: Final = 9
_MAX_PLAIN_LENGTH: Final = MAX_LENGTH - _MAX_DIGITS - 1
_record, _line, _unnamed = tables.record.c, tables.import_line.c, tables.import_unnamed.c
_OF_JOB: Final = _unnamed.job == bindparam("job")

_NEXT: Final = CompiledStatement(
    select(_unnamed.kind, _unnamed.name, _unnamed.position, _unnamed.digest)
    .where(_OF_JOB)
    .order_by(_unnamed.kind, _unnamed.name, _unnamed.position)
    .limit(bindparam("most"))
)

_COUNT: Final = CompiledStatement(select(func.count()).select_from(tables.import_unnamed).where(_OF_JOB))

_earlier = tables.import_unnamed.alias("earlier")

_GIVING_WAY: Final = CompiledStatement(
    select(_unnamed.position)
    .where(
        _OF_JOB,
        _unnamed.if_missing.is_(True),
        select(1)
        .where(
            *(_earlier.c[name] == _unnamed[name] for name in ("job", "kind", "name", "digest")),
            _earlier.c.position < _unnamed.position,
        )
        .exists(),
    )
    .limit(10_000)
)

_NAMED: Final = CompiledStatement(
    delete(tables.import_unnamed).where(_OF_JOB, AnyOf.keys(_unnamed.position, "positions"))
)

_TAKEN: Final = CompiledStatement(
    select(_record.id)
    .where(_record.kind == bindparam("kind"), AnyOf.texts(_record.id, "ids"))
    .union(
        select(_line.id).where(
            _line.job == bindparam("job"), _line.kind == bindparam("kind"), AnyOf.texts(_line.id, "ids")
        )
    )
)

_STAGED: Final = CompiledStatement(
    select(_line.id).where(
        _line.job == bindparam("job"), _line.kind == bindparam("kind"), AnyOf.texts(_line.id, "ids")
    )
)

_BETWEEN: Final = CompiledStatement(
    select(_record.id, _record.pk)
    .where(
        _record.kind == bindparam("kind"),
        _record.id > bindparam("after"),
        _record.id < bindparam("end"),
        _record.state == tables.LIVE,
    )
    .order_by(_record.id)
    .limit(bindparam("most"))
)

_ONE: Final = CompiledStatement(
    select(_record.pk).where(
        _record.kind == bindparam("kind"), _record.id == bindparam("id"), _record.state == tables.LIVE
    )
)

_NAME_LINE: Final = "UPDATE import_line SET id = {0}, base_revision = {0} WHERE job = {0} AND position = {0}"


def _with_namesakes(name: Any) -> Any:
    """Select the names that any record has, or any line of the job, with or without a number after it."""
    return select(name).where(
        or_(
            *(
                select(1).select_from(table).where(*of, condition).exists()
                for table, column, of in (
                    (tables.record, _record.id, (_record.kind == bindparam("kind"),)),
                    (
                        tables.import_line,
                        _line.id,
                        (_line.job == bindparam("job"), _line.kind == bindparam("kind")),
                    ),
                )
                for condition in (
                    column == name,
                    # Compared as bytes, a digit sorts after a hyphen and before a colon.
                    (column > name + literal("-")) & (column < name + literal("-:")),
                )
            )
        )
    )


_names_on_postgres = func.unnest(bindparam("names", type_=ARRAY(Text()))).column_valued("name")
_names_on_sqlite = func.json_each(bindparam("names", type_=Text())).table_valued("value", name="names")

_NAMESAKES: Final = CompiledStatement(
    _with_namesakes(_names_on_postgres),
    on_sqlite=_with_namesakes(_names_on_sqlite.c.value),
)


def named_by(record: Record) -> tuple[str, int]:
    """Return what the id of a record without one is made from, and a number for what it says."""
    said = content_without_server_fields(record.changed(id=None))
    name = slugify(record.title) or fallback(record.kind, blake2b(said, digest_size=4).hexdigest())
    return name, _digest(said)


def _digest(said: bytes) -> int:
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)


class _Given(NamedTuple):
    """The id that a line is given, and the revision of the record that it stands for; 0: a new one."""

    position: int
    id: str
    base_revision: int = 0


class _Namesakes:
    """The existing records of one name, and the last number that was assigned."""

    def __init__(self, connection: Connection, job: int, kind: str, name: str) -> None:
        """Read them."""
        self.kind, self.name = kind, name
        self._job = job
        self._last = 0
        # Sorted by digest, since a name may have a million records. The name alone counts as number 1.
        found = sorted(self._read(connection))
        self._digests = array("q", (digest for digest, _, _ in found))
        self._numbers = array("q", (number for _, number, _ in found))
        self._revisions = array("q", (revision for _, _, revision in found))
        # For each digest, at its first place, how many of its records stand for a line.
        self._taken = array("q", bytes(8 * len(found)))

    def take(self, digest: int) -> tuple[str, int] | None:
        """Return the id and revision of a record that says this, and let it stand for no other line."""
        first = bisect_left(self._digests, digest)
        place = first + self._taken[first] if first < len(self._taken) else first
        if place >= len(self._digests) or self._digests[place] != digest:
            return None
        self._taken[first] += 1
        return self._id(self._numbers[place]), self._revisions[place]

    def free(self, connection: Connection, count: int, given: set[tuple[str, str]]) -> Iterator[str]:
        """Yield the next free ids, none of those yielded before."""
        while count:
            numbers = range(self._last + 1, self._last + 1 + count)
            ids = {self._id(number): number for number in numbers}
            taken = set(_TAKEN.values(connection, {"job": self._job, "kind": self.kind, "ids": list(ids)}))
            for one, number in ids.items():
                self._last = number
                if one not in taken and (self.kind, one) not in given:
                    count -= 1
                    yield one

    def _id(self, number: int) -> str:
        return self.name if number == 1 else with_suffix(self.name, number)

    def _read(self, connection: Connection) -> Iterator[tuple[int, int, int]]:
        kind = kind_by_name(self.kind)
        for numbers in self._candidates(connection):
            ids = {self._id(number): pk for number, pk in numbers.items()}
            staged = _STAGED.values(connection, {"job": self._job, "kind": self.kind, "ids": list(ids)})
            for one in staged:
                # A document that brings this id stands for the record.
                del ids[one]
            by_key = {pk: number for number, pk in numbers.items()}
            for found in find_in_batches(connection, list(ids.values())):
                said = content_without_server_fields(load_stored(kind, found.document).changed(id=None))
                yield _digest(said), by_key[found.pk], found.revision

    def _candidates(self, connection: Connection) -> Iterator[dict[int, int]]:
        """Yield the numbers of live records with their keys, some at a time."""
        first = _ONE.values(connection, {"kind": self.kind, "id": self.name})
        if first:
            yield {1: first[0]}
        stems = (with_suffix(self.name, 10 ** (digits - 1))[:-digits] for digits in range(1, _MAX_DIGITS + 1))
        for stem in dict.fromkeys(stems):
            after = stem
            while True:
                ends = {"kind": self.kind, "after": after, "end": f"{stem}:", "most": _AT_A_TIME}
                rows = _BETWEEN.rows(connection, ends)
                yield {
                    int(number): pk
                    for one, pk in rows
                    if (number := one[len(stem) :]).isdigit()
                    and len(number) <= _MAX_DIGITS
                    and number > "1"
                    and with_suffix(self.name, int(number)) == one
                }
                if len(rows) < _AT_A_TIME:
                    break
                after = rows[-1][0]


def name_documents(database: Database, job: Job, done: Callable[[int, int], None]) -> None:
    """Assign an id to every staged line of a job that has none; `done` is told of how many of how many.

    Raises:
        Conflict: another process has taken the job up.
    """
    while positions := _giving_way(database, job):
        step(database, job, lambda tx, draft, positions=positions: _give_way(tx, draft, positions))  # type: ignore[misc]
    with database.snapshot() as connection:
        total = _COUNT.values(connection, {"job": job.pk})[0]
    named = 0
    current: _Namesakes | None = None
    while True:
        with database.snapshot() as connection:
            rows = _NEXT.rows(connection, {"job": job.pk, "most": _AT_A_TIME})
            if not rows:
                return
            given, current = _given(connection, job.pk, rows, current)
        step(database, job, lambda tx, draft, given=given: _name(tx, draft, given))  # type: ignore[misc]
        named += len(rows)
        done(named, total)


def _given(
    connection: Connection, job: int, rows: Sequence[Any], current: _Namesakes | None
) -> tuple[list[_Given], _Namesakes | None]:
    """Choose the ids of some lines; returns also the last of their names, whose lines may go on."""
    groups = {
        name: [(position, digest) for _, _, position, digest in lines]
        for name, lines in groupby(rows, key=lambda row: (row[0], row[1]))
    }
    with_namesakes = {
        (kind, name)
        for kind, names in groupby(groups, key=lambda group: group[0])
        for name in _names_with_namesakes(connection, job, kind, [name for _, name in names])
    }
    given: list[_Given] = []
    ids: set[tuple[str, str]] = set()
    for (kind, name), lines in groups.items():
        if current is None or (current.kind, current.name) != (kind, name):
            current = None
            if (kind, name) not in with_namesakes and len(lines) == 1 and (kind, name) not in ids:
                # As in most cases, nobody has this name.
                given.append(_Given(lines[0][0], name))
                ids.add((kind, name))
                continue
            current = _Namesakes(connection, job, kind, name)
        new = []
        for position, digest in lines:
            same = current.take(digest)
            if same is None:
                new.append(position)
            else:
                given.append(_Given(position, *same))
        for position, one in zip(new, current.free(connection, len(new), ids), strict=True):
            given.append(_Given(position, one))
            ids.add((kind, one))
    return given, current


def _names_with_namesakes(connection: Connection, job: int, kind: str, names: Sequence[str]) -> Iterable[str]:
    # A longer name is cut before the number.
    plain = [name for name in names if len(name) <= _MAX_PLAIN_LENGTH]
    yield from (name for name in names if len(name) > _MAX_PLAIN_LENGTH)
    if plain:
        yield from _NAMESAKES.values(connection, {"job": job, "kind": kind, "names": plain})


def _name(tx: Connection, job: Job, given: Sequence[_Given]) -> None:
    mark = "?" if tx.dialect.name == "sqlite" else "%s"
    direct.executemany(
        tx, _NAME_LINE.format(mark), [(one.id, one.base_revision, job.pk, one.position) for one in given]
    )
    _NAMED.do(tx, {"job": job.pk, "positions": [one.position for one in given]})


def _giving_way(database: Database, job: Job) -> list[int]:
    """Find lines with `if_missing` where an earlier one says the very same."""
    with database.snapshot() as connection:
        return _GIVING_WAY.values(connection, {"job": job.pk})


def _give_way(tx: Connection, job: Job, positions: Sequence[int]) -> None:
    drop_lines(tx, job.pk, positions)
    _NAMED.do(tx, {"job": job.pk, "positions": list(positions)})
    job.counts.unchanged += len(positions)
