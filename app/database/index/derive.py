"""The rows that index a document: the one function behind every filter and sort."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from app.database import tables
from app.database.index.full_text import text_parts
from app.database.index.place_sets import NO_PLACES, Members, is_listed, place_members, place_set_key
from app.database.tables.columns import GENERATION_SPAN, LONG_SPAN, UNDATED, YEAR_SPAN, YEAR_UNKNOWN
from app.records.agreement import Agreement
from app.records.base import Record
from app.records.evidence import reading_order
from app.records.evidence_support import STATEMENT_PROPERTIES, WHOLE_RECORD, stated, statements
from app.records.place import Place
from app.records.references import PARTY, links, referenced_records
from app.records.serialization import splice_server_fields, to_canonical_json
from app.records.source_view import contested_properties, source_views
from app.values import geojson as geography
from app.values.edtf.value import EdtfValue
from app.values.text_folding import title_sort_key
from app.values.time_histogram import facet_cell_id, time_extents
from app.values.timespan import OPEN_END, OPEN_START, Bounds, SetKind, Timespan

OPEN_HIGH = 1e308
"""The upper bound of a figure where it is omitted."""

SET_KINDS: dict[SetKind, int] = {"single": 0, "one-of": 1, "all-of": 2}
"""How `entry.set_kind` says whether a date is a set, and of which kind."""

Keys = Callable[[str], Any]
"""Returns the key of a record by reference, or the reference where keys are filled in later (`assign_keys`)."""

_UPDATED_AT, _PLACE_SET = map(tables.entry.columns.keys().index, ("updated_at", "place_set"))


@dataclass(slots=True)
class IndexRows:
    """Rows to insert, table by table, in the order of the table's columns."""

    entries: list[tuple[Any, ...]] = field(default_factory=list)
    # Of each entry its `TextParts`, or what was made of them ahead of time: `PositionedText`.
    texts: list[tuple[int, Any]] = field(default_factory=list)
    members: list[tuple[Any, ...]] = field(default_factory=list)
    in_force: list[tuple[Any, ...]] = field(default_factory=list)
    links: list[tuple[Any, ...]] = field(default_factory=list)
    link_members: list[tuple[Any, ...]] = field(default_factory=list)
    party_actions: list[tuple[Any, ...]] = field(default_factory=list)
    references: list[tuple[int, Any]] = field(default_factory=list)
    tags: list[tuple[Any, ...]] = field(default_factory=list)
    figures: list[tuple[Any, ...]] = field(default_factory=list)
    evidence: list[tuple[Any, ...]] = field(default_factory=list)
    coverage: list[tuple[Any, ...]] = field(default_factory=list)
    statements: list[tuple[Any, ...]] = field(default_factory=list)
    supports: list[tuple[Any, ...]] = field(default_factory=list)
    boxes: list[tuple[Any, ...]] = field(default_factory=list)
    cells: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    # The sets of places that list their members, and how many records of each kind and type are at each set, by its key.
    place_sets: dict[Any, Members] = field(default_factory=dict)
    placed: Counter[tuple[str, str, Any]] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)


def derive_rows(
    rows: IndexRows, record: Record, pk: int, keys: Keys, next_entry: Iterator[int], updated_at: int
) -> None:
    """Add to `rows` all that indexes `record`: its canonical view and one for each of its sources."""
    cell = _index_view(rows, record, tables.CANONICAL_VIEW, pk, keys, next(next_entry), updated_at)
    for target in dict.fromkeys(keys(ref) for ref in referenced_records(record)):
        rows.references.append((pk, target))
    items = record.evidence_items()
    for position, item in enumerate(items):
        rows.evidence.append(
            (
                pk,
                position,
                keys(item.source) if item.source else None,
                item.id,
                item.property or "",
                item.stance or "supports",
                item.rank or "normal",
                item.basis or "stated",
                reading_order(item.selector),
            )
        )
    for source, seen in source_views(record) if items else ():
        _index_view(rows, seen, keys(source), pk, keys, next(next_entry), updated_at)
    _index_support(rows, record, pk, keys, cell)


