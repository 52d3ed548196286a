"""Evidence: of one record, property by property, and of one source, in the order of its text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, bindparam, case, func, literal_column, null, select, tuple_

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import COLLECTIONS
from app.errors import Fault, nearest
from app.evidence.schemas import OwnValue, PropertyEvidence, RecordEvidence, SourcePassage
from app.reading.cards import read_card
from app.reading.documents import PORTION_BYTES
from app.reading.service import find_live
from app.records.base import Record
from app.records.evidence import Evidence
from app.records.evidence_support import MULTI_VALUED, WHOLE_RECORD, supports
from app.records.kinds import RecordKind
from app.records.property_paths import PropertyPath, fields_of, member_paths, parse_property
from app.records.source_view import contested_properties
from app.records.validation.document import load_stored
from app.schemas.parameters import PAGE_BYTES
from app.schemas.query_model import invalid_query
from app.values.cursor import Cursor
from app.values.portions import portions

_evidence, _record = tables.evidence.c, tables.record.c
_PLACE: Final = (_evidence.start, _evidence.record, _evidence.position)
_MARKS: Final = [bindparam(name, type_=_evidence.start.type) for name in ("start", "record", "position")]


def _page(*, backward: bool) -> CompiledStatement:
    here, there = tuple_(*_PLACE), tuple_(*_MARKS)
    page = (
        select(*_PLACE)
        .where(_evidence.source == bindparam("source"), here < there if backward else here > there)
        .order_by(*(column.desc() if backward else column.asc() for column in _PLACE))
        .limit(bindparam("most"))
        .subquery("page")
    )
    # Many passages may be in one record: its document is returned once, and no large one at all. Rows are
    # numbered before documents are joined to them, all of which SQLite would hold while it counts.
    order = (page.c.start, page.c.position)
    number = func.row_number().over(partition_by=page.c.record, order_by=order).label("number")
    numbered = select(*page.c, number).subquery("numbered")
    first = numbered.c.number == literal_column("1")
    small = func.octet_length(_record.document) <= bindparam("most_each", type_=BigInteger())
    place = [numbered.c[name] for name in ("start", "record", "position")]
    return CompiledStatement(
        select(
            _record.kind,
            _record.id,
            _record.card,
            case((first & small, _record.document), else_=null()),
            *place,
            _record.revision,
            func.octet_length(_record.document),
        )
        .select_from(numbered.join(tables.record, _record.pk == numbered.c.record))
        .order_by(*(column.desc() if backward else column.asc() for column in place))
    )


FORWARD: Final = _page(backward=False)
BACKWARD: Final = _page(backward=True)

_WITH_REVISIONS: Final = CompiledStatement(
    select(_record.pk, _record.revision, _record.document).where(AnyOf.keys(_record.pk, "keys"))
)

_BEYOND: Final = CompiledStatement(
    select(_evidence.start)
    .where(_evidence.source == bindparam("source"))
    .order_by(_evidence.start)
    .limit(literal_column("1"))
    .offset(bindparam("passages", type_=BigInteger()))
)

BEGINNING: Final = (-1, 0, 0)
"""A position before every other."""


@dataclass(frozen=True, slots=True)
class Passages:
    """A page of the passages of a source."""

    items: list[SourcePassage]
    next: Cursor | None
    prev: Cursor | None


async def list_passages(db: ReadConnection, source: int, limit: int, cursor: Cursor | None) -> Passages:
    """List the evidence from the source with this key, in the order of its text.

    The documents that it is in take at most `PAGE_BYTES` together, or there is one.
    """
    backward = cursor is not None and cursor.backward
    start, record, position = BEGINNING if cursor is None else cursor.key
    asked = {"source": source, "start": start, "record": record, "position": position, "most": limit + 1}
    asked["most_each"] = PAGE_BYTES // (limit + 1)
    statement = BACKWARD if backward else FORWARD
    found: dict[tuple[int, int], Any] | None = None
    while found is None:
        rows = await db.fetch_slow(statement, asked)
        kept = _fitting(rows[:limit])
        found = await _passages(db, kept)
    more = len(rows) > len(kept)
    rows = kept[::-1] if backward else kept
    items = [
        SourcePassage(
            ref=f"{COLLECTIONS[row[0]]}/{row[1]}", **read_card(row[2]), evidence=found[row[5], row[6]]
        )
        for row in rows
    ]
    has_next = bool(rows) and (more or backward)
    has_prev = bool(rows) and cursor is not None and (more or not backward)
    return Passages(
        items,
        Cursor(tuple(rows[-1][4:7]), backward=False) if has_next else None,
        Cursor(tuple(rows[0][4:7]), backward=True) if has_prev else None,
    )


async def has_more_passages(db: ReadConnection, source: int, passages: int) -> bool:
    """Return whether there is more evidence than so many passages from the source with this key."""
    return bool(await db.fetch(_BEYOND, {"source": source, "passages": passages}))


def _fitting(rows: Rows) -> Rows:
    """Return the first rows, whose documents fit together."""
    seen: set[int] = set()
    total = 0
    for number, row in enumerate(rows):
        if row[5] not in seen:
            seen.add(row[5])
            total += row[8]
            if number and total > PAGE_BYTES:
                return rows[:number]
    return rows


async def _passages(db: ReadConnection, rows: Rows) -> dict[tuple[int, int], Any] | None:
    """Return the evidence of rows, by record and position; None where a document has been written meanwhile."""
    positions: dict[int, list[int]] = {}
    for row in rows:
        positions.setdefault(row[5], []).append(row[6])
    revisions = {row[5]: row[7] for row in rows}
    small = [(row[5], row[7], row[3]) for row in rows if row[3] is not None]
    found = await db.in_thread(partial(_evidence_at, small, positions))
    absent = positions.keys() - {key for key, _, _ in small}
    sizes = {row[5]: row[8] for row in rows if row[5] in absent}
    for portion in portions(sizes, sizes.__getitem__, most_size=PORTION_BYTES):
        documents = await db.fetch_slow(_WITH_REVISIONS, {"keys": portion})
        if {key: revision for key, revision, _ in documents} != {key: revisions[key] for key in portion}:
            return None
        found |= await db.in_thread(partial(_evidence_at, documents, positions))
    return found


def _evidence_at(
    documents: Rows, positions: Mapping[int, Sequence[int]]
) -> dict[tuple[int, int], dict[str, Any]]:
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for key, _, document in documents:
        evidence = orjson.loads(document)["evidence"]
        found |= {(key, position): evidence[position] for position in positions[key]}
    return found


async def evidence_of(
    db: ReadConnection, kind: RecordKind, record_id: str, about: str | None
) -> RecordEvidence:
    """List what a record says next to what sources say of it, property by property.

    `about` restricts it to one property, with its members where it is a field that has some.

    Raises:
        BadRequest: no record of this kind has such a property.
        NotFound, Gone, MergedInto: as reading the record.
    """
    first, *cards = await find_live(db, kind, record_id)
    record = load_stored(kind, first[5])
    properties = side_by_side(record, None if about is None else _property(kind, about, record))
    if not properties and about is not None:
        properties = [PropertyEvidence(property=about, contested=False, sources=0, evidence=[])]
    named = {item["source"] for one in properties for item in one["evidence"] if "source" in item}
    linked = {
        ref: orjson.loads(row[5]) for row in cards if (ref := f"{COLLECTIONS[row[1]]}/{row[2]}") in named
    }
    return RecordEvidence(ref=f"{kind.collection}/{record_id}", items=properties, linked=linked)


def side_by_side(record: Record, wanted: PropertyPath | None = None) -> list[PropertyEvidence]:
    """List what a record says next to what sources say of it, property by property; all of them, or those of one."""
    contested = contested_properties(record)
    return [
        _side_by_side(one, contested)
        for one in _properties(record)
        if wanted is None or _belongs(one.prop, wanted)
    ]


def _property(kind: RecordKind, text: str, record: Record) -> PropertyPath:
    known = [WHOLE_RECORD, *fields_of(kind.model)]
    prop = PropertyPath(WHOLE_RECORD) if text == WHOLE_RECORD else parse_property(text)
    if prop is not None and prop.field in known:
        return prop
    members = [one.prop.text for one in _properties(record)]
    fault = Fault(
        "unknown_property",
        "Give a field of this kind of record, a member such as figures/ID, or record for the whole.",
        parameter="property",
        suggestion=nearest(text, [*known, *members]),
    )
    raise invalid_query([fault])


def _belongs(prop: PropertyPath, wanted: PropertyPath) -> bool:
    if prop.field != wanted.field:
        return False
    if (
        wanted.member is None or prop.member is None
    ):  # evidence for a whole field counts for each of its members
        return True
    same_role = wanted.qualifier is None or prop.qualifier in (None, wanted.qualifier)
    return prop.member == wanted.member and same_role


@dataclass(frozen=True, slots=True)
class _PropertyEvidence:
    """A property: the record's own value, its evidence, and the evidence for the field that it is a member of."""

    prop: PropertyPath
    own: Any
    items: Sequence[Evidence]
    of_all: Sequence[Evidence] = ()


