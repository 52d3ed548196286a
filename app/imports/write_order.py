"""The order in which staged lines can be written: ready lines as they came, the rest in closed groups.

Waiting lines may wait for each other in cycles. A cycle is written in one transaction, never in parts;
otherwise targets of references go before what refers to them (Tarjan's strongly connected components, which
come in just that order). Only numbers are held in memory: a few for each waiting line.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, or_, select

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import BATCH_BYTES, COLLECTIONS, find_heads, reference_deleted
from app.database.near_ids import similar_references
from app.errors import Fault, quoted
from app.imports.fault_log import ImportFault, Origin
from app.imports.jobs import CHECKED, FAULTY, Job, drop_lines, step
from app.imports.staged_lines import Staged, staged_at
from app.values.portions import portions
from app.writing.check_provisions import MissionBasis, new_basis, stored_documents, unknown_provisions

GROUP: Final = 1000
"""Lines that are written in one transaction, fewer where they are large, unless a cycle is larger."""

_CHUNK: Final = 5000

_CHECKED_AT_ONCE: Final = 20_000
"""So many positions are looked through between two reports of progress."""

_NOWHERE: Final = (
    "There is no such record, here or among those of the import that have no faults; correct the reference."
)

_MAX_SUGGESTIONS: Final = 20
_line, _reference = tables.import_line.c, tables.import_reference.c
_target = tables.import_line.alias("target")
_AIM = and_(_target.c.job == _reference.job, _target.c.kind == _reference.kind, _target.c.id == _reference.id)

_LOST: Final = CompiledStatement(
    select(
        _reference.position,
        _reference.pointer,
        _reference.kind,
        _reference.id,
        _line.file,
        _line.line,
        _line.number,
        case((_line.kind == FAULTY, _line.document), else_=_line.id),
        (_line.kind == FAULTY).label("faulty"),
    )
    .join(tables.import_line, and_(_line.job == _reference.job, _line.position == _reference.position))
    .outerjoin(_target, _AIM)
    .where(
        _reference.job == bindparam("job"),
        # Said apart from the next, so that the rows before are not looked through.
        _reference.position >= bindparam("position"),
        _reference.position < bindparam("end"),
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
    select(_line.position, _line.size)
    .where(_line.job == bindparam("job"), _line.ready.is_(False))
    .order_by(_line.position)
)

_EDGES: Final = (
    select(_reference.position, _target.c.position)
    .join(_target, _AIM)
    .where(_reference.job == bindparam("job"), _target.c.ready.is_(False))
    .order_by(_reference.position)
)

_MISSIONS: Final = CompiledStatement(
    select(_line.position, _line.size)
    .where(
        _line.job == bindparam("job"),
        _line.kind == "mission",
        _line.position > bindparam("after"),
        _line.position < bindparam("end"),
        _line.document.contains('"provision":'),
    )
    .order_by(_line.position)
    .limit(GROUP)
)

_AGREEMENTS: Final = CompiledStatement(
    select(_line.position, _line.size).where(
        _line.job == bindparam("job"), _line.kind == "agreement", AnyOf.texts(_line.id, "ids")
    )
)

_FAULTY: Final = CompiledStatement(
    select(_line.position).where(_line.job == bindparam("job"), _line.kind == FAULTY).limit(_CHUNK)
)


class _Lost(NamedTuple):
    """A reference that leads to no line of the import, and its place; `faulty` lines have failed before."""

    position: int
    pointer: str
    kind: str
    id: str
    file: int
    line: int
    number: int | None
    own_id: str
    faulty: bool


def check_references(
    database: Database, job: Job, files: Sequence[str], done: Callable[[int, int], None]
) -> None:
    """Find references that lead neither to a line nor to a record; lines that have one are removed.

    `done` is told how many of the job's documents were looked through.
    """
    suggested = 0
    for end in _ends(job):
        position, pointer = end - _CHECKED_AT_ONCE - 1, ""
        while True:
            place = {"job": job.pk, "position": position, "pointer": pointer, "end": end}
            with database.snapshot() as connection:
                found = [_Lost(*row) for row in _LOST.rows(connection, place)]
            if found:
                suggested += step(
                    database,
                    job,
                    lambda tx, draft, found=found, most=_MAX_SUGGESTIONS - suggested: _take_out_lost(  # type: ignore[misc]
                        tx, draft, files, found, most
                    ),
                )
            if len(found) < _CHUNK:
                break
            position, pointer = found[-1].position, found[-1].pointer
        done(min(end, job.staged), job.staged)
    while step(database, job, _take_out_faulty):
        pass


def _ends(job: Job) -> range:
    """Return where the ranges of positions end that are looked through one after another."""
    return range(_CHECKED_AT_ONCE, job.staged + _CHECKED_AT_ONCE, _CHECKED_AT_ONCE)


def _take_out_lost(
    tx: Connection, job: Job, files: Sequence[str], lost: Sequence[_Lost], most_suggestions: int
) -> int:
    """Remove the lines of references whose records are not there either; returns how many faults these are."""
    refs = [f"{COLLECTIONS[row.kind]}/{row.id}" for row in lost]
    heads = find_heads(tx, refs, lock=False)
    faults: list[ImportFault] = []
    failed: dict[int, bool] = {}
    for row, ref in zip(lost, refs, strict=True):
        head = heads.get(ref)
        if head is not None and head.state != tables.DELETED:
            continue
        if head is not None:
            fault = reference_deleted(row.pointer, ref)
        else:
            near = similar_references(tx, ref, 1) if len(faults) < most_suggestions else []
            fault = Fault(
                "unknown_reference",
                _NOWHERE,
                row.pointer,
                suggestion=near[0] if near else None,
                value=quoted(ref),
            )
        origin = Origin(files[row.file], row.line, row.number, row.own_id or None)
        faults.append(ImportFault(origin, fault))
        failed[row.position] = row.faulty
    drop_lines(tx, job.pk, failed)
    job.counts.failed += sum(not faulty for faulty in failed.values())
    job.note(tx, faults)
    return len(faults)


def _take_out_faulty(tx: Connection, job: Job) -> int:
    positions = _FAULTY.values(tx, {"job": job.pk})
    drop_lines(tx, job.pk, positions)
    return len(positions)


def check_provisions(
    database: Database, job: Job, files: Sequence[str], done: Callable[[int, int], None]
) -> None:
    """Find staged missions whose provision is not in their agreement, and remove them: the last check.

    `done` is told how many of the job's documents were looked through.
    """
    for end in _ends(job):
        after = end - _CHECKED_AT_ONCE - 1
        while True:
            place = {"job": job.pk, "after": after, "end": end}
            with database.snapshot() as connection:
                sizes = dict(_MISSIONS.rows(connection, place))
            if sizes:
                step(
                    database,
                    job,
                    lambda tx, draft, sizes=sizes: _take_out_unfounded(tx, draft, files, sizes),  # type: ignore[misc]
                )
            if len(sizes) < GROUP:
                break
            after = max(sizes)
        done(min(end, job.staged), job.staged)

    def end_checks(_tx: Connection, draft: Job) -> None:
        draft.phase = CHECKED

    step(database, job, end_checks)


def _take_out_unfounded(tx: Connection, job: Job, files: Sequence[str], sizes: Mapping[int, int]) -> None:
    failed: set[int] = set()
    for positions in portions(sizes, sizes.__getitem__, most_size=BATCH_BYTES, most=GROUP):
        rows = {row.ref: row for row in staged_at(tx, job.pk, positions)}
        missions = list(filter(None, _resting(tx, rows)))
        unknown = unknown_provisions(tx, missions, lambda refs: _staged(tx, job, refs))
        by_position = {row.position: row for row in rows.values()}
        job.note(tx, (ImportFault(by_position[at].origin(files), fault) for at, fault in unknown))
        failed.update(position for position, _ in unknown)
    drop_lines(tx, job.pk, failed)
    job.counts.failed += len(failed)


def _resting(tx: Connection, rows: Mapping[str, Staged]) -> Iterator[MissionBasis | None]:
    """Yield the new bases of staged missions."""
    new = dict(rows)
    for ref, replaced in stored_documents(tx, list(rows)):
        row = new.pop(ref)
        yield new_basis(row.position, row.document, replaced, kept=row.is_signed)
    for row in new.values():
        yield new_basis(row.position, row.document, None, kept=row.is_signed)


def _staged(tx: Connection, job: Job, refs: Sequence[str]) -> Iterator[tuple[str, str]]:
    ids = [ref.partition("/")[2] for ref in refs]
    sizes = dict(_AGREEMENTS.rows(tx, {"job": job.pk, "ids": ids})) if ids else {}
    for positions in portions(sorted(sizes), sizes.__getitem__, most_size=BATCH_BYTES, most=GROUP):
        for row in staged_at(tx, job.pk, positions):
            yield row.ref, row.document


def groups(database: Database, job: int) -> Iterator[list[int]]:
    """Yield the positions of waiting lines in groups to be written one after another, each in one transaction.

    They are of the state at the beginning; no connection is held during the iteration.
    """
    waiting, sizes = array("q"), array("q")
    with database.snapshot() as connection:
        result = connection.execution_options(yield_per=_CHUNK).execute(_WAITING, {"job": job})
        for position, size in result:
            waiting.append(position)
            sizes.append(size)
        if not waiting:
            return
        starts, ends = _edges(connection, job, waiting)
    group: list[int] = []
    left = BATCH_BYTES
    for component in strongly_connected_components(starts, ends):
        size = sum(sizes[node] for node in component)
        if group and (len(group) + len(component) > GROUP or size > left):
            yield group
            group, left = [], BATCH_BYTES
        group.extend(waiting[node] for node in component)
        left -= size
    if group:
        yield group


def _edges(connection: Connection, job: int, waiting: "array[int]") -> "tuple[array[int], array[int]]":
    """Read which line waits for which: the edges of node n are from starts[n] to starts[n + 1]."""
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


def strongly_connected_components(starts: "array[int]", ends: "array[int]") -> Iterator[list[int]]:
    """Yield the strongly connected components of a graph, each after all that it leads to (Tarjan, 1972)."""
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
