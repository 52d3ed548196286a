"""Records that others often link to, found in a sample of the links: whatever the size of the database."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import BigInteger, bindparam, func, literal_column, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import COLLECTIONS
from app.records.kinds import RecordKind

_STRETCHES: Final = 20
_LINKS_OF_EACH: Final = 1_000
_CANDIDATES: Final = 5

_link, _record = tables.link.c, tables.record.c
_OF_ALL: Final = _link.view == literal_column(str(tables.CANONICAL_VIEW))

_ENDS: Final = CompiledStatement(select(func.min(_link.record), func.max(_link.record)).where(_OF_ALL))
_NAMES: Final = CompiledStatement(
    select(_record.pk, _record.kind, _record.id).where(AnyOf.keys(_record.pk, "keys"))
)


def _stretch() -> CompiledStatement:
    """Count how often records of a kind link to others among so many links from a record on."""
    some = (
        select(_link.record, _link.relation, _link.target)
        .where(_OF_ALL, _link.record >= bindparam("first", type_=BigInteger()))
        .order_by(_link.record, _link.position)
        .limit(literal_column(str(_LINKS_OF_EACH)))
        .subquery("some")
    )
    owner = tables.record.c
    return CompiledStatement(
        select(some.c.relation, some.c.target, func.count())
        .join(tables.record, owner.pk == some.c.record)
        .where(owner.kind == bindparam("kind"), AnyOf.texts(some.c.relation, "relations"))
        .group_by(some.c.relation, some.c.target)
    )


_STRETCH: Final = _stretch()


async def frequent_targets(
    db: ReadConnection, kind: RecordKind, relations: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """Return references that records of a kind often have in links of some relations, by relation, the most frequent first.

    They are counted among the links of records at even distances, of which a bounded number is read.
    """
    [(first, last)] = await db.fetch(_ENDS, {})
    if first is None:
        return {name: [] for name in relations}
    counted: dict[str, Counter[int]] = {name: Counter() for name in relations}
    step = max((last - first) // _STRETCHES, 1)
    for start in range(first, last + 1, step):
        asked = {"first": start, "kind": kind.kind, "relations": list(relations)}
        for relation, target, count in await db.fetch_slow(_STRETCH, asked):
            counted[relation][target] += count
    most = {name: [key for key, _ in found.most_common(_CANDIDATES)] for name, found in counted.items()}
    keys = [key for some in most.values() for key in some]
    rows = await db.fetch(_NAMES, {"keys": keys}) if keys else ()
    names = {pk: f"{COLLECTIONS[kind_name]}/{record_id}" for pk, kind_name, record_id in rows}
    return {name: [names[key] for key in some if key in names] for name, some in most.items()}
