"""Bring what is indexed of dates up to the rule that answers follow from their four bounds alone.

An open end is certain on its side: the years and decades in which a date is certain reach as far as it does, and
records are counted in other cells. A one-of set that is open before and after (`[..1950,1984..]`) has neither side
open. Dates of which no year is known (`XXXX-01-03`) get a span class of their own.

What was read before differs from what is read now, so the database's version rises.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE_ALL, AFTER_ALL = -(2**62), 2**62
ONE_OF, ALL_OF = 1, 2
LONG_SPAN, YEAR_UNKNOWN = 2, 4
LEAST_DAYS = 9_990 * 365
"""A date of which no year is known spans more days than this."""

BATCH = 10_000

Run = tuple[int, int]
Bounds = Sequence[int]

OPEN_ENTRIES = sa.text(
    "SELECT e.pk, e.view, e.record, e.set_kind, e.s1, e.s2, e.e1, e.e2, e.years, e.cell, c.kind, c.type, c.decades "
    "FROM entry e JOIN cell c ON c.pk = e.cell "
    f"WHERE e.pk > :after AND NOT e.qualified AND (e.s2 = {BEFORE_ALL} OR e.e1 = {AFTER_ALL}) "
    "ORDER BY e.pk LIMIT :most"
)
MEMBERS = sa.text(
    "SELECT s1, s2, e1, e2 FROM member WHERE view = :view AND record = :record ORDER BY position"
)
CELL = {
    "sqlite": "INSERT OR IGNORE INTO cell (pk, kind, type, decades) VALUES (?, ?, ?, ?)",
    "postgresql": (
        "INSERT INTO cell (pk, kind, type, decades) "
        "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING"
    ),
}
MOVE = {
    "sqlite": "UPDATE entry SET years = ?2, cell = ?3 WHERE pk = ?1",
    "postgresql": (
        "UPDATE entry SET years = m.years, cell = m.cell "
        "FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) m(pk, years, cell) WHERE entry.pk = m.pk"
    ),
}
RECOUNT = (
    "UPDATE tag SET cell = e.cell FROM entry e WHERE e.record = tag.record AND e.view = tag.view AND e.cell <> tag.cell",
    "UPDATE coverage SET cell = e.cell FROM entry e WHERE e.record = coverage.record AND e.view = 0 AND e.cell <> coverage.cell",
    "DELETE FROM tally",
    "INSERT INTO tally (cell, n) SELECT cell, count(*) FROM entry WHERE view = 0 GROUP BY cell",
    "DELETE FROM cell WHERE pk NOT IN (SELECT cell FROM entry)",
)
DATE_TEXT = {
    "sqlite": "json_extract({document}, '$.date.edtf')",
    "postgresql": "CAST({document} AS json) #>> '{{date,edtf}}'",
}
DOCUMENT = "CASE WHEN e.view = 0 THEN r.document ELSE e.document END"


def upgrade() -> None:
    """Rename the column that says whether years are given in full, and bring what is stored up to the bounds."""
    op.execute("ALTER TABLE entry RENAME COLUMN year_known TO year_in_full")
    connection = op.get_bind()
    for table in ("entry", "link"):
        op.execute(
            f"UPDATE {table} SET s2 = {AFTER_ALL}, e1 = {BEFORE_ALL} "
            f"WHERE set_kind = {ONE_OF} AND s1 = {BEFORE_ALL} AND e2 = {AFTER_ALL}"
        )
    _move(connection, open_is_certain=True)
    _put_apart(connection)
    _advance()


def downgrade() -> None:
    """Put everything back as it was."""
    op.execute(f"UPDATE entry SET span_class = {LONG_SPAN} WHERE span_class = {YEAR_UNKNOWN}")
    _move(op.get_bind(), open_is_certain=False)
    for table in ("entry", "link"):
        op.execute(
            f"UPDATE {table} SET s2 = {BEFORE_ALL}, e1 = {AFTER_ALL} "
            f"WHERE set_kind = {ONE_OF} AND s1 = {BEFORE_ALL} AND e2 = {AFTER_ALL}"
        )
    op.execute("ALTER TABLE entry RENAME COLUMN year_in_full TO year_known")
    _advance()


def _advance() -> None:
    op.execute("UPDATE database SET version = version + 1")


def _put_apart(connection: sa.Connection) -> None:
    """Give dates of which no year is known their class."""
    text = DATE_TEXT[connection.dialect.name].format(document=DOCUMENT)
    candidates = sa.text(
        f"SELECT e.pk, {text} AS edtf FROM entry e JOIN record r ON r.pk = e.record "
        f"WHERE e.pk > :after AND NOT e.year_in_full AND e.span_class = {LONG_SPAN} AND e.e2 > e.s1 + {LEAST_DAYS} "
        "ORDER BY e.pk LIMIT :most"
    )
    put = sa.text(f"UPDATE entry SET span_class = {YEAR_UNKNOWN} WHERE pk = :pk")
    for rows in _batches(connection, candidates):
        unknown = [{"pk": row.pk} for row in rows if _is_year_unknown(row.edtf)]
        if unknown:
            connection.execute(put, unknown)


def _is_year_unknown(edtf: str) -> bool:
    """Say whether years are written and no digit of any is known."""
    dates = [date for date in re.split(r"[/,\[\]{}]|\.\.", re.sub("[?~%]", "", edtf)) if date]
    return bool(dates) and all(date.removeprefix("-").partition("-")[0] == "XXXX" for date in dates)


def _move(connection: sa.Connection, *, open_is_certain: bool) -> None:
    """Write anew in which years and decades dates with an open end are certain, and count them there."""
    moved = False
    for rows in _batches(connection, OPEN_ENTRIES):
        entries, cells = [], {}
        for row in rows:
            members: Iterable[Bounds] = [row[4:8]]
            if row.set_kind == ALL_OF:
                members = connection.execute(MEMBERS, {"view": row.view, "record": row.record}).all()
            years = list(_certain(members, open_is_certain=open_is_certain))
            decades = _with_certain(row.decades, [(_floor(first), _floor(last)) for first, last in years])
            cell = _cell(row.kind, row.type, decades)
            cells[cell] = (cell, row.kind, row.type, decades)
            entries.append((row.pk, _with_certain(row.years, years), cell))
        _do_many(connection, CELL, sorted(cells.values()))
        _do_many(connection, MOVE, entries)
        moved = True
    if moved:
        for statement in RECOUNT:
            connection.exec_driver_sql(statement)


def _batches(connection: sa.Connection, query: sa.TextClause) -> Iterator[Sequence[Any]]:
    """Read a query in stretches of the entries' keys, so that memory does not grow."""
    after = 0
    while rows := connection.execute(query, {"after": after, "most": BATCH}).all():
        yield rows
        after = rows[-1].pk


