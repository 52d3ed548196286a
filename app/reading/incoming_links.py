"""What refers to a record, and to each record of a page: links to it, and evidence.

Evidence refers to its source, and to the records that the source's value names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    not_,
    select,
    union_all,
)

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.index.card_sql import CardMembers
from app.database.lookup import COLLECTIONS
from app.reading.cards import card_in_view, names_of, titled
from app.reading.chosen_names import AS_WRITTEN, ChosenName, NameChoice
from app.schemas.responses import MAX_ON_PAGE

MAX_INCOMING: Final = 1000
"""Records that refer to one are listed up to this many."""

_record, _link, _evidence, _reference = tables.record.c, tables.link.c, tables.evidence.c, tables.reference.c
_entry = tables.entry.c
_item = tables.record.alias("item")


def _links_to(target: ColumnElement[int], most: ColumnElement[int]) -> Select[Any]:
    """Select (key, kind, id, card, relation, role) of links to a record."""
    return (
        select(_record.pk, _record.kind, _record.id, _record.card, _link.relation, _link.role)
        .select_from(tables.link.join(tables.record, _record.pk == _link.record))
        .where(_link.view == literal_column("0"), _link.target == target)
        .order_by(_link.relation, _link.role, _link.record)
        .limit(most)
        .correlate(_item)
    )


def _evidence_from(source: ColumnElement[int], most: ColumnElement[int]) -> Select[Any]:
    """Select the same of records that have evidence from a source."""
    bearing = (
        select(_evidence.record)
        .where(_evidence.source == source)
        .distinct()
        .order_by(_evidence.record)
        .limit(most)
        .correlate(_item)
    )
    return _by_evidence().where(_record.pk.in_(bearing))


def _evidence_naming(target: ColumnElement[int], most: ColumnElement[int]) -> Select[Any]:
    """Select the same of records that name it in a value of evidence alone.

    It is enough to look at the first that refer to it in any way: the others are selected above.
    """
    referring = (
        select(_reference.record)
        .where(_reference.target == target)
        .order_by(_reference.record)
        .limit(most)
        .correlate(_item)
    )
    one: ColumnElement[int] = literal_column("1")
    linked = select(one).where(
        _link.view == literal_column("0"), _link.record == _record.pk, _link.target == target
    )
    bearing = select(one).where(_evidence.record == _record.pk, _evidence.source == target)
    return _by_evidence().where(
        _record.pk.in_(referring),
        *(not_(exists(other.correlate(tables.record, _item))) for other in (linked, bearing)),
    )


def _by_evidence() -> Select[Any]:
    return (
        select(
            _record.pk,
            _record.kind,
            _record.id,
            _record.card,
            literal_column("'evidence'").label("relation"),
            literal_column("''").label("role"),
        )
        .order_by(_record.pk)
        .correlate(_item)
    )


def _links_in_view(target: ColumnElement[int], most: ColumnElement[int]) -> Select[Any]:
    """Select the same of links in a source's view, with the documents they are in, in that view."""
    return (
        select(
            _record.pk,
            _record.kind,
            _record.id,
            _record.card,
            _link.relation,
            _link.role,
            CardMembers(_entry.document).label("seen"),
        )
        .select_from(
            tables.link.join(tables.record, _record.pk == _link.record).join(
                tables.entry, (_entry.record == _record.pk) & (_entry.view == _link.view)
            )
        )
        .where(_link.view == bindparam("view"), _link.target == target)
        .order_by(_link.relation, _link.role, _link.record)
        .limit(most)
        .correlate(_item)
    )


_PK: Final[BindParameter[int]] = bindparam("pk")
_SHARE: Final[BindParameter[int]] = bindparam("share")
_ONE_MORE: Final[ColumnElement[int]] = literal_column(str(MAX_INCOMING + 1))
_WAYS: Final = (_links_to, _evidence_from, _evidence_naming)
INCOMING: Final = CompiledStatement(union_all(*(way(_PK, _ONE_MORE).subquery().select() for way in _WAYS)))
INCOMING_IN_VIEW: Final = CompiledStatement(_links_in_view(_PK, _ONE_MORE))


