"""Errors that imports of earlier versions may have left in records, as far as they can be recognised.

Two errors in mappings leave a trace. A constant end next to an empty cell made an interval of which neither
end is known, `/..`, so that an agreement that never came into force was in force for all time. And an item
of evidence was left out as a whole where its note was empty, so that some of a group of similar records
have none. Both may be intended, which is why they are reported as something to look at. That an import lost
whole records cannot be seen in the database.

Only what `annals import` wrote is examined, since nothing else used mappings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, FromClause, Select, and_, case, exists, func, not_, or_, select

from app.database import tables
from app.database.lookup import COLLECTIONS
from app.database.tables.columns import LONG_SPAN
from app.values.counted import counted
from app.values.timespan import OPEN_END, OPEN_START

SHOWN: Final = 3
"""How many records of each error are named."""

MAX_GROUPS: Final = 10
"""How many groups of records are named of which some have no evidence; the largest."""

BY_IMPORT: Final = "import"
"""The attribution of what `annals import` writes."""

REMEDY: Final = (
    "Where that is not meant, import the table again with its mapping, `annals import TABLE --map MAPPING.yaml`: it "
    "writes what is different now."
)

_record, _change, _evidence = tables.record.c, tables.change.c, tables.evidence.c
_NEITHER_END: Final = ("/..", "../..", "../", "/")


@dataclass(frozen=True, slots=True)
class Damage:
    """A possible error in some records.

    Attributes:
        code: a fixed snake_case word for programs.
        count: how many records.
        refs: the first of them.
        detail: what is the matter with them, in a sentence.
    """

    code: str
    count: int
    refs: tuple[str, ...]
    detail: str

    @property
    def to_dict(self) -> str:
        """Return the sentence with the records that it is about."""
        more = ", …" if self.count > len(self.refs) else ""
        return f"{self.detail} ({', '.join(self.refs)}{more})"


def damage_by_imports(connection: Connection) -> Iterator[Damage]:
    """Yield possible errors, without going through the documents one by one."""
    yield from _without_ends(connection)
    yield from _without_evidence(connection)


def _without_ends(connection: Connection) -> Iterator[Damage]:
    entry, in_force = tables.entry.c, tables.in_force.c
    # In the index of dates, these come first among the long spans.
    dated = and_(
        entry.view == tables.CANONICAL_VIEW,
        entry.kind.in_(COLLECTIONS),
        entry.span_class == LONG_SPAN,
        entry.s1 == OPEN_START,
        entry.e2 == OPEN_END,
    )
    force = and_(in_force.view == tables.CANONICAL_VIEW, in_force.s1 == OPEN_START, in_force.e2 == OPEN_END)
    for member, table, holds in (("in_force", tables.in_force, force), ("date", tables.entry, dated)):
        found = _records(table, holds, member)
        count = connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()
        if count:
            rows = connection.execute(found.order_by(_record.kind, _record.id).limit(SHOWN)).all()
            yield Damage(
                "no_end_known",
                count,
                _refs(rows),
                f"{_of(count)} by an import, and neither end of their {member} is known.",
            )


def _records(table: FromClause, holds: Any, member: str) -> Select[Any]:
    """Select records whose date says nothing, and has no words of a source as its basis."""
    written = [f'"{member}":{{"edtf":"{edtf}","' for edtf in _NEITHER_END]
    words = ("as_written", 'calendar":"gregorian","as_written', 'calendar":"julian","as_written')
    return (
        select(_record.kind, _record.id)
        .join(table, table.c.record == _record.pk)
        .where(
            holds,
            _record.state == tables.LIVE,
            or_(*(_record.document.contains(one, autoescape=True) for one in written)),
            not_(
                or_(
                    *(
                        _record.document.contains(f"{one}{word}", autoescape=True)
                        for one in written
                        for word in words
                    )
                )
            ),
            exists().where(_change.record == _record.pk, _change.by == BY_IMPORT),
        )
    )


def _without_evidence(connection: Connection) -> Iterator[Damage]:
    """Find records without evidence among those of a kind and a stem of id that otherwise all have one source."""
    stem = _stem(connection)
    source = func.coalesce(_evidence.source, 0)
    rests = (
        select(_evidence.record, func.min(source).label("first"), func.max(source).label("last"))
        .group_by(_evidence.record)
        .subquery()
    )
    imported = (
        select(_record.kind, stem.label("stem"), rests.c.first, rests.c.last)
        .join(tables.change, and_(_change.record == _record.pk, _change.action == "create"))
        .outerjoin(rests, rests.c.record == _record.pk)
        .where(_change.by == BY_IMPORT, _record.state == tables.LIVE, _record.kind != "source")
        .subquery()
    ).c
    bare = func.sum(case((imported.first.is_(None), 1), else_=0))
    groups = (
        select(imported.kind, imported.stem, func.count().label("count"), bare.label("bare"))
        .group_by(imported.kind, imported.stem)
        .having(bare > 0, func.min(imported.first) == func.max(imported.last))
        .order_by(bare.desc(), imported.kind, imported.stem)
        .limit(MAX_GROUPS)
    )
    for kind, name, count, without in connection.execute(groups).all():
        rows = connection.execute(
            select(_record.kind, _record.id)
            .where(
                _record.kind == kind,
                # A full stop follows the hyphen in ASCII, and is in no id.
                or_(_record.id == name, and_(_record.id > f"{name}-", _record.id < f"{name}.")),
                _record.state == tables.LIVE,
                ~exists().where(_evidence.record == _record.pk),
                exists().where(
                    _change.record == _record.pk, _change.action == "create", _change.by == BY_IMPORT
                ),
            )
            .order_by(_record.id)
            .limit(SHOWN)
        ).all()
        detail = (
            f"{_of(without)} by an import and have no evidence, as {count - without:,} others of the kind {kind} "
            f"have whose id begins with {name}, all from one source."
        )
        yield Damage("no_evidence", without, _refs(rows), detail)


def _stem(connection: Connection) -> Any:
    """Return the first word of an id, which a mapping writes the same for every row."""
    if connection.dialect.name == "postgresql":
        return func.split_part(_record.id, "-", 1)
    return func.substr(_record.id, 1, func.instr(_record.id.concat("-"), "-") - 1)


def _refs(rows: Any) -> tuple[str, ...]:
    return tuple(f"{COLLECTIONS[row.kind]}/{row.id}" for row in rows)


def _of(count: int) -> str:
    return counted(count, "record was made", "records were made")