def _index_view(
    rows: IndexRows,
    record: Record,
    view: Any,
    pk: int,
    keys: Keys,
    entry: int,
    updated_at: int,
) -> int:
    """Index one view, and return the facet cell that counts it."""
    date = record.date.value if record.date is not None else None
    date_columns = _date_columns(date)
    parts = text_parts(record, view)
    years, decades = time_extents(date)
    cell = facet_cell_id(record.kind, record.type or "", decades)
    rows.cells[cell] = (cell, record.kind, record.type or "", decades)
    places = place_members(record, pk, keys)
    place_set = place_set_key(places)
    if is_listed(place_set):
        rows.place_sets[place_set] = places
    if view == tables.CANONICAL_VIEW:
        rows.counts[cell] += 1
        if places:
            rows.placed[record.kind, record.type or "", place_set] += 1
        rows.words.update(parts.name_words())
    rows.entries.append(
        (
            entry,
            view,
            pk,
            record.kind,
            record.id,
            record.type or "",
            title_sort_key(record.title),
            *date_columns,
            bool(record.evidence_items() and contested_properties(record)),
            updated_at,
            parts.title_words,
            cell,
            years,
            place_set,
            None if view == tables.CANONICAL_VIEW else to_canonical_json(record).decode(),
        )
    )
    rows.texts.append((entry, parts))
    for position, each in enumerate(date.span.members if date is not None else ()):
        rows.members.append((view, pk, position, *_four(each)))
    as_dated = _link_date_columns(date, own=False)
    for position, (relation, role, target, own) in enumerate(links(record)):
        dated = as_dated if own is None else _link_date_columns(own, own=True)
        rows.links.append((view, pk, position, relation, role or "", keys(target), *dated))
        if own is not None:
            for at, each in enumerate(own.span.members):
                rows.link_members.append((view, pk, position, at, *_four(each)))
    rows.tags.extend((view, tag, pk, cell) for tag in dict.fromkeys(record.tags or ()))
    for position, figure in enumerate(record.figures or ()):
        low, high = figure.bounds()
        rows.figures.append((view, pk, position, figure.measure, max(low, -OPEN_HIGH), min(high, OPEN_HIGH)))
    if isinstance(record, Agreement):
        _index_agreement(rows, record, view, pk, keys)
    if isinstance(record, Place):
        for position, geometry, held, precision in record.shapes():
            exact = geometry["type"] == "Point"
            times = [_four(bounds) for bounds in _overlapped(held)]
            for found in geography.bounding_boxes(geometry):
                edges = found.west, found.south, found.east, found.north
                rows.boxes.extend((view, pk, *edges, exact, position, *time, precision) for time in times)
    return cell


def _index_agreement(rows: IndexRows, agreement: Agreement, view: Any, pk: int, keys: Keys) -> None:
    """Index when it was in force, and what its parties did about it."""
    if agreement.in_force is not None:
        span: Timespan = agreement.in_force.value.span
        rows.in_force.append((view, pk, *_four(span.bounds), span.qualified))
    if not any(party.actions for party in agreement.parties):
        return
    of_parties = [at for at, link in enumerate(links(agreement)) if link.relation == PARTY]
    for position, party in zip(of_parties, agreement.parties, strict=True):
        for name in dict.fromkeys(one.action for one in party.actions):
            rows.party_actions.append((view, pk, position, name, keys(party.actor), party.role or ""))


_ALWAYS = Bounds(OPEN_START, OPEN_START, OPEN_END, OPEN_END)


def _overlapped(span: Timespan | None) -> Iterator[Bounds]:
    """Yield bounds of which one overlaps a time possibly, or certainly, where the span does.

    The outer bounds decide what is possible, the inner ones what is certain: of a one-of set all members
    must overlap then, of a qualified date nothing is certain.
    """
    if span is None:
        yield _ALWAYS
        return
    for each in span.members or (span.bounds,):
        inner = span.bounds if span.set_kind == "one-of" else each
        s2, e1 = (OPEN_END, OPEN_START) if span.qualified else (inner.s2, inner.e1)
        yield Bounds(each.s1, s2, e1, each.e2)


def _index_support(rows: IndexRows, record: Record, pk: int, keys: Keys, cell: int) -> None:
    """Count the record's statements by how many sources support each."""
    if not record.evidence_items():
        # As with most of what is imported: no statement is supported.
        counts = stated(record)
        if counts:
            rows.coverage.append((pk, record.kind, cell, 0, sum(counts.values()), 0, 0))
            rows.statements.extend((record.kind, about, pk, count, 0, 0) for about, count in counts.items())
        return
    by_field: dict[str, list[int]] = {}
    by_source: dict[str, list[int]] = {}
    everyone: frozenset[str] = frozenset()
    for about, sources in statements(record):
        size = min(len(sources), 2)
        by_field.setdefault(about, [0, 0, 0])[size] += 1
        for source in sources:
            by_source.setdefault(source, [0, 0])[size - 1] += 1
        if about == WHOLE_RECORD:
            everyone = sources
    if not by_field:
        return
    totals = [sum(counts) for counts in zip(*by_field.values(), strict=True)]
    rows.coverage.append((pk, record.kind, cell, len(everyone), *totals))
    rows.statements.extend(
        (record.kind, about, pk, *by_field[about]) for about in STATEMENT_PROPERTIES if about in by_field
    )
    alone = len(everyone) == 1
    rows.supports.extend(
        (keys(source), pk, record.kind, alone, *counts) for source, counts in by_source.items()
    )


