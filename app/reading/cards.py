"""Cards: what references are shown with, in the canonical view or in a source's."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, ColumnElement, bindparam, or_, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.index.card_sql import MEMBERS, CardMembers
from app.database.lookup import COLLECTIONS
from app.reading.chosen_names import ChosenName, NameChoice
from app.reading.documents import in_portions
from app.schemas.responses import CardAsWritten

_REFERENCE: Final = re.compile(rf'"((?:{"|".join(COLLECTIONS.values())})/[a-z0-9-]+)"')
_NO_NAMES: Final[Mapping[str, ChosenName]] = MappingProxyType({})
reference = tables.reference.c
_target = tables.record.alias("target")

CARDS_OF = CompiledStatement(
    select(_target.c.kind, _target.c.id, _target.c.card)
    .where(_target.c.pk.in_(select(reference.target).where(AnyOf.keys(reference.record, "records"))))
    .order_by(_target.c.kind, _target.c.id)
    .limit(bindparam("most", type_=BigInteger()))
)

_view = tables.entry.alias("seen")
_seen = _view.c

CARDS_IN_VIEW = CompiledStatement(
    select(_target.c.kind, _target.c.id, _target.c.card, CardMembers(_seen.document))
    .select_from(_target.outerjoin(_view, (_seen.record == _target.c.pk) & (_seen.view == bindparam("view"))))
    .where(_target.c.pk.in_(select(reference.target).where(AnyOf.keys(reference.record, "records"))))
    .order_by(_target.c.kind, _target.c.id)
    .limit(bindparam("most", type_=BigInteger()))
)


def _have_names(
    key: ColumnElement[int], document: ColumnElement[str], *conditions: ColumnElement[bool]
) -> Any:
    """Select the keys of records whose documents can have a name that is wanted: others need not be read."""
    return select(key).where(*conditions, can_have_name(document))


def can_have_name(document: ColumnElement[str]) -> ColumnElement[bool]:
    """Ask whether a document can have a name that is wanted; its parameters are those of `signs_of`."""
    return or_(*(document.contains(bindparam(sign), autoescape=False) for sign in ("sign", "other_sign")))


def signs_of(names: NameChoice) -> dict[str, str]:
    """Return the parameters of `can_have_name`."""
    return {"sign": names.signs[0], "other_sign": names.signs[-1]}


_IN_VIEW: Final = _seen.view == bindparam("view")


def _linked_to(key: ColumnElement[int]) -> ColumnElement[bool]:
    return key.in_(select(reference.target).where(AnyOf.keys(reference.record, "records")))


_WITH_NAMES: Final = CompiledStatement(
    _have_names(_target.c.pk, _target.c.document, AnyOf.keys(_target.c.pk, "records"))
)
_WITH_NAMES_IN_VIEW: Final = CompiledStatement(
    _have_names(_seen.record, _seen.document, _IN_VIEW, AnyOf.keys(_seen.record, "records"))
)
_LINKED_WITH_NAMES: Final = CompiledStatement(
    _have_names(_target.c.pk, _target.c.document, _linked_to(_target.c.pk))
)
_LINKED_WITH_NAMES_IN_VIEW: Final = CompiledStatement(
    _have_names(_seen.record, _seen.document, _IN_VIEW, _linked_to(_seen.record))
)


async def names_of(
    db: ReadConnection, records: Sequence[int], view: int, names: NameChoice
) -> Mapping[str, ChosenName]:
    """Return, by reference, the names that are wanted of records, by their keys, in a view, where it has one."""
    return await _names_by(db, _WITH_NAMES, _WITH_NAMES_IN_VIEW, records, view, names)


async def names_of_linked(
    db: ReadConnection, records: Sequence[int], view: int, names: NameChoice
) -> Mapping[str, ChosenName]:
    """Return, by reference, the names that are wanted of what records refer to, in a view, where it has one."""
    return await _names_by(db, _LINKED_WITH_NAMES, _LINKED_WITH_NAMES_IN_VIEW, records, view, names)


async def _names_by(
    db: ReadConnection,
    canonical: CompiledStatement,
    in_view: CompiledStatement,
    records: Sequence[int],
    view: int,
    names: NameChoice,
) -> Mapping[str, ChosenName]:
    if not names or not records:
        return {}
    statement = canonical if view == tables.CANONICAL_VIEW else in_view
    asked = {"records": list(records), "view": view, **signs_of(names)}
    keys = [row[0] for row in await db.fetch_slow(statement, asked)]
    chosen: dict[str, ChosenName] = {}
    async for portion in in_portions(db, keys, view):
        chosen |= await db.in_thread(partial(_names_in, [row[1] for row in portion], names))
    return chosen


def _names_in(documents: Iterable[str], names: NameChoice) -> dict[str, ChosenName]:
    read = map(orjson.loads, documents)
    return {
        f"{COLLECTIONS[one['kind']]}/{one['id']}": name
        for one in read
        if (name := names.name_of(one)) is not None
    }


def titled(card: str, name: ChosenName | None) -> str:
    """Return a card with the name that is wanted, if there is one."""
    return card if name is None else orjson.dumps(name.shown_in(orjson.loads(card))).decode()


def read_card(stored: str) -> CardAsWritten:
    """Parse a card as it is stored."""
    card: CardAsWritten = orjson.loads(stored)
    return card


def card_in_view(own: str, document: str | None) -> str:
    """Return the card of a record as a source has it, from its own and from the document of the view (`CardMembers`).

    Fields that the source is silent on are left out, except those that every view has
    (`app.records.source_view`).
    """
    card: dict[str, Any] = orjson.loads(own)
    seen: dict[str, Any] = {} if document is None else orjson.loads(document)
    kept = {name: card[name] for name in ("kind", "id", "title", "type") if name in card}
    stated = {name: seen[name] for name in MEMBERS if seen.get(name) is not None}
    return orjson.dumps(kept | stated).decode()


def join_cards(cards: Iterable[Sequence[Any]], chosen: Mapping[str, ChosenName] = _NO_NAMES) -> bytes:
    """Join (kind, id, card) of targets into the members of `linked`, with the names that were chosen, by reference."""
    refs = ((f"{COLLECTIONS[kind]}/{record_id}", card) for kind, record_id, card in cards)
    return ",".join(f'"{ref}":{titled(card, chosen.get(ref))}' for ref, card in refs).encode()


def linked_in_view(
    cards: Iterable[Sequence[Any]], documents: Iterable[str], chosen: Mapping[str, ChosenName] = _NO_NAMES
) -> bytes:
    """Return the members of `linked` for documents of a source's view: their targets, in that view.

    `cards` are the rows of `CARDS_IN_VIEW`; `chosen` as in `join_cards`.
    """
    mentioned = {ref for document in documents for ref in _REFERENCE.findall(document)}
    return ",".join(
        f'"{ref}":{titled(card_in_view(card, document), chosen.get(ref))}'
        for kind, record_id, card, document in cards
        if (ref := f"{COLLECTIONS[kind]}/{record_id}") in mentioned
    ).encode()
