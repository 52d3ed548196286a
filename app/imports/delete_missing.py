"""The last part of an import with `--delete-missing`: what its files no longer have is deleted, in closed groups.

Records go after those that refer to them, and those that refer to each other in one transaction: no reference
ever leads to nothing. What became of each is noted with the import in the same transaction, so that one
that was killed goes on after it. Only numbers are held in memory: a few for each missing record.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, and_, bindparam, or_, select

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import BATCH_BYTES, find_by_keys, outlines
from app.database.revisions import Attribution
from app.errors import Conflict
from app.imports.jobs import Job, step
from app.imports.report import Options
from app.imports.sync import DELETED, EDITED, GONE, REFERENCED, UNDER_ANOTHER_LABEL, Memory
from app.imports.write_order import GROUP, strongly_connected_components
from app.writing.referrers import links_from, referred_to_from_elsewhere
from app.writing.service import delete_unreferenced

_CHUNK: Final = 1000
_import, _revision, _noted = tables.import_.c, tables.revision.c, tables.import_record.c

_EDITED: Final = CompiledStatement(
    select(_noted.record)
    .join(tables.revision, and_(_revision.record == _noted.record, _revision.revision > _noted.revision))
    .outerjoin(tables.import_, _import.pk == _revision.import_)
    .where(
        _noted.import_ == bindparam("previous"),
        AnyOf.keys(_noted.record, "records"),
        or_(_import.label.is_(None), _import.label != bindparam("label")),
    )
    .distinct()
)

_ELSEWHERE: Final = CompiledStatement(
    select(_noted.record)
    .join(tables.import_, _import.pk == _noted.import_)
    .where(
        AnyOf.keys(_noted.record, "records"),
        _noted.missing.is_(None),
        _import.latest,
        _import.label != bindparam("label"),
    )
    .distinct()
)


def refuse_unconfirmed(database: Database, memory: Memory, options: Options) -> None:
    """Ask whether what is missing may be deleted, before anything is written.

    Raises:
        Conflict: it may not.
    """
    with database.snapshot() as connection:
        missing = memory.compare(connection, options.files())
    if missing.count and options.consent is not None and not options.consent(missing):
        raise Conflict(
            f"It is not confirmed that the missing records ({missing.count:,}) be deleted: none of them was. A dry run "
            "lists them, and gives the token that confirms just these.",
            code="not_confirmed",
        )


def delete_missing(
    database: Database, job: Job, memory: Memory, options: Options, done: Callable[[int, int], None]
) -> None:
    """Delete what is missing, or note why it stays; `done` is told of how many of how many.

    Raises:
        Conflict: another process has taken the job up.
    """
    edit = Attribution(options.by, options.comment, import_=job.import_)
    with database.snapshot() as connection:
        missing = array("q", (one.record for one in memory.missing(connection, judged=False)))
    count = 0
    for group in _groups(database, missing):
        step(database, job, lambda tx, job, group=group: _delete_group(tx, job, memory, edit, group))  # type: ignore[misc]
        count += len(group)
        done(count, len(missing))


def _groups(database: Database, missing: "array[int]") -> Iterator[list[int]]:
    """Yield the missing records in groups, each after all that refers to it."""
    sizes, records, targets = array("q"), array("q"), array("q")
    for start in range(0, len(missing), _CHUNK):
        chunk = list(missing[start : start + _CHUNK])
        with database.snapshot() as connection:
            found = outlines(connection, chunk)
            links = links_from(connection, chunk)
        sizes.extend(found[pk].size if pk in found else 0 for pk in chunk)
        for record, target in links:
            place = bisect_left(missing, target)
            if place < len(missing) and missing[place] == target:
                records.append(bisect_left(missing, record))
                targets.append(place)
    group: list[int] = []
    left = BATCH_BYTES
    for component in strongly_connected_components(*_referrers(len(missing), records, targets)):
        size = sum(sizes[node] for node in component)
        if group and (len(group) + len(component) > GROUP or size > left):
            yield group
            group, left = [], BATCH_BYTES
        group += [missing[node] for node in component]
        left -= size
    if group:
        yield group


def _referrers(count: int, records: "array[int]", targets: "array[int]") -> "tuple[array[int], array[int]]":
    """Sort links by their targets: those that refer to node n are from starts[n] to starts[n + 1] of the ends."""
    starts = array("q", bytes(8 * (count + 1)))
    for target in targets:
        starts[target + 1] += 1
    for node in range(count):
        starts[node + 1] += starts[node]
    ends, free = array("q", bytes(8 * len(records))), starts[:]
    for record, target in zip(records, targets, strict=True):
        ends[free[target]] = record
        free[target] += 1
    return starts, ends


def _delete_group(tx: Connection, job: Job, memory: Memory, edit: Attribution, group: Sequence[int]) -> None:
    found = find_by_keys(tx, group, lock=True)
    place = {"previous": memory.previous, "records": list(group), "label": memory.label}
    edited, elsewhere = set(_EDITED.values(tx, place)), set(_ELSEWHERE.values(tx, place))
    outcomes: dict[int, str] = {}
    for one in found:
        if one.state != tables.LIVE:
            outcomes[one.pk] = GONE
        elif one.pk in elsewhere:
            outcomes[one.pk] = UNDER_ANOTHER_LABEL
        elif one.pk in edited:
            outcomes[one.pk] = EDITED
    for pk in referred_to_from_elsewhere(tx, group):
        outcomes.setdefault(pk, REFERENCED)
    _keep_what_kept_records_need(tx, group, outcomes)
    gone = [one for one in found if one.pk not in outcomes]
    delete_unreferenced(tx, gone, edit)
    outcomes |= dict.fromkeys((one.pk for one in gone), DELETED)
    memory.note_missing(tx, outcomes)
    job.counts.deleted += len(gone)


def _keep_what_kept_records_need(tx: Connection, group: Collection[int], outcomes: dict[int, str]) -> None:
    """Keep what is referred to by records of the group that are kept."""
    waiting = [pk for pk, outcome in outcomes.items() if outcome != GONE]
    if not waiting:
        return
    own = set(group)
    targets: dict[int, list[int]] = {}
    for record, target in links_from(tx, group):
        if target in own:
            targets.setdefault(record, []).append(target)
    while waiting:
        for target in targets.get(waiting.pop(), ()):
            if target not in outcomes:
                outcomes[target] = REFERENCED
                waiting.append(target)