class RowOwner(NamedTuple):
    """What was not known of a record when its rows were made.

    Attributes:
        pk: its key.
        updated_at: when it was last written.
        beginning: the beginning of its document, from `app.records.serialization.server_fields_json`.
    """

    pk: int
    updated_at: int
    beginning: str


def assign_keys(
    rows: IndexRows, owners: Sequence[RowOwner], keys: Mapping[str, int], next_entry: Iterator[int]
) -> IndexRows:
    """Return rows with their keys filled in.

    In `rows` a record's key is its number among the `owners`, other records' keys are their references, and
    a view is its source's reference; entries are numbered from 0.
    """
    of: dict[Any, Any] = {**keys, tables.CANONICAL_VIEW: tables.CANONICAL_VIEW, None: None}
    pks = [owner.pk for owner in owners]
    place_sets, placed = {}, Counter[tuple[str, str, Any]]()
    for made, places in rows.place_sets.items():
        members = tuple(sorted((of[place], metres) for place, metres in places))
        of[made] = place_set_key(members)
        place_sets[of[made]] = members
    numbers = list(islice(next_entry, len(rows.entries)))

    def set_key(kind: str, made: Any) -> Any:  # A place is at itself, without a reference.
        return pks[made] if kind == "place" else of[made] if made else NO_PLACES

    for (kind, type_, made), n in rows.placed.items():
        placed[kind, type_, set_key(kind, made)] += n
    entries = []
    for row in rows.entries:
        owner = owners[row[2]]
        document = None if row[-1] is None else splice_server_fields(row[-1], owner.beginning)
        entries.append(
            (
                numbers[row[0]],
                of[row[1]],
                owner.pk,
                *row[3:_UPDATED_AT],
                owner.updated_at,
                *row[_UPDATED_AT + 1 : _PLACE_SET],
                set_key(row[3], row[_PLACE_SET]),
                document,
            )
        )

    def of_views(made: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [(of[row[0]], pks[row[1]], *row[2:]) for row in made]

    return IndexRows(
        entries=entries,
        texts=[
            (
                numbers[number],
                text
                if (view := rows.entries[number][1]) == tables.CANONICAL_VIEW
                else text.in_view(of[view], rows.entries[number][3]),
            )
            for number, text in rows.texts
        ],
        members=of_views(rows.members),
        in_force=of_views(rows.in_force),
        links=[(of[row[0]], pks[row[1]], *row[2:5], of[row[5]], *row[6:]) for row in rows.links],
        link_members=of_views(rows.link_members),
        party_actions=[
            (of[row[0]], pks[row[1]], *row[2:4], of[row[4]], row[5]) for row in rows.party_actions
        ],
        references=[(pks[number], of[target]) for number, target in rows.references],
        tags=[(of[view], tag, pks[number], cell) for view, tag, number, cell in rows.tags],
        figures=of_views(rows.figures),
        evidence=[(pks[row[0]], row[1], of[row[2]], *row[3:]) for row in rows.evidence],
        coverage=[(pks[row[0]], *row[1:]) for row in rows.coverage],
        statements=[(row[0], row[1], pks[row[2]], *row[3:]) for row in rows.statements],
        supports=of_views(rows.supports),
        boxes=of_views(rows.boxes),
        cells=rows.cells,
        counts=rows.counts,
        place_sets=place_sets,
        placed=placed,
        words=rows.words,
    )


def _four(bounds: Bounds) -> tuple[int, int, int, int]:
    return bounds.s1, bounds.s2, bounds.e1, bounds.e2


def _link_date_columns(date: EdtfValue | None, *, own: bool) -> tuple[int | bool, ...]:
    if date is None:
        return (False, False, 0, False, 0, 0, 0, 0)
    return (True, own, SET_KINDS[date.span.set_kind], date.span.qualified, *_four(date.span.bounds))


def _date_columns(date: EdtfValue | None) -> tuple[int | bool, ...]:
    if date is None:
        return (span_class(None), 0, 0, 0, 0, 0, False, 0, False)
    month, day = date.month_day or (0, 0)
    return (
        span_class(date),
        *_four(date.span.bounds),
        SET_KINDS[date.span.set_kind],
        date.span.qualified,
        month * 100 + day,
        date.year_in_full,
    )


def span_class(date: EdtfValue | None) -> int:
    """Return the span class of a record, by the distance between the outermost bounds of its date."""
    if date is None:
        return UNDATED
    if not date.year_known:
        return YEAR_UNKNOWN
    days = date.span.bounds.e2 - date.span.bounds.s1
    if days <= 366:
        return YEAR_SPAN
    return GENERATION_SPAN if days <= 7305 else LONG_SPAN
