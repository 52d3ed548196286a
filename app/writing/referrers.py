"""What refers to a record, and so keeps it from being deleted or erased."""

from typing import Final

from sqlalchemy import BigInteger, Connection, bindparam, exists, literal_column, select, union_all

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.lookup import StoredRecord
from app.errors import Conflict, Fault
from app.records.kinds import kind_by_name

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