def _of_each(*parts: Select[Any]) -> CompiledStatement:
    """Select for each record of a page (key, kind, id) and, of every part, its rows as one JSON array.

    Each record has subqueries of its own, so that one with very many referrers costs no more than its
    share.
    """

    def asking(array: Callable[..., Any], row: Callable[..., Any]) -> Select[Any]:
        found = [part.subquery() for part in parts]
        rows = [select(cast(array(row(*one.c)), Text)).correlate(_item).scalar_subquery() for one in found]
        return select(_item.c.pk, _item.c.kind, _item.c.id, *rows).where(AnyOf.keys(_item.c.pk, "keys"))

    return CompiledStatement(
        asking(func.json_agg, func.json_build_array),
        on_sqlite=asking(func.json_group_array, func.json_array),
    )


INCOMING_OF_EACH: Final = _of_each(*(way(_item.c.pk, _SHARE) for way in _WAYS))
INCOMING_OF_EACH_IN_VIEW: Final = _of_each(_links_in_view(_item.c.pk, _SHARE))


async def incoming_links(
    db: ReadConnection, pk: int, view: int, names: NameChoice = AS_WRITTEN
) -> dict[str, Any]:
    """Return `incoming` of a record in a view, with the names that are wanted.

    It is cut where they are too many; `incoming_truncated` says so.
    """
    if view == tables.CANONICAL_VIEW:
        rows = await db.fetch(INCOMING, {"pk": pk})
    else:
        rows = await db.fetch(INCOMING_IN_VIEW, {"pk": pk, "view": view})
    shown = rows[:MAX_INCOMING]
    chosen = await names_of(db, _keys(shown), view, names)
    members: dict[str, Any] = {"incoming": _incoming_items(shown, chosen)}
    if len(rows) > MAX_INCOMING:
        members["incoming_truncated"] = True
    return members


async def incoming_links_on_page(
    db: ReadConnection, keys: Sequence[int], view: int, names: NameChoice = AS_WRITTEN
) -> dict[str, Any]:
    """Return `incoming` of each record of a page, by reference, in the order of their keys, with the names that are wanted.

    `incoming_truncated` names those that more records refer to than are listed.
    """
    if not keys:
        return {"incoming": {}}
    share = min(MAX_INCOMING, MAX_ON_PAGE // len(keys))
    parameters: dict[str, Any] = {"keys": list(keys), "view": view, "share": share + 1}
    statement = INCOMING_OF_EACH if view == tables.CANONICAL_VIEW else INCOMING_OF_EACH_IN_VIEW
    found = {row[0]: row[1:] for row in await db.fetch_slow(statement, parameters)}
    items = await db.in_thread(lambda: [_referrers(*found[pk]) for pk in keys])
    shown = [row for _, rows in items for row in rows[:share]]
    chosen = await names_of(db, _keys(shown), view, names)
    return await db.in_thread(lambda: _of_page(items, share, chosen))


def _keys(rows: Iterable[Sequence[Any]]) -> list[int]:
    return sorted({row[0] for row in rows})


def _referrers(kind: str, record_id: str, *parts: str | None) -> tuple[str, list[Any]]:
    """Return the reference of a record of a page, and the rows of who refers to it."""
    rows = [row for part in parts if part for row in orjson.loads(part)]
    return f"{COLLECTIONS[kind]}/{record_id}", rows


def _of_page(
    items: Sequence[tuple[str, list[Any]]], share: int, chosen: Mapping[str, ChosenName]
) -> dict[str, Any]:
    incoming = {ref: _incoming_items(rows[:share], chosen) for ref, rows in items}
    truncated = [ref for ref, rows in items if len(rows) > share]
    return {"incoming": incoming} | ({"incoming_truncated": truncated} if truncated else {})


def _incoming_items(rows: Iterable[Sequence[Any]], chosen: Mapping[str, ChosenName]) -> list[dict[str, Any]]:
    """Make the members of `incoming` from rows, as `_links_to` selects them; in a source's view the document comes last."""
    return [
        {"ref": ref, "relation": relation}
        | ({"role": role} if role else {})
        | orjson.loads(titled(card_in_view(card, *document) if document else card, chosen.get(ref)))
        for _, kind, record_id, card, relation, role, *document in rows
        for ref in (f"{COLLECTIONS[kind]}/{record_id}",)
    ]
