"""The titles of records that a page names by reference, read with one statement."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import and_, or_, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import COLLECTIONS, ids_by_collection
from app.reading.cards import names_of, read_card
from app.reading.chosen_names import NameChoice
from app.records.kinds import RECORD_KINDS

_REFERENCE: Final = re.compile(rf"\b((?:{'|'.join(COLLECTIONS.values())})/[a-z0-9]+(?:-[a-z0-9]+)*)")
_record = tables.record.c


@lru_cache(maxsize=64)
def _cards(collections: tuple[str, ...]) -> CompiledStatement:
    kinds = [kind for kind in RECORD_KINDS if kind.collection in collections]
    named = [and_(_record.kind == kind.kind, AnyOf.texts(_record.id, kind.collection)) for kind in kinds]
    return CompiledStatement(select(_record.pk, _record.kind, _record.id, _record.card).where(or_(*named)))


def pieces_of(text: str) -> Sequence[str]:
    """Split a text at the references in it; those are the pieces with odd numbers, counted from 0."""
    return _REFERENCE.split(text)


def references_in(text: str) -> Sequence[str]:
    """Return the references in a text."""
    return _REFERENCE.findall(text)


async def titles_of(db: ReadConnection, refs: Iterable[str], names: NameChoice) -> Mapping[str, str]:
    """Return the titles of records by reference, of those that there are."""
    ids = {name: list(dict.fromkeys(some)) for name, some in ids_by_collection(refs).items()}
    if not ids:
        return {}
    rows = await db.fetch(_cards(tuple(sorted(ids))), ids)
    found = {f"{COLLECTIONS[kind]}/{record_id}": read_card(card) for _, kind, record_id, card in rows if card}
    chosen = await names_of(db, [row[0] for row in rows], tables.CANONICAL_VIEW, names)
    return {ref: chosen[ref].name if ref in chosen else card["title"] for ref, card in found.items()}
