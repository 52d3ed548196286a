"""Cards: what references are shown with, in the canonical view or in a source's."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, bindparam, select

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.index.card_sql import MEMBERS, CardMembers
from app.database.lookup import COLLECTIONS
from app.schemas.responses import Card

_REFERENCE: Final = re.compile(rf'"((?:{"|".join(COLLECTIONS.values())})/[a-z0-9-]+)"')
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


def read_card(stored: str) -> Card:
    """Parse a card as it is stored."""
    card: Card = orjson.loads(stored)
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


def join_cards(cards: Iterable[Sequence[Any]]) -> bytes:
    """Join rows (…, kind, id, …, card, …) of targets into the members of `linked`."""
    return ",".join(f'"{COLLECTIONS[row[1]]}/{row[2]}":{row[5]}' for row in cards).encode()


def linked_in_view(cards: Iterable[Sequence[Any]], documents: Iterable[str]) -> bytes:
    """Return the members of `linked` for documents of a source's view: their targets, in that view.

    `cards` are the rows of `CARDS_IN_VIEW`.
    """
    mentioned = {ref for document in documents for ref in _REFERENCE.findall(document)}
    return ",".join(
        f'"{ref}":{card_in_view(card, document)}'
        for kind, record_id, card, document in cards
        if (ref := f"{COLLECTIONS[kind]}/{record_id}") in mentioned
    ).encode()
