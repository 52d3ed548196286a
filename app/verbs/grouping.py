"""The order in which what is staged can be written: ready lines as they came, the rest in closed groups.

Lines that wait may wait for each other in circles. A circle is written in one transaction, never in parts;
apart from that, what is referred to goes before what refers to it (Tarjan's strongly connected components,
which come in just that order). Only numbers are held in memory: a few for each waiting line.
"""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, or_, select

from app.errors import Fault
from app.records.incoming import TERM
from app.records.writing import is_signed
from app.store import tables
from app.store.engine import Database
from app.store.statement import AnyOf, Statement
from app.verbs.finding import COLLECTIONS, find_heads, near_refs
from app.verbs.importjobs import CHECKED, FAULTY, ImportFault, Job, step
from app.verbs.provisions import newly_rests, stored_documents, unknown_provisions
from app.verbs.referring import reference_deleted

GROUP: Final = 1000
"""Lines that are written in one transaction, where no circle is larger."""

_CHUNK: Final = 5000
_NOWHERE: Final = (
    "There is no such record, here or among those of the import that have no faults; correct the reference."
)
_MOST_SUGGESTIONS: Final = 20

_line, _reference = tables.import_line.c, tables.import_reference.c
_target = tables.import_line.alias("target")
_AIM = and_(_target.c.job == _reference.job, _target.c.kind == _reference.kind, _target.c.id == _reference.id)
_LOST: Final = Statement(
    select(
        _reference.position,
        _reference.pointer,
        _reference.kind,
        _reference.id,
        _line.file,
        _line.line,
        (_line.kind == FAULTY).label("faulty"),
    )
    .join(tables.import_line, and_(_line.job == _reference.job, _line.position == _reference.position))
    .outerjoin(_target, _AIM)
    .where(
        _reference.job == bindparam("job"),
        or_(
            _reference.position > bindparam("position"),
            and_(_reference.position == bindparam("position"), _reference.pointer > bindparam("pointer")),
        ),
        _target.c.position.is_(None),
    )
    .order_by(_reference.position, _reference.pointer)
    .limit(_CHUNK)
)
_WAITING: Final = (
    select(_line.position)
    .where(_line.job == bindparam("job"), _line.ready.is_(False))
    .order_by(_line.position)
)
_EDGES: Final = (
    select(_reference.position, _target.c.position)
    .join(_target, _AIM)
    .where(_reference.job == bindparam("job"), _target.c.ready.is_(False))
    .order_by(_reference.position)
)

_MISSIONS: Final = Statement(
    select(_line.position, _line.file, _line.line, _line.id, _line.document)
    .where(
        _line.job == bindparam("job"),
        _line.kind == "mission",
        _line.position > bindparam("after"),
        _line.document.contains('"provision":'),
    )
    .order_by(_line.position)
    .limit(_CHUNK)
)
_AGREEMENTS: Final = Statement(
    select(_line.id, _line.document).where(
        _line.job == bindparam("job"), _line.kind == "agreement", AnyOf.texts(_line.id, "ids")
    )
)


_FAULTY: Final = Statement(
    select(_line.position).where(_line.job == bindparam("job"), _line.kind == FAULTY).limit(_CHUNK)
)


class _Lost(NamedTuple):
    """A reference that leads to no line of the import, and where it stands; `faulty` lines have failed before."""

    position: int
    pointer: str
    kind: str
    id: str
    file: int
    line: int
    faulty: bool


def check_references(database: Database, job: Job, files: Sequence[str]) -> None:
    """Find references that lead neither to a line nor to a record; lines that have one are taken out."""
    after: tuple[int, str] | None = (-1, "")
    suggested = 0

    def work(tx: Connection, draft: Job) -> tuple[tuple[int, str] | None, int]:
        position, pointer = after or (-1, "")
        found = [
            _Lost(*row) for row in _LOST.rows(tx, {"job": draft.pk, "position": position, "pointer": pointer})
        ]
        refs = [f"{COLLECTIONS[row.kind]}/{row.id}" for row in found]
        heads = find_heads(tx, refs, lock=False) if refs else {}
        faults: list[ImportFault] = []
        failed: dict[int, bool] = {}
        for row, ref in zip(found, refs, strict=True):
            head = heads.get(ref)
            if head is not None and head.state != tables.DELETED:
                continue
            if head is not None:
                fault = reference_deleted(row.pointer)
            else:
                near = near_refs(tx, ref, 1) if suggested + len(faults) < _MOST_SUGGESTIONS else []
                fault = Fault(
                    "unknown_reference", _NOWHERE, row.pointer, suggestion=near[0] if near else None
                )
            faults.append(ImportFault(files[row.file], row.line, fault))
            failed[row.position] = row.faulty
        _take_out(tx, draft, failed)
        draft.counts.failed += sum(not faulty for faulty in failed.values())
        draft.note(faults)
        last = None
        if len(found) == _CHUNK:
            last = (found[-1].position, found[-1].pointer)
        return last, len(faults)

    while after is not None:
        after, more = step(database, job, work)
        suggested += more
    while step(database, job, _take_out_faulty):
        pass


def _take_out_faulty(tx: Connection, job: Job) -> int:
    positions = _FAULTY.values(tx, {"job": job.pk})
    _take_out(tx, job, positions)
    return len(positions)


