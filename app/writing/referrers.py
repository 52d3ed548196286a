"""What refers to a record, and so keeps it from being deleted or erased."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import (
    BigInteger,
    Connection,
    bindparam,
    exists,
    literal_column,
    not_,
    select,
    union,
    union_all,
)

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import StoredRecord
from app.errors import Conflict, Fault
from app.records.kinds import kind_by_name

_reference = tables.reference.c
_MERGED: Final = tables.record.alias("merged")

_REFERRERS: Final = CompiledStatement(
    select(tables.record.c.kind, tables.record.c.id)
    .where(
        exists().where(
            tables.reference.c.record == tables.record.c.pk,
            # What still refers to a record merged into it, while a long merge is under way, refers to it.
            tables.reference.c.target.in_(
                union_all(
                    select(bindparam("pk", type_=BigInteger())),
                    select(_MERGED.c.pk).where(_MERGED.c.merged_into == bindparam("pk")),
                )
            ),
            tables.reference.c.record != bindparam("pk"),
        )
    )
    .order_by(tables.record.c.kind, tables.record.c.id)
    .limit(101)
)

_TO_BE_REFERRED_TO: Final = CompiledStatement(
    select(tables.merge.c.pk)
    .join(tables.merge_move, tables.merge_move.c.merge == tables.merge.c.pk)
    .where(tables.merge_move.c.revision < literal_column("0"), tables.merge.c.source == bindparam("pk"))
    .limit(literal_column("1"))
)


_LINKS: Final = CompiledStatement(
    select(_reference.record, _reference.target).where(
        AnyOf.keys(_reference.record, "records"), _reference.record != _reference.target
    )
)

_FROM_ELSEWHERE: Final = CompiledStatement(
    union(
        select(_reference.target).where(
            AnyOf.keys(_reference.target, "targets"), not_(AnyOf.keys(_reference.record, "targets"))
        ),
        select(_MERGED.c.merged_into)
        .join(tables.reference, _reference.target == _MERGED.c.pk)
        .where(AnyOf.keys(_MERGED.c.merged_into, "targets")),
        select(tables.merge.c.source)
        .join(tables.merge_move, tables.merge_move.c.merge == tables.merge.c.pk)
        .where(
            tables.merge_move.c.revision < literal_column("0"), AnyOf.keys(tables.merge.c.source, "targets")
        ),
    )
)


def links_from(tx: Connection, records: Collection[int]) -> list[tuple[int, int]]:
    """Return what each of some records refers to besides itself, as pairs of record and target."""
    return [(record, target) for record, target in _LINKS.rows(tx, {"records": list(records)})]


def referred_to_from_elsewhere(tx: Connection, pks: Collection[int]) -> list[int]:
    """Return which of some records others than these refer to, or will once a merge is undone."""
    return list(_FROM_ELSEWHERE.values(tx, {"targets": list(pks)}))


def refuse_referenced(tx: Connection, current: StoredRecord) -> None:
    """Raise `Conflict` where records other than itself refer to a record, or will once a merge of it is undone."""
    found = _REFERRERS.rows(tx, {"pk": current.pk})
    if not found:
        if _TO_BE_REFERRED_TO.rows(tx, {"pk": current.pk}):
            detail = "A merge of this record is still being undone; wait until that is over."
            raise Conflict(detail, code="merge_under_way", faults=[Fault("merge_under_way", detail)])
        return
    refs = [f"{kind_by_name(kind).collection}/{record_id}" for kind, record_id in found]
    more = " and more" if len(refs) > 100 else ""
    raise Conflict(
        "Other records refer to this one; change them first, or merge this record into another.",
        code="referenced",
        faults=[Fault("referenced", f"{ref} refers to this record.", "") for ref in refs[:100]],
        extra={"referrers": refs[:100], **({"note": more.strip()} if more else {})},
    )
