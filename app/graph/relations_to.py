"""Relations that run to a record, with the time in which they held."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import COLLECTIONS
from app.graph.link_details import read_accounts
from app.reading.cards import names_of, titled
from app.reading.chosen_names import AS_WRITTEN, NameChoice
from app.schemas.responses import Date

_link, _record = tables.link.c, tables.record.c

_RELATIONS_TO: Final = CompiledStatement(
    select(
        _record.pk,
        _record.kind,
        _record.id,
        _record.card,
        _link.relation,
        _link.position,
        _link.own_date,
    )
    .select_from(tables.link.join(tables.record, _record.pk == _link.record))
    .where(
        _link.view == bindparam("view"),
        _link.target == bindparam("target"),
        AnyOf.texts(_link.relation, "relations"),
    )
    .order_by(_link.relation, _link.role, _link.record, _link.position)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class RelationTo:
    """A relation of another record to one: whose it is, its type, and when it held, where that is said of itself."""

    ref: str
    card: dict[str, Any]
    relation: str
    date: Date | None


async def relations_to(
    db: ReadConnection,
    target: int,
    relations: Sequence[str],
    most: int,
    *,
    view: int = tables.CANONICAL_VIEW,
    names: NameChoice = AS_WRITTEN,
) -> tuple[list[RelationTo], bool]:
    """Return the relations of some types to the record with this key, at most so many, and whether there are more.

    `names` chooses what the records are shown with.
    """
    asked = {"target": target, "relations": list(relations), "view": view, "most": most + 1}
    rows = await db.fetch_slow(_RELATIONS_TO, asked)
    shown = rows[:most]
    chosen = await names_of(db, sorted({row[0] for row in shown}), view, names)
    dated = [(row[0], row[5]) for row in shown if row[6] and view == tables.CANONICAL_VIEW]
    accounts = await read_accounts(db, dated)
    found = []
    for pk, kind, record_id, card, relation, position, _ in shown:
        ref = f"{COLLECTIONS[kind]}/{record_id}"
        account = accounts.get((pk, position))
        date = None if account is None else account.date
        found.append(RelationTo(ref, orjson.loads(titled(card, chosen.get(ref))), relation, date))
    return found, len(rows) > most
