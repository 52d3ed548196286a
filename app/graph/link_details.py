"""Details of records and links, given by their keys: cards, dates, and the evidence for a link."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any, Final

import orjson
from sqlalchemy import select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import COLLECTIONS
from app.graph.schemas import Edge, EvidenceLimit, Hop, Node
from app.reading.cards import card_in_view, names_of, titled
from app.reading.chosen_names import NameChoice
from app.reading.documents import in_portions, kind_of
from app.records.base import Record
from app.records.property_paths import PropertyPath, member_paths, parse_property
from app.records.references import ReferenceOccurrence, references
from app.records.validation.document import load_stored
from app.schemas.responses import Card, Date
from app.values.timespan import Timespan

MAX_EVIDENCE: Final = 50
"""Pieces of evidence shown with one link."""

MAX_EVIDENCE_BYTES: Final = 4 * 2**20
"""The size of the evidence of all links in a response, in bytes; further links have none."""

LinkKey = tuple[int, int]
"""A link: the key of the record that has it, and its position there."""

_record = tables.record.c

CARDS: Final = CompiledStatement(
    select(_record.pk, _record.kind, _record.id, _record.card).where(AnyOf.keys(_record.pk, "keys"))
)


@dataclass(frozen=True, slots=True)
class Account:
    """The details of a link, from its document; `date` is the link's own, or else the record's, and `span` its bounds."""

    relation: str
    role: str | None
    date: Date | None
    evidence: Sequence[Any] = ()
    evidence_truncated: bool = False
    span: Timespan | None = None

    def edge(self, source: str, target: str) -> Edge:
        """Make the edge between the two records."""
        return make_edge(source, target, self.relation, self.role, self.date)

    def hop(self, source: str, target: str) -> Hop:
        """Make the hop between the two records; its evidence is there even where it is empty."""
        cut = EvidenceLimit(evidence_truncated=True) if self.evidence_truncated else EvidenceLimit()
        return Hop(**self.edge(source, target), evidence=list(self.evidence), **cut)


def make_edge(source: str, target: str, relation: str, role: str | None, date: Date | None) -> Edge:
    """Make an edge, without the members that it does not have."""
    edge = Edge(source=source, target=target, relation=relation)
    if role:
        edge["role"] = role
    if date is not None:
        edge["date"] = date
    return edge


async def read_nodes(
    db: ReadConnection, keys: Sequence[int], names: NameChoice, view: int = tables.CANONICAL_VIEW
) -> dict[int, Node]:
    """Return the cards of records in a view by their keys, with the names that are wanted."""
    chosen = await names_of(db, keys, view, names)
    documents: dict[int, str] = {}
    if view != tables.CANONICAL_VIEW:
        async for rows in in_portions(db, keys, view):
            documents |= dict(rows)

    def shown(pk: int, card: str) -> str:
        return card if view == tables.CANONICAL_VIEW else card_in_view(card, documents.get(pk))

    return {
        pk: _node(ref, kind, orjson.loads(titled(shown(pk, card), chosen.get(ref))))
        for pk, kind, record_id, card in await db.fetch_slow(CARDS, {"keys": list(keys)})
        for ref in (f"{COLLECTIONS[kind]}/{record_id}",)
    }


def _node(ref: str, kind: str, card: Card) -> Node:
    node = Node(ref=ref, kind=kind, title=card["title"])
    if "title_language" in card:
        node["title_language"] = card["title_language"]
    if "title_recorded" in card:
        node["title_recorded"] = card["title_recorded"]
    if "type" in card:
        node["type"] = card["type"]
    if "date" in card:
        node["date"] = card["date"]
    return node


async def read_accounts(
    db: ReadConnection, wanted: Iterable[LinkKey], view: int = tables.CANONICAL_VIEW
) -> dict[LinkKey, Account]:
    """Read the details of links in a view; those of records that have been deleted since are left out."""
    positions: dict[int, set[int]] = {}
    for record, position in wanted:
        positions.setdefault(record, set()).add(position)
    found: dict[LinkKey, Account] = {}
    room = MAX_EVIDENCE_BYTES
    async for rows in in_portions(db, sorted(positions), view):
        accounts, room = await db.in_thread(partial(_accounts, rows, positions, room))
        found |= accounts
    return found


def _accounts(rows: Rows, positions: dict[int, set[int]], room: int) -> tuple[dict[LinkKey, Account], int]:
    """Return the details of some links, with evidence as far as there is room; and the room that is left."""
    found: dict[LinkKey, Account] = {}
    for pk, document in sorted(rows):
        record, raw = load_stored(kind_of(document), document), orjson.loads(document)
        last = max(positions[pk])
        # `references` yields a record's links first, in the order of their positions, then those of its
        # evidence.
        for position, mention in enumerate(islice(references(record), last + 1)):
            if position in positions[pk]:
                account = _account(record, raw, mention)
                size = len(orjson.dumps(account.evidence)) if account.evidence else 0
                if size > room:
                    account = replace(account, evidence=(), evidence_truncated=True)
                else:
                    room -= size
                found[pk, position] = account
    return found, room


def _account(record: Record, raw: dict[str, Any], mention: ReferenceOccurrence) -> Account:
    _, field, *rest = mention.pointer.split("/")
    date, own, bearing = raw.get("date"), record.date, {PropertyPath(field)}
    if field != "established_under":
        index = int(rest[0])
        bearing.update(member_paths(field, getattr(record, field)[index]))
        if field == "relations":
            date = raw[field][index].get("date", date)
            own = record.relations[index].date or own
    evidence = [
        item
        for item in raw.get("evidence", ())
        if item.get("rank") != "deprecated" and parse_property(item.get("property", "")) in bearing
    ]
    return Account(
        mention.relation or "",
        mention.role,
        date,
        evidence[:MAX_EVIDENCE],
        len(evidence) > MAX_EVIDENCE,
        own.value.span if own is not None else None,
    )