def _do_many(connection: sa.Connection, statements: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(statements["postgresql"], tuple(map(list, zip(*rows, strict=True))))
    else:
        connection.exec_driver_sql(statements["sqlite"], list(rows))


def _certain(members: Iterable[Bounds], *, open_is_certain: bool) -> Iterator[Run]:
    """Give the years in which members are certain; some of these runs are empty (first > last)."""
    for s1, s2, e1, e2 in members:
        begun, lasted = s2, e1
        if not open_is_certain:
            begun = e2 if s2 == BEFORE_ALL else s2
            lasted = s1 if e1 == AFTER_ALL else e1
        if begun != AFTER_ALL and lasted != BEFORE_ALL:
            yield _year(begun), _year(lasted)


def _with_certain(text: str, runs: Iterable[Run]) -> str:
    possible, _, edges = text.split("|")
    return "|".join((possible, " ".join(f"{_end(a)}:{_end(b)}" for a, b in dict.fromkeys(runs)), edges))


def _end(year: int) -> str:
    return "-inf" if year == BEFORE_ALL else "inf" if year == AFTER_ALL else str(year)


def _floor(year: int) -> int:
    return year if year in (BEFORE_ALL, AFTER_ALL) else year // 10


def _year(day: int) -> int:
    """Give the Gregorian year of a day; years are counted from March within eras of 400."""
    if day in (BEFORE_ALL, AFTER_ALL):
        return day
    era, of_era = divmod(day + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    return era * 400 + year + (of_year >= 306)


def _cell(kind: str, record_type: str, decades: str) -> int:
    said = f"{kind}\0{record_type}\0{decades}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)