def check_provisions(database: Database, job: Job, files: Sequence[str]) -> None:
    """Find staged missions whose provision is not in their agreement, and take them out: the last check."""
    after: int | None = -1

    def work(tx: Connection, draft: Job) -> int | None:
        rows = _MISSIONS.rows(tx, {"job": draft.pk, "after": after})
        stored = stored_documents(tx, [f"missions/{record_id}" for *_, record_id, _ in rows])
        missions = []
        for position, _, _, record_id, document in rows:
            ref = f"missions/{record_id}"
            kept = is_signed(document, ref, "mission")
            rests = newly_rests(position, document, stored.get(ref), kept=kept)
            if rests is not None:
                missions.append(rests)
        lines = {position: (files[file], line) for position, file, line, *_ in rows}
        found = unknown_provisions(tx, missions, lambda refs: _staged(tx, draft, refs))
        failed = {position for position, _ in found}
        _take_out(tx, draft, failed)
        draft.counts.failed += len(failed)
        draft.note(ImportFault(*lines[position], fault) for position, fault in found)
        if len(rows) == _CHUNK:
            return int(rows[-1][0])
        draft.phase = CHECKED
        return None

    while after is not None:
        after = step(database, job, work)


def _staged(tx: Connection, job: Job, refs: Sequence[str]) -> dict[str, str]:
    ids = [ref.partition("/")[2] for ref in refs]
    rows = _AGREEMENTS.rows(tx, {"job": job.pk, "ids": ids}) if ids else []
    return {f"agreements/{record_id}": document for record_id, document in rows}


def _take_out(tx: Connection, job: Job, found: Collection[int]) -> None:
    if not found:
        return
    for table in (tables.import_line, tables.import_reference):
        Statement(
            delete(table).where(table.c.job == bindparam("job"), AnyOf.keys(table.c.position, "positions"))
        ).do(tx, {"job": job.pk, "positions": sorted(found)})


def groups(connection: Connection, job: int) -> Iterator[list[int]]:
    """Give the positions of waiting lines in groups to be written one after another, each in one transaction."""
    waiting = array("q", connection.execute(_WAITING, {"job": job}).scalars())
    if not waiting:
        return
    starts, ends = _edges(connection, job, waiting)
    group: list[int] = []
    for component in components(starts, ends):
        if group and len(group) + len(component) > GROUP:
            yield group
            group = []
        group.extend(waiting[node] for node in component)
    if group:
        yield group


def _edges(connection: Connection, job: int, waiting: "array[int]") -> "tuple[array[int], array[int]]":
    """Read which line waits for which: the ends of each node's edges stand from starts[n] to starts[n + 1]."""
    starts, ends = array("q", [0]), array("q")
    result = connection.execution_options(yield_per=_CHUNK).execute(_EDGES, {"job": job})
    node = 0
    for position, target in result:
        while waiting[node] < position:
            starts.append(len(ends))
            node += 1
        if waiting[node] == position:
            ends.append(bisect_left(waiting, target))
    while node < len(waiting):
        starts.append(len(ends))
        node += 1
    return starts, ends


def components(starts: "array[int]", ends: "array[int]") -> Iterator[list[int]]:
    """Give the strongly connected components of a graph, each after all that it leads to (Tarjan, 1972)."""
    count = len(starts) - 1
    order = array("q", bytes(8 * count))
    lowest = array("q", bytes(8 * count))
    following = array("q", starts[:-1])
    held = bytearray(count)
    stack: list[int] = []
    seen = 0
    for root in range(count):
        if order[root]:
            continue
        path = [root]
        while path:
            node = path[-1]
            if not order[node]:
                seen += 1
                order[node] = lowest[node] = seen
                stack.append(node)
                held[node] = 1
            if following[node] < starts[node + 1]:
                target = ends[following[node]]
                following[node] += 1
                if not order[target]:
                    path.append(target)
                elif held[target]:
                    lowest[node] = min(lowest[node], order[target])
                continue
            path.pop()
            if path:
                lowest[path[-1]] = min(lowest[path[-1]], lowest[node])
            if lowest[node] == order[node]:
                component = []
                while True:
                    member = stack.pop()
                    held[member] = 0
                    component.append(member)
                    if member == node:
                        break
                component.reverse()
                yield component


def rows_at(connection: Connection, job: int, positions: Sequence[int]) -> list[Any]:
    """Read staged lines by their positions, in the order of the positions."""
    return _AT.rows(connection, {"job": job, "positions": list(positions)})


def rows_after(connection: Connection, job: int, position: int) -> list[Any]:
    """Read the next ready lines after a position."""
    return _READY.rows(connection, {"job": job, "after": position})


def term_rows(connection: Connection, job: int) -> list[Any]:
    """Read the terms that are staged, in their order."""
    return _TERMS.rows(connection, {"job": job})


_ROW: Final = (
    _line.position,
    _line.file,
    _line.line,
    _line.kind,
    _line.id,
    _line.if_missing,
    _line.document,
)
_AT: Final = Statement(
    select(*_ROW)
    .where(_line.job == bindparam("job"), AnyOf.keys(_line.position, "positions"))
    .order_by(_line.position)
)
_READY: Final = Statement(
    select(*_ROW)
    .where(
        _line.job == bindparam("job"),
        _line.position > bindparam("after"),
        _line.ready.is_(True),
        _line.kind != TERM,
    )
    .order_by(_line.position)
    .limit(GROUP)
)
_TERMS: Final = Statement(
    select(*_ROW).where(_line.job == bindparam("job"), _line.kind == TERM).order_by(_line.position)
)