def _properties(record: Record) -> Iterator[_PropertyEvidence]:
    """Yield each property that the record has or that evidence names, in the order of fields."""
    bearing: dict[PropertyPath, list[Evidence]] = {}
    for item in record.evidence_items():
        prop = PropertyPath(WHOLE_RECORD) if item.property is None else parse_property(item.property)
        if prop is not None:
            bearing.setdefault(prop, []).append(item)
    everything = [item for item in record.evidence_items() if item.property is not None]
    of_record = bearing.pop(PropertyPath(WHOLE_RECORD), [])
    yield _PropertyEvidence(PropertyPath(WHOLE_RECORD), None, of_record, everything)
    for field in fields_of(type(record)):
        of_all = bearing.pop(PropertyPath(field), [])
        own = getattr(record, field, None) or None
        members = own or () if field in MULTI_VALUED else ()
        if of_all or (own is not None and not members):
            yield _PropertyEvidence(PropertyPath(field), own, of_all, of_record if field == "summary" else ())
        named: set[PropertyPath] = set()
        for member in members:
            names = member_paths(field, member)
            named.update(names)
            items = [item for name in names for item in bearing.get(name, ())]
            yield _PropertyEvidence(names[0], member, items, of_all)
        # Evidence for something that the record does not have.
        for prop in [one for one in bearing if one.field == field]:
            items = bearing.pop(prop)
            if prop not in named:
                yield _PropertyEvidence(prop, None, items, of_all)


def _side_by_side(one: _PropertyEvidence, contested: set[str]) -> PropertyEvidence:
    own = OwnValue() if one.own is None else OwnValue(value=_plain(one.own))
    names = {item.property or "" for item in one.items}
    return PropertyEvidence(
        property=one.prop.text,
        **own,
        contested=not names.isdisjoint(contested),
        sources=len({item.source for item in (*one.items, *one.of_all) if supports(item)}),
        evidence=[_to_dict(item, own.get("value")) for item in one.items],
    )


def _to_dict(item: Evidence, own: Any) -> dict[str, Any]:
    """Return a passage with the value that its source holds, where it supports or disputes."""
    members: dict[str, Any] = item.model_dump(mode="json", exclude_defaults=True)
    holds = members.get("value", own if supports(item) else None)
    return members if holds is None else {**members, "holds": holds}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_defaults=True)
    return dict(value) if isinstance(value, Mapping) else value
